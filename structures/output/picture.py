"""Pictures of models: their atoms as lit spheres, with a legend and a scale bar."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nanokiln.structures.model import Model
from nanokiln.structures.output.spheres import Field, Spheres, draw_spheres
from nanokiln.structures.palette import COLOURS, OTHER

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Floats = NDArray[np.float64]

DPI = 200
STRIP_IN = 0.42


@dataclass(frozen=True, eq=False)
class Canvas:
    """A drawn picture (height, width, 3) in 0..1 and how many angstrom one of its pixels is wide."""

    image: Floats
    pixel_A: float


def draw(
    model: Model, path: Path | str, azimuth_deg: float = 22.0, elevation_deg: float = 14.0, width: int = 1200
) -> None:
    """Draw a model to a picture file, the stacking axis upright, seen from an azimuth and an elevation.

    `width` is the longer edge of the picture in pixels. Below it stand a legend and a scale bar.
    """
    from matplotlib.figure import Figure

    canvas = render(model, azimuth_deg, elevation_deg, width)
    high, wide = (n / DPI for n in canvas.image.shape[:2])
    wide = max(wide, 2.6)
    figure = Figure(figsize=(wide, high + STRIP_IN), dpi=DPI)
    axes = figure.add_axes((0, STRIP_IN / (high + STRIP_IN), 1, high / (high + STRIP_IN)))
    axes.imshow(canvas.image, interpolation="lanczos")
    axes.set_axis_off()
    strip = figure.add_axes((0, 0, 1, STRIP_IN / (high + STRIP_IN)))
    legend(strip, model.elements, wide, DPI * canvas.pixel_A)
    figure.savefig(path)


def legend(strip: "Axes", elements: tuple[str, ...], wide_in: float, inch_A: float | None = None) -> None:
    """Draw a row of coloured spots with element names, and a scale bar if an inch stands for so many angstrom."""
    strip.set_xlim(0, wide_in)
    strip.set_ylim(0, STRIP_IN)
    strip.set_axis_off()
    for column, element in enumerate(elements):
        x, y = 0.16 + 0.42 * column, 0.5 * STRIP_IN
        strip.plot(x, y, "o", markersize=8, color=COLOURS.get(element, OTHER), markeredgecolor="#555555", mew=0.4)
        strip.text(x + 0.1, y, element, va="center", fontsize=8, color="#333333")
    if inch_A is not None:
        length = _round_length(min(0.3 * wide_in, 1.2) * inch_A)
        right, left = wide_in - 0.15, wide_in - 0.15 - length / inch_A
        strip.plot([left, right], [0.12, 0.12], color="#333333", lw=2.5, solid_capstyle="butt")
        text = f"{length / 10:g} nm"
        strip.text((left + right) / 2, 0.17, text, va="bottom", ha="center", fontsize=8, color="#333333")


def render(model: Model, azimuth_deg: float = 22.0, elevation_deg: float = 14.0, width: int = 1200) -> Canvas:
    """Draw the spheres of a model, the longer edge `width` pixels."""
    symbols = np.array(model.atoms.get_chemical_symbols())
    points = model.atoms.positions @ camera(azimuth_deg, elevation_deg, model.stacking_axis).T
    spheres = Spheres(symbols, points, model.atoms.positions @ _away(azimuth_deg, model.stacking_axis))
    radii = spheres.radii_A[:, None]
    low, high = (points - radii).min(axis=0)[:2], (points + radii).max(axis=0)[:2]
    margin = 0.06 * float((high - low).max())
    pixel = (float((high - low).max()) + 2 * margin) / width
    columns, rows = (int(np.ceil((extent + 2 * margin) / pixel)) for extent in high - low)
    field = Field(float(low[0]) - margin, float(high[1]) + margin, pixel, (rows, columns))
    return Canvas(draw_spheres(spheres, field), pixel)


def camera(azimuth_deg: float, elevation_deg: float, up_axis: int) -> Floats:
    """Return the rotation (3, 3) to picture axes: right, up, towards the eye; `up_axis` stays upright."""
    tilt = np.radians(elevation_deg)
    away, upright = _away(azimuth_deg, up_axis), np.eye(3)[up_axis]
    right = np.cross(away, upright)
    up = upright * np.cos(tilt) + away * np.sin(tilt)
    return np.array([right, up, np.cross(right, up)])


def _away(azimuth_deg: float, up_axis: int) -> Floats:
    """Return the horizontal direction away from the eye."""
    turn = np.radians(azimuth_deg)
    return np.asarray(np.roll([-np.sin(turn), np.cos(turn), 0.0], up_axis - 2))


def _round_length(most_A: float) -> float:
    """Return the longest of 1, 2, 5 times a power of ten (angstrom) not above a length."""
    power = 10.0 ** np.floor(np.log10(most_A))
    return float(max(f * power for f in (1, 2, 5) if f * power <= most_A))
