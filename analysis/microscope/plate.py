"""Plates: images, maps and patterns drawn as micrographs are printed, with scale bars, and saved as PNG."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nanokiln.analysis.microscope.calibrated_image import CalibratedImage
from nanokiln.analysis.microscope.element_map import LineScan
from nanokiln.analysis.microscope.rings import Ring, RingProfile
from nanokiln.analysis.microscope.spots import IndexedSpot, Spot
from nanokiln.structures.palette import COLOURS, OTHER

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Array = NDArray[np.float64]
PANEL_IN = 3.0
DPI = 150


def composite(maps: Mapping[str, CalibratedImage], colours: Mapping[str, str]) -> Array:
    """Return the coloured sum of element maps (rows, columns, 3), each from nothing to its own brightest."""
    shape = next(iter(maps.values())).data.shape
    out = np.zeros((*shape, 3))
    for name, one in maps.items():
        if name in colours and one.data.max() > 0:
            bright = np.clip(one.data / np.percentile(one.data[one.data > 0], 99.5), 0, 1)
            out += bright[..., None] * rgb(colours[name])
    return np.clip(out, 0, 1)


def panels(count: int, shape: tuple[int, int]) -> "tuple[Figure, list[Axes]]":
    """Return a black figure with so many panels side by side, each of an image's shape."""
    from matplotlib.figure import Figure

    ratio = float(np.clip(shape[0] / shape[1], 0.35, 2.2))
    figure = Figure(
        figsize=(PANEL_IN * count, PANEL_IN * ratio + 0.3), dpi=DPI, facecolor="black", layout="constrained"
    )
    axes = [figure.add_subplot(1, count, i + 1) for i in range(count)]
    for one in axes:
        one.set_axis_off()
    return figure, axes


def show(
    axes: "Axes", image: CalibratedImage, title: str = "", colours: Array | None = None, log: bool = False
) -> None:
    """Draw an image (or a coloured one on its scale) with a scale bar; `log` shows many decades, as of a pattern."""
    data = image.data
    if colours is not None:
        data = colours
    elif log:
        floor = 1e-5 * float(np.sort(data, axis=None)[-9])
        data = np.log10(np.maximum(data, floor))
    half = image.pixel / 2
    extent = (image.columns[0] - half, image.columns[-1] + half, image.rows[-1] - half, image.rows[0] + half)
    axes.imshow(data, cmap="gray", extent=extent, interpolation="nearest")
    _scale_bar(axes, image, extent)
    if title:
        axes.set_title(title, fontsize=9, color="white")


def _scale_bar(axes: "Axes", image: CalibratedImage, extent: tuple[float, float, float, float]) -> None:
    wide, high = extent[1] - extent[0], extent[3] - extent[2]
    factor, unit = (10.0, "nm") if image.scale == "A" else (0.1, "1/nm")
    power = 10.0 ** np.floor(np.log10(0.35 * wide / factor))
    length = max(n * power for n in (1, 2, 5) if n * power <= 0.35 * wide / factor)
    left, bottom = extent[0] + 0.05 * wide, extent[2] + 0.05 * high
    axes.plot([left, left + length * factor], [bottom, bottom], color="white", lw=3, solid_capstyle="butt")
    axes.text(left, bottom + 0.015 * high, f"{length:g} {unit}", color="white", fontsize=8, va="bottom")


def save_maps(maps: Mapping[str, CalibratedImage], colours: Mapping[str, str], title: str, path: Path) -> None:
    """Draw the maps that have colours over each other, then each map alone, all on one scale."""
    first = next(iter(maps.values()))
    figure, axes = panels(len(maps) + 1, (first.data.shape[0], first.data.shape[1]))
    show(axes[0], first, title, composite(maps, colours))
    for one, (name, image) in zip(axes[1:], maps.items(), strict=True):
        colour = colours.get(name, COLOURS.get(name, OTHER))
        show(one, image, "", composite({name: image}, {name: colour}))
        one.set_title(name, fontsize=9, color=colour)
    figure.savefig(path)


def save_image(image: CalibratedImage, title: str, path: Path) -> None:
    """Draw one image."""
    figure, axes = panels(1, (image.data.shape[0], image.data.shape[1]))
    show(axes[0], image, title)
    figure.savefig(path)


def save_spheres(field: CalibratedImage, picture: Array, elements: Sequence[str], title: str, path: Path) -> None:
    """Draw a picture of the atoms on the scale of a field, the elements named in their colours."""
    figure, axes = panels(1, (field.data.shape[0], field.data.shape[1]))
    show(axes[0], field, title, picture)
    name_elements(axes[0], elements)
    figure.savefig(path, dpi=2 * DPI)


def name_elements(axes: "Axes", elements: Sequence[str]) -> None:
    """Write the names of elements into the upper left corner, each in the colour that it has in every picture."""
    for place, name in enumerate(elements):
        at = (0.03 + 0.1 * place, 0.97)
        axes.text(*at, name, transform=axes.transAxes, color=COLOURS.get(name, OTHER), fontsize=8, va="top")


def save_pattern(
    pattern: CalibratedImage, spots: Sequence[Spot], indexed: Sequence[IndexedSpot], title: str, path: Path
) -> None:
    """Draw a diffraction pattern over many decades, its spots ringed, those with indices named."""
    figure, axes = panels(1, (1, 1))
    figure.set_size_inches(6, 6.3)
    show(axes[0], pattern, title, log=True)
    named = {one.spot.q: one for one in indexed}
    for spot in spots[:60]:
        known = named.get(spot.q)
        axes[0].plot(*spot.q, "o", mfc="none", mec="#56b4e9" if known else "#e69f00", ms=11, mew=0.8)
        if known is not None and np.hypot(*spot.q) < 0.75 * pattern.columns[-1]:
            words = "".join(f"{abs(n)}\u0305" if n < 0 else str(n) for n in known.indices)
            axes[0].text(spot.q[0], spot.q[1] + 0.028, words, color="#56b4e9", fontsize=7, ha="center")
    figure.savefig(path)


def save_rings(profile: RingProfile, rings: Sequence[Ring], title: str, path: Path) -> None:
    """Draw intensity against q with the rings that were found and their indices."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 3.6), dpi=DPI, layout="constrained")
    axes = figure.add_subplot()
    axes.plot(10 * profile.q, profile.intensity, color="#333333", lw=1)
    for ring in rings:
        height = float(np.interp(ring.q, profile.q, profile.intensity))
        words = " ".join(map(str, ring.indices[0])) if ring.indices else "?"
        axes.annotate(
            words,
            (10 * ring.q, height),
            rotation=90,
            fontsize=7,
            ha="center",
            va="bottom",
            xytext=(0, 3),
            textcoords="offset points",
            color="#2a6f97" if ring.indices else "#b5482a",
        )
    beyond = profile.q > 0.2
    axes.set_ylim(0, 1.25 * float(profile.intensity[beyond].max()))
    axes.set_xlabel("1/d (1/nm)")
    axes.set_ylabel("intensity per atom (Å²)")
    axes.set_title(title, fontsize=9)
    figure.savefig(path)


def save_scan(scan: LineScan, title: str, path: Path) -> None:
    """Draw a line scan, every element in the colour that it has everywhere."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 3.4), dpi=DPI, layout="constrained")
    axes = figure.add_subplot()
    for name, profile in scan.profiles.items():
        axes.plot(scan.along_A / 10, profile, label=name, color=COLOURS.get(name, OTHER), lw=2)
    axes.set_xlabel("along the line (nm)")
    axes.set_ylabel(f"{scan.unit} per step")
    axes.set_title(title, fontsize=9)
    axes.legend(frameon=False)
    figure.savefig(path)


def rgb(code: str) -> Array:
    """Return red, green and blue from 0 to 1 of a colour written as #rrggbb."""
    return np.array([int(code[i : i + 2], 16) / 255 for i in (1, 3, 5)])
