"""The in situ film: HAADF image and element map beside temperature and composition, frame by frame or as a strip."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING

import ase
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.constants import zero_Celsius

from nanokiln.analysis.microscope.atoms_seen import field_on, spheres_of
from nanokiln.analysis.microscope.calibrated_image import CalibratedImage
from nanokiln.analysis.microscope.element_map import LineScan, element_maps, line_scan, review_colours
from nanokiln.analysis.microscope.instrument import Exposure, load_instrument
from nanokiln.analysis.microscope.plate import composite, name_elements, panels, rgb, show
from nanokiln.analysis.microscope.specimen import Specimen, mount
from nanokiln.analysis.microscope.z_contrast import haadf
from nanokiln.structures.output.spheres import BLACK, Field, Spheres
from nanokiln.structures.palette import COLOURS, OTHER

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[np.float64]
DrawSpheres = Callable[[Sequence[Spheres], Field, Array], tuple[list[Array], str]]
STILL_PIXELS = 330  # along the longer edge of a still of the atoms: as many as the strip prints
ROOM_A = 12.0  # around the first frame: atoms that left further are no longer in the picture


@dataclass(frozen=True, eq=False)
class Programme:
    """Temperature (K) against time as it was measured, as it was asked for where that is known, and when the holds are
    (begin, end). Times are in `unit`, ps or min; `about` is what a film of it is made of, where that is no dynamics."""

    times: Array
    temperatures_K: Array
    holds: tuple[tuple[float, float], ...] = ()
    asked_K: Array | None = None
    unit: str = "ps"
    about: str = ""

    def at_C(self, time: float) -> float:
        """Temperature that was asked for at a time, or else the mean of the measured one over a fiftieth of the run."""
        if self.asked_K is not None and len(self.asked_K):
            return float(np.interp(time, self.times, self.asked_K)) - zero_Celsius
        if not len(self.times):
            return float("nan")
        near = abs(self.times - time) <= max(float(np.ptp(self.times)) / 100, 1e-9)
        if not near.any():
            near = np.arange(len(self.times)) == np.argmin(abs(self.times - time))
        return float(np.nanmean(self.temperatures_K[near])) - zero_Celsius

    @property
    def rate_K_per_s(self) -> float:
        """Rise from the coldest to the hottest tenth of the run over the time between them."""
        if len(self.times) < 10:
            return float("nan")
        tenth = max(len(self.times) // 10, 1)
        first, last = float(np.nanmean(self.temperatures_K[:tenth])), float(np.nanmax(self.temperatures_K))
        hottest = float(self.times[np.nanargmax(self.temperatures_K)])
        return (last - first) / max(hottest - float(self.times[0]), 1e-9) * 1e12

    @property
    def words(self) -> str:
        """How fast it was heated, so that nobody takes picoseconds for minutes."""
        if self.about:
            return self.about
        rate = self.rate_K_per_s
        if not np.isfinite(rate) or rate <= 0:
            return "molecular dynamics"
        told = f"{rate:.0e}".replace("e+", "e")
        return f"molecular dynamics, heated at {told} K/s; the microscope heats at 0.1 to 10 K/s"


@dataclass(frozen=True, eq=False)
class Still:
    """One frame: the atoms in it, their image, their maps, what a line upwards holds, and when it was."""

    atoms: Specimen
    image: CalibratedImage
    maps: Mapping[str, CalibratedImage]
    scan: LineScan
    time: float
    temperature_C: float
    unit: str = "ps"

    @property
    def caption(self) -> str:
        """Temperature and time."""
        told = f"{self.temperature_C:.0f} °C, " if np.isfinite(self.temperature_C) else ""
        return f"{told}{self.time:.3g} {self.unit}"


def stills(
    frames: Sequence[tuple[float, ase.Atoms]],
    programme: Programme,
    beam: str = "x",
    up_axis: int = 2,
    scan_A: float | None = None,
) -> list[Still]:
    """Return every (time, atoms) as a still; all lie on the pixels of the first, so that one scale fits all.

    The line scan runs upwards through the middle, as wide as `scan_A` or as the picture.
    """
    mounted = mount([atoms for _, atoms in frames], "film", beam, up_axis)
    first = mounted.points_A[mounted.frame == 0]
    low, high = first.min(axis=0) - ROOM_A, first.max(axis=0) + ROOM_A
    corners = np.array([[low[0], low[1], 0.0], [high[0], high[1], 0.0]])
    out = []
    for (time, _), one in zip(frames, mounted.each(), strict=True):
        inside = ((one.points_A[:, :2] > low[:2]) & (one.points_A[:, :2] < high[:2])).all(axis=1)
        kept = Specimen(one.name, one.elements[inside], one.points_A[inside], one.frame[inside], 1)
        out.append(_still(kept, corners, time, programme, scan_A))
    return out


def _still(kept: Specimen, corners: Array, time: float, programme: Programme, scan_A: float | None) -> Still:
    image = _on_field(haadf(kept, load_instrument(), Exposure(), 0.4), corners)
    maps = {name: _on_field(one, corners) for name, one in element_maps(kept, 1.0, 8.0).items()}
    scan = line_scan(maps, width_A=scan_A)
    return Still(kept, image, maps, scan, time, programme.at_C(time), programme.unit)


def _on_field(image: CalibratedImage, corners: Array) -> CalibratedImage:
    """Lay an image onto the pixels of a field of view, empty where it does not reach, cut where it reaches beyond."""
    pixel, (left, right), (bottom, top) = image.pixel, corners[:, 0], corners[:, 1]
    rows, columns = round((top - bottom) / pixel) + 1, round((right - left) / pixel) + 1
    out = np.zeros((rows, columns))
    down, along = round((top - image.corner[1]) / pixel), round((image.corner[0] - left) / pixel)
    high, wide = image.data.shape
    rows_of, columns_of = slice(max(down, 0), min(down + high, rows)), slice(max(along, 0), min(along + wide, columns))
    out[rows_of, columns_of] = image.data[
        rows_of.start - down : rows_of.stop - down, columns_of.start - along : columns_of.stop - along
    ]
    corner = (image.corner[0] - along * pixel, image.corner[1] + down * pixel)
    return CalibratedImage(image.name, out, pixel, corner, image.unit, about=image.about)


def movie_frames(shown: Sequence[Still], programme: Programme, title: str) -> Iterator[Image.Image]:
    """Draw every still: image and map left, temperature with holds and the composition along the line right."""
    brightest = max(float(one.image.data.max()) for one in shown)
    for one in shown:
        yield _drawn(one, shown[0], programme, title, brightest)


def _drawn(one: Still, first: Still, programme: Programme, title: str, brightest: float) -> Image.Image:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9.6, 5.2), dpi=90, layout="constrained")
    grid = figure.add_gridspec(2, 3, width_ratios=(1, 1, 1.6))
    for column, colours in ((0, None), (1, composite(one.maps, review_colours(tuple(one.maps))))):
        axes = figure.add_subplot(grid[:, column], facecolor="black")
        image = one.image if colours is None else next(iter(one.maps.values()))
        show(axes, image, colours=colours)
        if colours is None:
            axes.images[0].set_clim(0, brightest)
        axes.set(xticks=[], yticks=[])
        axes.set_title("HAADF" if colours is None else "element map", fontsize=9)
    _temperature(figure.add_subplot(grid[0, 2]), one, programme)
    _composition(figure.add_subplot(grid[1, 2]), one, first)
    figure.suptitle(f"{title}: {one.caption}", fontsize=11)
    figure.supxlabel(fill(programme.words, 130), fontsize=8, color="#b5482a")
    buffer = BytesIO()
    figure.savefig(buffer, format="png")
    return Image.open(buffer).convert("RGB")


def _temperature(axes: "Axes", one: Still, programme: Programme) -> None:
    celsius = programme.temperatures_K - zero_Celsius
    axes.plot(programme.times, celsius, color="#8a9199", lw=0.9)
    for begin, end in programme.holds:
        axes.axvspan(begin, end, color="#f0e6d8", lw=0)
        told = f"{programme.at_C((begin + end) / 2):.0f}"
        axes.text((begin + end) / 2, 0.02, told, transform=axes.get_xaxis_transform(), fontsize=7, ha="center")
    axes.plot(one.time, one.temperature_C, "o", color="#b5482a")
    axes.axvline(one.time, color="#b5482a", lw=0.8)
    axes.set(xlabel=f"time ({programme.unit}); holds shaded, in °C", ylabel="T (°C)")


def _composition(axes: "Axes", one: Still, first: Still) -> None:
    """The shares along the line, as they are (full) and as they were (dotted)."""
    for name in one.maps:
        colour = COLOURS.get(name, OTHER)
        axes.plot(one.scan.along_A / 10, one.scan.shares[name], color=colour, label=name, lw=1.8)
        if name in first.scan.profiles:
            axes.plot(first.scan.along_A / 10, first.scan.shares[name], color=colour, lw=0.9, ls=":")
    axes.set(xlabel="upwards (nm), dotted: at the start", ylabel="share of atoms", ylim=(0, 1.02))
    axes.legend(fontsize=7, ncols=4, frameon=False, loc="upper center")


def save_movie(pictures: Sequence[Image.Image], path: Path, per_second: float = 6.0) -> None:
    """Write a GIF (Pillow) or an MP4 (imageio-ffmpeg); ValueError for another ending, or where that is missing."""
    if path.suffix == ".gif":
        small = [one.quantize(128, dither=Image.Dither.NONE) for one in pictures]
        small[0].save(path, save_all=True, append_images=small[1:], duration=round(1000 / per_second), loop=0)
        return
    if path.suffix != ".mp4":
        raise ValueError(f"a film ends in .gif or .mp4, not {path.suffix!r}")
    try:
        from imageio_ffmpeg import write_frames
    except ImportError as error:
        raise ValueError("MP4 needs imageio-ffmpeg: pip install 'nanokiln[tem]', or ask for .gif") from error
    even = tuple(n - n % 2 for n in pictures[0].size)
    writer = write_frames(str(path), even, fps=per_second, macro_block_size=2)
    writer.send(None)
    for one in pictures:
        writer.send(np.ascontiguousarray(np.asarray(one)[: even[1], : even[0]]))
    writer.close()


def save_strip(
    shown: Sequence[Still],
    programme: Programme,
    title: str,
    path: Path | BytesIO,
    elements: Sequence[str] = (),
    draw: DrawSpheres | None = None,
) -> str:
    """Write stills side by side as the review prints them: images above, maps below, T and t over each, one scale.

    Below the maps laid over each other stand those of single `elements`, a row each, or, where `draw` is given, the
    atoms themselves. Return by which program these were drawn, "" where they were not.
    """
    figure, _ = panels(1, (1, 1))
    figure.clear()
    rows = 2 + len(elements) + (draw is not None)
    figure.set_size_inches(max(2.0 * len(shown), 5.0), rows * 2.0 * _ratio(shown[0]) + 0.9)
    grid = figure.subplots(rows, len(shown), squeeze=False)
    colours = review_colours(tuple(shown[0].maps))
    _image_rows(grid[:2], shown, colours)
    _element_rows(grid[2 : 2 + len(elements)], shown, colours, elements)
    by = "" if draw is None else _atom_row(grid[-1], shown, draw)
    for axes in grid.flat:
        axes.set_axis_off()
    pairs = ", ".join(f"{name} {_word(code)}" for name, code in colours.items() if name in shown[0].maps)
    figure.suptitle(f"{title}; {'maps: ' if by else ''}{pairs}", color="white", fontsize=9)
    figure.supxlabel(fill(programme.words, round(13 * figure.get_figwidth())), color="#e0a458", fontsize=8)
    figure.savefig(path, format="png")
    return by


def _image_rows(grid: "NDArray[np.object_]", shown: Sequence[Still], colours: Mapping[str, str]) -> None:
    brightest = max(float(one.image.data.max()) for one in shown)
    for (above, below), one in zip(grid.T, shown, strict=True):
        show(above, one.image, one.caption)
        above.images[0].set_clim(0, brightest)
        show(below, next(iter(one.maps.values())), colours=composite(one.maps, colours))


def _element_rows(
    grid: "NDArray[np.object_]", shown: Sequence[Still], colours: Mapping[str, str], elements: Sequence[str]
) -> None:
    for row, name in zip(grid, elements, strict=True):
        fullest = max(_full(one.maps.get(name)) for one in shown)
        for axes, one in zip(row, shown, strict=True):
            _alone(axes, one, name, colours.get(name, COLOURS.get(name, OTHER)), fullest)
        row[0].set_title(name, fontsize=8, color="white", loc="left", pad=1)


def _atom_row(row: "NDArray[np.object_]", shown: Sequence[Still], draw: DrawSpheres) -> str:
    """Draw the atoms of every still on the field of its image, in the colours of every picture of atoms."""
    pictures, by = draw([spheres_of(one.atoms) for one in shown], field_on(shown[0].image, STILL_PIXELS), BLACK)
    for axes, one, picture in zip(row, shown, pictures, strict=True):
        show(axes, one.image, colours=picture)
    name_elements(row[0], tuple(shown[0].maps))
    return by


def _full(image: CalibratedImage | None) -> float:
    return 0.0 if image is None or not image.data.any() else float(np.percentile(image.data[image.data > 0], 99.5))


def _alone(axes: "Axes", one: Still, name: str, colour: str, full: float) -> None:
    """Draw the map of one element from nothing to what it holds in any of the stills."""
    first = next(iter(one.maps.values()))
    data = one.maps[name].data if name in one.maps else np.zeros_like(first.data)
    show(axes, first, colours=np.clip(data / max(full, 1e-30), 0, 1)[..., None] * rgb(colour))


def _ratio(still: Still) -> float:
    return float(np.clip(still.image.data.shape[0] / still.image.data.shape[1], 0.4, 2.2))


def _word(code: str) -> str:
    return {"#00c030": "green", "#e02020": "red", "#f0d040": "yellow"}.get(code, code)
