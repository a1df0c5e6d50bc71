"""The validation as one self-contained HTML page: a table per property and the phonon bands."""

import base64
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Environment, FileSystemLoader

TEMPLATES = Path(__file__).parent / "templates"


def write_html(told: dict[str, Any], path: Path) -> Path:
    """Render what `validate` found to `path` and return it."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for row in told["rows"]:
        groups.setdefault(row["property"], []).append(row)
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True)
    environment.filters["number"] = number
    template = environment.get_template("validate.html")
    path.write_text(template.render(told=told, groups=groups, bands=band_pictures(told["dispersions"])), "utf-8")
    return path


def number(value: float | None) -> str:
    """Return a number with four significant digits, or a dash."""
    return "–" if value is None else f"{value:.4g}"


def band_pictures(dispersions: dict[str, dict[str, Any]]) -> dict[str, str]:
    """Return a PNG per phase as a data URI: the bands of every potential over each other."""
    phases = dict.fromkeys(phase for own in dispersions.values() for phase in own)
    return {
        phase: _bands(phase, {name: own[phase] for name, own in dispersions.items() if phase in own})
        for phase in phases
    }


def _bands(phase: str, curves: dict[str, dict[str, Any]]) -> str:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 3.6), layout="constrained")
    axes = figure.subplots()
    for index, (name, curve) in enumerate(curves.items()):
        distance, scale = np.array(curve["distance"]), 1.0 / curve["distance"][-1]
        jumps = np.flatnonzero(np.diff(distance) == 0) + 1
        bands = np.split(np.array(curve["bands"]), jumps)
        for part, rows in zip(np.split(distance * scale, jumps), bands, strict=True):
            axes.plot(part, rows, color=f"C{index}", lw=0.8, alpha=0.8)
        axes.plot([], [], color=f"C{index}", label=name)
        if index == 0:
            axes.set_xticks([t * scale for t in curve["ticks"]], curve["labels"])
            for tick in curve["ticks"]:
                axes.axvline(tick * scale, color="0.85", lw=0.6, zorder=0)
    axes.axhline(0, color="0.5", lw=0.6)
    axes.set(ylabel="frequency (THz), imaginary below 0", xlim=(0, 1), title=phase)
    axes.legend(loc="upper right", fontsize="small", frameon=False)
    buffer = BytesIO()
    figure.savefig(buffer, format="png", dpi=130)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()
