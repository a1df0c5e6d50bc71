"""The report of one run: what was measured on it, its pictures and curves, and the facts that it stands for."""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import ase

from nanokiln.analysis.experiment import Verdict, count
from nanokiln.analysis.experiment.facts import Group
from nanokiln.analysis.measure.account import tell
from nanokiln.analysis.measured import Measured, Series
from nanokiln.analysis.report.page import render
from nanokiln.analysis.report.plots import curves, png_uri
from nanokiln.structures.model import Model
from nanokiln.structures.output.picture import draw

HEADLINE: tuple[Mapping[str, str], ...] = (
    {"quantity": "atoms"},
    {"quantity": "steps"},
    {"quantity": "ranks"},
    {"quantity": "D", "species": "Cu"},
    {"quantity": "D", "species": "Cd"},
    {"quantity": "Ea", "species": "Cu"},
)


@dataclass(frozen=True)
class StandsFor:
    """The group of facts that a run stands for, and the verdicts on them."""

    group: Group
    verdicts: tuple[Verdict, ...]

    @property
    def rows(self) -> str:
        """The first and the last row."""
        ids = [verdict.fact.id for verdict in self.verdicts]
        return ids[0] if len(ids) == 1 else f"{ids[0]} to {ids[-1]}"


@dataclass(frozen=True)
class RunReport:
    """What a report shows: the numbers, the model with its first and last frame, where all of it comes from, and
    the facts it stands for, if any; `programmes` are the microscope's and the run's, in a sentence each."""

    measured: Measured
    model: Model
    frames: tuple[ase.Atoms, ase.Atoms]
    provenance: Mapping[str, object]
    stands_for: StandsFor | None = None
    programmes: tuple[str, ...] = ()


def write_report(report: RunReport, out_html: Path) -> None:
    """Write pictures, curves, tables, warnings and verdicts of one run as one self-contained HTML file.

    The file appears under its name only when it is whole.
    """
    pictures = zip(("before", "after"), report.frames, strict=True)
    found = (report.measured.hottest(**columns) for columns in HEADLINE)
    stands_for = report.stands_for
    page = render(
        "report.html",
        measured=report.measured,
        account=tell(report.measured),
        programmes=report.programmes,
        headline=[row for row in found if row is not None],
        pictures=[(name, _picture(report.model, atoms)) for name, atoms in pictures],
        figures=figures(report.measured),
        stands_for=stands_for,
        counts=None if stands_for is None else count(stands_for.verdicts),
        provenance=report.provenance,
    )
    part = out_html.with_suffix(".part")
    part.write_text(page)
    part.replace(out_html)


def figures(measured: Measured) -> list[tuple[str, str]]:
    """Return (caption, data URI) of every group of curves that the run has."""
    of = measured.select_curves
    targets = (*of(quantity="target_temperature"), *of(quantity="temperature"))
    along = "Composition along the stacking axis"
    families = (
        ("Temperature of the run", "temperature", targets, "name"),
        ("Potential energy", "potential energy", of(quantity="potential_energy"), "name"),
        ("Mean square displacement", "MSD", of(quantity="msd"), "species"),
        ("Structure of the anion sublattice", "fraction", of(quantity="phase_share", domain=""), "phase"),
        ("Share of each domain that left its phase", "fraction", of(quantity="transformed"), "domain"),
        ("Van Hove function of the hottest hold", "4πr²G(r)", of(quantity="van_hove"), "species"),
        ("Cation vacancies", "vacancies per site", of(quantity="vacancies", region="inner"), "domain"),
        (f"{along}, first frame", "atom fraction", of(quantity="profile", stage="first"), "species"),
        (f"{along}, last frame", "atom fraction", of(quantity="profile", stage="last"), "species"),
    )
    return [(caption, _drawn(family, label, y_name)) for caption, y_name, family, label in families if family]


def _drawn(family: tuple[Series, ...], label: str, y_name: str) -> str:
    labelled = sorted(family, key=lambda one: str(getattr(one, label))) if label != "name" else list(family)
    return curves(labelled, [str(getattr(one, label)) for one in labelled], y_name, "fraction" in y_name)


def _picture(model: Model, atoms: ase.Atoms) -> str:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.png"
        draw(replace(model, atoms=atoms), path)
        return png_uri(path)
