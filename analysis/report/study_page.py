"""The page of a study: its runs with their links, and what they say together."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from nanokiln.analysis.measure.conversion import LEVELS
from nanokiln.analysis.measure.study import POOLED
from nanokiln.analysis.measured import Measured, Origin, Result, Series
from nanokiln.analysis.report.page import render
from nanokiln.analysis.report.plots import curves

_VISIBLE = 0.005  # a phase whose share stays below is not drawn
_ENERGIES = ("Ea_kissinger", "midpoint_extrapolated")


@dataclass(frozen=True)
class RunLine:
    """One run in the table: its folder with the `link` to its page, its rate (K/ps), origin and `onsets`."""

    folder: str
    link: str
    rate_K_per_ps: float | None
    origin: Origin
    onsets: tuple[Result, ...]


def write_study_page(
    measured: Measured, runs: Mapping[str, Measured], rates_K_per_ps: Mapping[str, float | None], out_html: Path
) -> None:
    """Write a study's page; `runs` and their rates by the names of the folders beside it.

    The file appears under its name only when it is whole.
    """
    lines = [
        RunLine(folder, f"{folder}/report.html", rates_K_per_ps[folder], run.origin, run.select(quantity="onset"))
        for folder, run in runs.items()
    ]
    page = render(
        "study.html",
        measured=measured,
        lines=lines,
        onsets=_of(measured, tuple(LEVELS)),
        energies=_of(measured, _ENERGIES),
        pooled=_of(measured, POOLED),
        figures=study_figures(measured),
        provenance={key: value for key, value in asdict(measured.origin).items() if value not in ("", None, {}, ())},
    )
    part = out_html.with_suffix(".part")
    part.write_text(page)
    part.replace(out_html)


def _of(measured: Measured, quantities: tuple[str, ...]) -> list[Result]:
    return [row for quantity in quantities for row in measured.select(quantity=quantity)]


def study_figures(measured: Measured) -> list[tuple[str, str]]:
    """Return (caption, data URI) of the transformed share, Kissinger's points, and the phases at each rate."""
    drawn = []
    transformed = measured.select_curves(quantity="transformed")
    for domain in dict.fromkeys(curve.domain for curve in transformed):
        mine = [curve for curve in transformed if curve.domain == domain]
        drawn.append((f"Share of {domain} that left {mine[0].phase}", _drawn(mine, "transformed share", share=True)))
    points = measured.select_curves(quantity="kissinger")
    if points:
        labels = [curve.domain for curve in points]
        drawn.append(("Kissinger's line: the slope is -Ea", curves(points, labels, "ln(rate / T²)")))
    heated = measured.select_curves(quantity="D_heated")
    for species in dict.fromkeys(curve.species for curve in heated):
        mine = [curve for curve in heated if curve.species == species]
        drawn.append((f"D of {species} while heated, as each rate that tells it has it", _drawn(mine, "D", log=True)))
    shares = measured.select_curves(quantity="phase_share", domain="")
    for stage in dict.fromkeys(curve.stage for curve in shares):
        mine = [curve for curve in shares if curve.stage == stage and curve.y.max() > _VISIBLE]
        caption = "Structure of the anion sublattice" + (f", {stage.replace('-', ' ')} K/ps" if stage else "")
        drawn.append((caption, curves(mine, [curve.phase for curve in mine], "fraction", share=True)))
    return drawn


def _drawn(found: list[Series], y_name: str, *, share: bool = False, log: bool = False) -> str:
    labels = [f"{curve.stage.replace('-', ' ')} K/ps" if curve.stage else "mean of the replicas" for curve in found]
    return curves(found, labels, y_name, share=share, log=log)
