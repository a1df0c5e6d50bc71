"""The report of one run: what was measured on it, its pictures and curves, and the facts that it stands for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from string import ascii_letters

import numpy as np
from scipy.constants import zero_Celsius

from nanokiln.analysis.experiment import Verdict, count
from nanokiln.analysis.experiment.facts import Group
from nanokiln.analysis.measure.account import tell
from nanokiln.analysis.measured import Measured, Result, Series
from nanokiln.analysis.report.number_groups import number_groups
from nanokiln.analysis.report.page import render, spread
from nanokiln.analysis.report.plots import curves, data_uri, unit
from nanokiln.analysis.report.run_course import RunCourse, beam_of, programme_of, strip_uri, turned, zones_of
from nanokiln.analysis.report.timeline import WORDS, timeline
from nanokiln.analysis.report.trust import beside_facts, how_far
from nanokiln.structures.model import Model
from nanokiln.structures.turned import MARKUP, SCRIPT


@dataclass(frozen=True)
class StandsFor:
    """The group of facts that a run stands for, and the verdicts on them."""

    group: Group
    verdicts: tuple[Verdict, ...]

    @property
    def rows(self) -> str:
        """The first and the last row, by their numbers."""
        ids = sorted((verdict.fact.id for verdict in self.verdicts), key=lambda one: int(one.lstrip(ascii_letters)))
        return ids[0] if len(ids) == 1 else f"{ids[0]} to {ids[-1]}"


@dataclass(frozen=True)
class RunReport:
    """What a report shows: the numbers, the model, the frames it went through, where all of it comes from, the facts
    it stands for, if any, the text of its recipe, and the microscope's and the run's `programmes`, a sentence each."""

    measured: Measured
    model: Model
    course: RunCourse
    provenance: Mapping[str, object]
    stands_for: StandsFor | None = None
    recipe: str = ""
    programmes: tuple[str, ...] = ()


def write_report(report: RunReport, out_html: Path) -> None:
    """Write what happened, stills, model, curves, verdicts and numbers of one run as one self-contained HTML file.

    The file appears under its name only when it is whole.
    """
    measured, stands_for = report.measured, report.stands_for
    programme = programme_of(measured)
    verdicts = () if stands_for is None else stands_for.verdicts
    title = measured.origin.run or measured.origin.model
    page = render(
        "report.html",
        measured=measured,
        account=tell(measured).replace("cm2/s", unit("cm2/s")),
        when=timeline(measured, {one.name: one.phase for one in report.model.domains}),
        trust=how_far(measured, bool(report.programmes)),
        met=beside_facts(verdicts),
        programmes=report.programmes,
        programme=programme,
        beam=beam_of(report.model),
        zones=zones_of(report.model),
        strip=strip_uri(report.course, programme, report.model, title),
        turned=turned(report.course, programme, report.model),
        markup=MARKUP,
        viewer=SCRIPT,
        figures=figures(measured),
        groups=number_groups(measured),
        bounds=summed_bounds(measured),
        downloads=downloads(report),
        stands_for=stands_for,
        counts=None if stands_for is None else count(verdicts),
        provenance=report.provenance,
    )
    part = out_html.with_suffix(".part")
    part.write_text(page)
    part.replace(out_html)


def summed_bounds(measured: Measured) -> list[tuple[str, str, int]]:
    """Return (quantity and species, the range of its bounds, how many there are) of what was below detection."""
    found: dict[tuple[str, str], list[Result]] = {}
    for row in measured.rows:
        if row.value is None:
            found.setdefault((row.quantity or row.name, row.species), []).append(row)
    out = []
    for (quantity, species), rows in found.items():
        told = sorted({spread(row) for row in rows})
        words = told[0] if len(told) == 1 else f"{told[0]} … {told[-1]}"
        name = f"{quantity.replace('_', ' ')} of {species}" if species else quantity.replace("_", " ")
        name += _at(rows)
        out.append((name, f"{words} {unit(rows[0].unit)}".strip(), len(rows)))
    return out


def _at(rows: Sequence[Result]) -> str:
    """Return the temperatures that bounds were taken at, in words; '' where they have none."""
    kelvin = sorted(row.temperature_K for row in rows if row.temperature_K is not None)
    if not kelvin:
        return ""
    ends = [f"{one - zero_Celsius:.0f}" for one in (kelvin[0], kelvin[-1])]
    return f" at {ends[0]} °C" if ends[0] == ends[1] else f" at {ends[0]} to {ends[1]} °C"


def downloads(report: RunReport) -> list[tuple[str, str]]:
    """Return (file name, data URI): the numbers and the curves as CSV, and the recipe where there is one."""
    measured = report.measured
    files = [("results.csv", measured.to_frame().write_csv()), ("curves.csv", measured.curves_to_frame().write_csv())]
    told = [(name, data_uri(text.encode(), "text/csv")) for name, text in files]
    if report.recipe:
        told.append(("recipe.yaml", data_uri(report.recipe.encode(), "text/yaml")))
    return told


def figures(measured: Measured) -> list[tuple[str, str]]:
    """Return (caption, data URI) of every group of curves that the run has: temperature, structure, composition first.

    A caption speaks of bands only where the curves have errors.
    """
    of = measured.select_curves
    targets = (*of(quantity="temperature"), *of(quantity="target_temperature"))
    holds = programme_of(measured).holds
    along = "Composition along the stacking axis"
    families = (
        (f"Temperature, as measured and as asked for; holds shaded{dip_of(measured)}", "temperature", targets, "name"),
        ("Structure of the inner anions; holds shaded", "fraction", structure_course(measured), "phase"),
        (f"{along}, first frame", "atom fraction", of(quantity="profile", stage="first"), "species"),
        (f"{along}, last frame", "atom fraction", of(quantity="profile", stage="last"), "species"),
        ("Cation vacancies", "vacancies per site", _several(of(quantity="vacancies", region="inner")), "domain"),
        ("Share of each domain that left its phase", "fraction", of(quantity="transformed"), "domain"),
        ("Mean square displacement in the hottest hold, to a quarter of it", "MSD", _quarter(measured), "species"),
        ("D while heated, up to where the lattice is lost", "D", of(quantity="D_heated"), "species"),
        ("Potential energy", "potential energy", of(quantity="potential_energy"), "name"),
        ("Van Hove function of the hottest hold", "4πr²G(r)", of(quantity="van_hove"), "species"),
    )
    return [
        (_with_bands(caption, family), _drawn(family, label, y_name, holds))
        for caption, y_name, family, label in families
        if family
    ]


def dip_of(measured: Measured) -> str:
    """Return why a run is colder at its start than it was asked to be, in words; '' where it is not."""
    programme = programme_of(measured)
    if programme.asked_K is None or len(programme.times) < 2 or not measured.origin.recipe_sha256:
        return ""
    first = slice(0, max(len(programme.times) // 50, 2))
    if np.nanmin(programme.temperatures_K[first] / programme.asked_K[first]) > 0.75:
        return ""
    return (
        ". It falls at first because velocities are given to a model at rest, and about half of their energy becomes "
        "that of vibration until the bath has made up for it"
    )


def structure_course(measured: Measured) -> tuple[Series, ...]:
    """Return the share of every structure against time, at every census; the error is binomial over its anions."""
    of = measured.select_curves(quantity="phase_count", domain="", stage="")
    totals = {one.phase: one.y for one in of if one.phase in ("", "metal")}
    out = []
    for one in of:
        full = np.maximum(totals.get("metal" if one.phase.endswith(" metal") else "", np.ones(1)), 1.0)
        if one.phase in totals or not one.y.any():
            continue
        smoothed = (one.y + 1) / (full + 2)
        told = WORDS.get(one.phase, one.phase)
        out.append(replace(one, y=one.y / full, error=np.sqrt(smoothed * (1 - smoothed) / full), unit="", phase=told))
    return tuple(out)


def _quarter(measured: Measured) -> tuple[Series, ...]:
    """Return the mean square displacements to a quarter of their hold: later points are of few origins."""
    return tuple(
        _cut(one, (len(one.x) + 3) // 4) for one in measured.select_curves(quantity="msd", domain="", region="")
    )


def _several(family: tuple[Series, ...]) -> tuple[Series, ...]:
    """Return the curves that have more than one known point; a single one is no curve, and stands in the numbers."""
    return tuple(one for one in family if np.isfinite(one.y).sum() > 1)


def _cut(curve: Series, count: int) -> Series:
    error = None if curve.error is None else curve.error[:count]
    return replace(curve, x=curve.x[:count], y=curve.y[:count], error=error)


def _with_bands(caption: str, family: tuple[Series, ...]) -> str:
    return f"{caption}. Bands are 95 % intervals." if any(one.error is not None for one in family) else f"{caption}."


def _drawn(family: tuple[Series, ...], label: str, y_name: str, holds: Sequence[tuple[float, float]]) -> str:
    labelled = sorted(family, key=lambda one: str(getattr(one, label))) if label != "name" else list(family)
    in_time = holds if labelled[0].x_name == "time_ps" else ()
    return curves(
        labelled, [str(getattr(one, label)) for one in labelled], y_name, "fraction" in y_name, in_time, y_name == "D"
    )
