"""The page of a film: what becomes of every particle on it, where, and against the gap to the nearest donor."""

from pathlib import Path

import numpy as np

from nanokiln.analysis.film.film_answer import FilmOutcome, GapCurve
from nanokiln.analysis.report.drawings import draw
from nanokiln.analysis.report.page import render
from nanokiln.analysis.report.plots import figure
from nanokiln.structures.storage import write_json, write_whole


def write_film(outcome: FilmOutcome, gap: GapCurve | None, told: str, out_dir: Path) -> Path:
    """Write `film.json` and `film.html`; return the page's path."""
    out_dir.mkdir(parents=True, exist_ok=True)
    gaps = {} if gap is None else {"gaps": gap.to_json()}
    write_json(out_dir / "film.json", outcome.to_json() | gaps | {"inputs": told})
    pictures = {"Every particle where it lies": draw_map(outcome)}
    if len(outcome.history.donors):
        pictures["Against the gap to the nearest donor"] = draw(outcome.against_gap())
    if gap is not None:
        pictures["One rod in a ring of donors, from 1 nm to 10 um away"] = draw(gap.drawing())
    page = out_dir / "film.html"
    write_whole(page, render("film.html", outcome=outcome, pictures=pictures, told=told))
    return page


def draw_map(outcome: FilmOutcome) -> str:
    """Draw hosts, shaded by the share converted that is to be expected in the end, and donors as rings."""
    history = outcome.history
    centres, radii = history.layout.centres_nm, history.radii_nm
    with figure(6.0, 5.2) as (axes, picture):
        span = max(float(np.ptp(centres, axis=0).max()), 50.0)
        size = (np.maximum(radii, 0.006 * span) / span * 330.0) ** 2
        hosts, donors = history.hosts, history.donors
        axes.scatter(
            centres[donors, 0],
            centres[donors, 1],
            s=size[donors],
            facecolors="none",
            edgecolors="#2a6f97",
            label="donors",
        )
        shade = history.expected_share[-1]
        x, y = centres[hosts].T
        shades = axes.scatter(x, y, s=size[hosts], c=shade, cmap="magma", vmin=0, vmax=1, label="hosts")
        axes.figure.colorbar(shades, label="expected share converted, at the end")
        axes.set_aspect("equal")
        axes.set_xlabel("x (nm)")
        axes.set_ylabel("y (nm)")
        axes.legend(fontsize=8, loc="upper right")
    return picture[0]
