"""The report: one HTML file that needs neither network nor other files."""

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import ase
import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

import nanokiln.analysis.review2019.own_run
import nanokiln.analysis.review2019.stored_runs  # noqa: F401
from nanokiln.analysis.experiment.evidence import Evidence, verdicts
from nanokiln.analysis.experiment.facts import OUTCOMES, bounds, count, load_experiment
from nanokiln.analysis.measure.run import Analysis
from nanokiln.analysis.measured import Result
from nanokiln.analysis.report.plots import curves, png_uri
from nanokiln.structures.files import write_whole
from nanokiln.structures.model import Model

TEMPLATES = Path(__file__).parent / "templates"
HEADLINE = ("atoms", "steps", "ranks", "D_Cu", "D_Cd", "Ea_Cu")


def write_report(analysis: Analysis, out_html: Path) -> None:
    """Write pictures, curves, tables, warnings and the agreement table of one run as one self-contained HTML file.

    The file appears under its name only when it is whole.
    """
    judged = verdicts(Evidence(analysis), lambda row: row.startswith("C"))
    page = render(
        "report.html",
        analysis=analysis,
        headline=[analysis.results[name] for name in HEADLINE if name in analysis.results],
        pictures=[
            ("before", _picture(analysis.model, analysis.before)),
            ("after", _picture(analysis.model, analysis.after)),
        ],
        figures=figures(analysis),
        verdicts=judged,
        counts=count(judged),
        experiment=load_experiment(),
    )
    write_whole(out_html, page)


def render(template: str, **context: Any) -> str:
    """Fill one of the templates beside this module; a name it misses is an error, never an empty spot."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=select_autoescape(), undefined=StrictUndefined, trim_blocks=True
    )
    environment.filters |= {"number": number, "spread": spread, "slug": lambda text: text.replace(" ", "-")}
    return environment.get_template(template).render(outcomes=OUTCOMES, **context)


def figures(analysis: Analysis) -> list[tuple[str, str]]:
    """Return (caption, data URI) of every group of curves that the run has."""
    families = [
        ("Temperature of the run", ["target_temperature", "temperature"], "temperature"),
        ("Potential energy", ["potential_energy"], "potential energy"),
        ("Mean square displacement", _named(analysis, "msd_"), "MSD"),
        ("Structure of the anion sublattice", _named(analysis, "phase_"), "fraction"),
        ("Cation vacancies", _named(analysis, "vacancies_"), "vacancies per site"),
        ("Composition along the stacking axis, first frame", _named(analysis, "profile_before_"), "atom fraction"),
        ("Composition along the stacking axis, last frame", _named(analysis, "profile_after_"), "atom fraction"),
    ]
    drawn = []
    for caption, names, y_name in families:
        present = [name for name in names if name in analysis.series]
        if present:
            labels = [_label(name) for name in present]
            drawn.append(
                (caption, curves([analysis.series[name] for name in present], labels, y_name, "fraction" in y_name))
            )
    return drawn


def number(value: float | None, digits: int = 4) -> str:
    """Write a number for a reader: plain where it is of ordinary size, in powers of ten where it is not."""
    if value is None or not np.isfinite(value):
        return "–"
    if value == int(value) and abs(value) < 1e9:
        return f"{int(value)}"
    return f"{value:.{digits}g}" if 1e-3 <= abs(value) < 1e5 else f"{value:.{max(digits - 2, 1)}e}"


def spread(result: Result) -> str:
    """Write the error of a result, or its 95 % interval, or that it is exact."""
    if result.value is None:
        return f"below {number(bounds(result)[1], 3)} (95 %)"
    if result.interval is not None:
        return f"{number(result.interval[0], 3)} to {number(result.interval[1], 3)} (95 %)"
    return f"± {number(result.error, 2)}" if result.error else ""


def _named(analysis: Analysis, prefix: str) -> list[str]:
    return sorted(name for name in analysis.series if name.startswith(prefix))


def _label(name: str) -> str:
    for prefix in ("profile_before_", "profile_after_", "msd_", "phase_", "vacancies_"):
        name = name.removeprefix(prefix)
    return name.replace("_", " ")


def _picture(model: Model, atoms: ase.Atoms) -> str:
    from nanokiln.structures.output.picture import draw

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.png"
        draw(replace(model, atoms=atoms), path)
        return png_uri(path)
