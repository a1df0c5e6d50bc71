"""Pictures of models: lit, depth-cued spheres drawn into a depth buffer, with a legend and a scale bar."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, maximum_filter, minimum_filter, zoom

from nanokiln.structures.builders.contacts import radii_A
from nanokiln.structures.model import Model
from nanokiln.structures.palette import COLOURS, OTHER

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Floats = NDArray[np.float64]

BACKGROUND = np.array([1.0, 1.0, 1.0])
LIGHT = np.array([-0.45, 0.6, 0.66])
SMOOTHING = 2  # pixels drawn per pixel shown, along each edge
CUE = 0.5  # how far the most distant atoms fade into the background
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
    radii = radii_A(symbols) * 1.08
    low, high = (points - radii[:, None]).min(axis=0), (points + radii[:, None]).max(axis=0)
    extent = high - low
    margin = 0.06 * float(extent[:2].max())
    pixel = float((extent[:2] + 2 * margin).max()) / (width * SMOOTHING)
    shape = tuple(int(np.ceil((extent[i] + 2.0 * margin) / pixel)) for i in (1, 0))
    place = np.stack([(high[1] + margin - points[:, 1]) / pixel, (points[:, 0] - low[0] + margin) / pixel], axis=1)
    depth, owner = _depth_buffer(place, points[:, 2] / pixel, radii / pixel, (shape[0], shape[1]))
    colours = np.array([_rgb(COLOURS.get(str(s), OTHER)) for s in np.unique(symbols)])
    atom_colours = colours[np.unique(symbols, return_inverse=True)[1]]
    away = model.atoms.positions @ _away(azimuth_deg, model.stacking_axis)
    distance = (away - away.min()) / max(float(np.ptp(away)), 20.0)
    image = _shade(depth, owner, (place, radii / pixel), atom_colours, CUE * distance**1.5)
    return Canvas(_smaller(image), pixel * SMOOTHING)


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


def _depth_buffer(
    place: Floats, height: Floats, radius: Floats, shape: tuple[int, int]
) -> tuple[Floats, NDArray[np.int64]]:
    """Return for every pixel the height of the nearest sphere and whose it is, -1 where there is none.

    All lengths in pixels. Stamps one disc after the other, of those atoms that can be seen at all.
    """
    depth = np.full(shape, -np.inf)
    owner = np.full(shape, -1, dtype=np.int64)
    for atom in _perhaps_visible(place, height, radius):
        (row, column), r = place[atom], radius[atom]
        top, left = max(int(row - r), 0), max(int(column - r), 0)
        window = (slice(top, int(row + r) + 2), slice(left, int(column + r) + 2))
        near = depth[window]
        y = np.arange(top, top + near.shape[0])[:, None] - row
        x = np.arange(left, left + near.shape[1])[None] - column
        over = r * r - y * y - x * x
        surface = height[atom] + np.sqrt(np.maximum(over, 0.0))
        won = (over > 0) & (surface > near)
        near[won] = surface[won]
        owner[window][won] = atom
    return depth, owner


def _perhaps_visible(place: Floats, height: Floats, radius: Floats) -> NDArray[np.int64]:
    """Return the atoms that are not far behind what covers their whole neighbourhood."""
    tile = 1.6 * float(radius.max())
    cells = np.floor(place / tile).astype(np.int64) + 2
    cover = np.full(tuple(cells.max(axis=0) + 3), -np.inf)
    np.maximum.at(cover, tuple(cells.T), height)
    behind = minimum_filter(cover, size=3)[tuple(cells.T)]
    return np.flatnonzero(height > behind - 2.0 * radius.max())


def _shade(
    depth: Floats, owner: NDArray[np.int64], spheres: tuple[Floats, Floats], colours: Floats, fade: Floats
) -> Floats:
    """Return the lit picture: diffuse light and a highlight, dark hollows, outlines, and atoms fading as told."""
    image: Floats = np.ones((*depth.shape, 3)) * BACKGROUND
    place, radius = spheres
    seen = owner >= 0
    atom = owner[seen]
    y, x = np.nonzero(seen)
    across = (x - place[atom, 1]) / radius[atom]
    upward = (place[atom, 0] - y) / radius[atom]
    normal = np.stack([across, upward, np.sqrt(np.clip(1 - across**2 - upward**2, 0, 1))], axis=1)
    light = LIGHT / np.linalg.norm(LIGHT)
    diffuse = np.clip(normal @ light, 0, 1)
    gleam = np.clip(normal @ _halfway(light), 0, 1) ** 40
    filled = np.where(seen, depth, float(depth[seen].min()))
    typical = float(np.median(radius))
    hollow = np.clip((_blurred(filled, 1.6 * typical) - filled)[seen] / (2.5 * typical), 0, 1)
    edge = np.clip((maximum_filter(filled, size=3) - filled)[seen] / (1.5 * typical), 0, 1)
    shade = (0.42 + 0.62 * diffuse) * (1 - 0.55 * hollow) * (1 - 0.45 * edge)
    lit = colours[atom] * shade[:, None] + 0.22 * gleam[:, None]
    veil = fade[atom][:, None]
    image[seen] = np.clip(lit * (1 - 0.8 * veil) + 0.8 * veil * BACKGROUND, 0, 1)
    return image


def _blurred(field: Floats, sigma: float) -> Floats:
    """Return a Gaussian blur, worked out on every n-th pixel: it has no finer detail than that."""
    every = max(1, int(sigma / 4))
    coarse = gaussian_filter(field[::every, ::every], sigma / every)
    fine = zoom(coarse, every, order=1, grid_mode=True, mode="nearest")
    return np.asarray(fine, dtype=np.float64)[: field.shape[0], : field.shape[1]]


def _halfway(light: Floats) -> Floats:
    half = light + np.array([0.0, 0.0, 1.0])
    return np.asarray(half / np.linalg.norm(half))


def _smaller(image: Floats) -> Floats:
    """Average blocks of pixels: the edges become smooth."""
    high, wide = (n // SMOOTHING * SMOOTHING for n in image.shape[:2])
    blocks = image[:high, :wide].reshape(high // SMOOTHING, SMOOTHING, wide // SMOOTHING, SMOOTHING, 3)
    return np.asarray(blocks.mean(axis=(1, 3)))


def _rgb(code: str) -> Floats:
    return np.array([int(code[i : i + 2], 16) / 255 for i in (1, 3, 5)])


def _round_length(most_A: float) -> float:
    """Return the longest of 1, 2, 5 times a power of ten (angstrom) not above a length."""
    power = 10.0 ** np.floor(np.log10(most_A))
    return float(max(f * power for f in (1, 2, 5) if f * power <= most_A))
