"""The in situ film: HAADF image and element map beside temperature and composition, frame by frame or as a strip."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import ase
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.constants import zero_Celsius

from nanokiln.analysis.microscope.calibrated_image import CalibratedImage
from nanokiln.analysis.microscope.element_map import LineScan, element_maps, line_scan, review_colours
from nanokiln.analysis.microscope.instrument import Exposure, load_instrument
from nanokiln.analysis.microscope.plate import composite, panels, show
from nanokiln.analysis.microscope.specimen import Specimen, mount
from nanokiln.analysis.microscope.z_contrast import haadf
from nanokiln.structures.output.picture import COLOURS, OTHER

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[np.float64]
ROOM_A = 12.0  # around the first frame: atoms that left further are no longer in the picture


@dataclass(frozen=True, eq=False)
class Programme:
    """Temperature (K) against time (ps) as it was measured, as it was asked for where that is known, and when the
    holds are (begin, end)."""

    times_ps: Array
    temperatures_K: Array
    holds_ps: tuple[tuple[float, float], ...] = ()
    asked_K: Array | None = None

    def at_C(self, time_ps: float) -> float:
        """Temperature that was asked for at a time, or else the mean of the measured one over a fiftieth of the run."""
        if self.asked_K is not None and len(self.asked_K):
            return float(np.interp(time_ps, self.times_ps, self.asked_K)) - zero_Celsius
        if not len(self.times_ps):
            return float("nan")
        near = abs(self.times_ps - time_ps) <= max(float(np.ptp(self.times_ps)) / 100, 1e-9)
        if not near.any():
            near = np.arange(len(self.times_ps)) == np.argmin(abs(self.times_ps - time_ps))
        return float(np.nanmean(self.temperatures_K[near])) - zero_Celsius

    @property
    def rate_K_per_s(self) -> float:
        """Rise from the coldest to the hottest tenth of the run over the time between them."""
        if len(self.times_ps) < 10:
            return float("nan")
        tenth = max(len(self.times_ps) // 10, 1)
        first, last = float(np.nanmean(self.temperatures_K[:tenth])), float(np.nanmax(self.temperatures_K))
        hottest = float(self.times_ps[np.nanargmax(self.temperatures_K)])
        return (last - first) / max(hottest - float(self.times_ps[0]), 1e-9) * 1e12

    @property
    def words(self) -> str:
        """How fast it was heated, so that nobody takes picoseconds for minutes."""
        rate = self.rate_K_per_s
        if not np.isfinite(rate) or rate <= 0:
            return "molecular dynamics"
        return f"molecular dynamics, heated at {rate:.0e} K/s; the microscope heats at 0.1 to 10 K/s"


@dataclass(frozen=True, eq=False)
class Still:
    """One frame: its image, its maps, what a line upwards holds, and when it was."""

    image: CalibratedImage
    maps: Mapping[str, CalibratedImage]
    scan: LineScan
    time_ps: float
    temperature_C: float

    @property
    def caption(self) -> str:
        """Temperature and time."""
        told = f"{self.temperature_C:.0f} °C, " if np.isfinite(self.temperature_C) else ""
        return f"{told}{self.time_ps:.3g} ps"


def stills(
    frames: Sequence[tuple[float, ase.Atoms]], programme: Programme, beam: str = "x", up_axis: int = 2
) -> list[Still]:
    """Return every (time in ps, atoms) as a still; all lie on the pixels of the first, so that one scale fits all."""
    mounted = mount([atoms for _, atoms in frames], "film", beam, up_axis)
    first = mounted.points_A[mounted.frame == 0]
    low, high = first.min(axis=0) - ROOM_A, first.max(axis=0) + ROOM_A
    corners = np.array([[low[0], low[1], 0.0], [high[0], high[1], 0.0]])
    out = []
    for (time_ps, _), one in zip(frames, mounted.each(), strict=True):
        inside = ((one.points_A[:, :2] > low[:2]) & (one.points_A[:, :2] < high[:2])).all(axis=1)
        kept = Specimen(one.name, one.elements[inside], one.points_A[inside], one.frame[inside], 1)
        out.append(_still(kept, corners, time_ps, programme.at_C(time_ps)))
    return out


def _still(kept: Specimen, corners: Array, time_ps: float, temperature_C: float) -> Still:
    image = _on_field(haadf(kept, load_instrument(), Exposure(), 0.4), corners)
    maps = {name: _on_field(one, corners) for name, one in element_maps(kept, 1.0, 8.0).items()}
    return Still(image, maps, line_scan(maps), time_ps, temperature_C)


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
    figure.supxlabel(programme.words, fontsize=8, color="#b5482a")
    buffer = BytesIO()
    figure.savefig(buffer, format="png")
    return Image.open(buffer).convert("RGB")


def _temperature(axes: "Axes", one: Still, programme: Programme) -> None:
    axes.plot(programme.times_ps, programme.temperatures_K - zero_Celsius, color="#bbbbbb", lw=0.8)
    for begin, end in programme.holds_ps:
        axes.axvspan(begin, end, color="#f0e6d8", lw=0)
    axes.plot(one.time_ps, one.temperature_C, "o", color="#b5482a")
    axes.axvline(one.time_ps, color="#b5482a", lw=0.8)
    axes.set(xlabel="time (ps), holds shaded", ylabel="T (°C)")


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


def save_strip(shown: Sequence[Still], programme: Programme, title: str, path: Path | BytesIO) -> None:
    """Write stills side by side as the review prints them: images above, maps below, T and t over each, one scale."""
    figure, _ = panels(1, (1, 1))
    figure.clear()
    figure.set_size_inches(2.0 * len(shown), 2 * 2.0 * _ratio(shown[0]) + 0.7)
    brightest = max(float(one.image.data.max()) for one in shown)
    for column, one in enumerate(shown):
        upper = figure.add_subplot(2, len(shown), column + 1)
        show(upper, one.image, one.caption)
        upper.images[0].set_clim(0, brightest)
        lower = figure.add_subplot(2, len(shown), len(shown) + column + 1)
        show(lower, next(iter(one.maps.values())), colours=composite(one.maps, review_colours(tuple(one.maps))))
        for axes in (upper, lower):
            axes.set_axis_off()
    colours = review_colours(tuple(shown[0].maps))
    pairs = ", ".join(f"{name} {_word(code)}" for name, code in colours.items() if name in shown[0].maps)
    figure.suptitle(f"{title}; {pairs}", color="white", fontsize=9)
    figure.supxlabel(programme.words, color="#e0a458", fontsize=8)
    figure.savefig(path, format="png")


def _ratio(still: Still) -> float:
    return float(np.clip(still.image.data.shape[0] / still.image.data.shape[1], 0.4, 2.2))


def _word(code: str) -> str:
    return {"#00c030": "green", "#e02020": "red", "#f0d040": "yellow"}.get(code, code)
