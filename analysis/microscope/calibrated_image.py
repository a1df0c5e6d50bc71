"""Images with a calibrated scale, and the files that microscopists' programs read."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

from nanokiln.analysis.microscope.specimen import Specimen

Array = NDArray[np.float64]
GAUSS = 2 * np.sqrt(2 * np.log(2))  # full width at half maximum over the standard deviation


@dataclass(frozen=True, eq=False)
class CalibratedImage:
    """A picture: `data` (rows, columns), row 0 at the top; `pixel` in units of `scale` ("A" or "1/A").

    `corner` is where the middle of the first pixel lies (right, up), `unit` what the values count, `about` what was
    done to get them.
    """

    name: str
    data: Array
    pixel: float
    corner: tuple[float, float]
    unit: str
    scale: str = "A"
    about: str = ""

    @property
    def columns(self) -> Array:
        """Where the columns lie, to the right."""
        return np.asarray(self.corner[0] + self.pixel * np.arange(self.data.shape[1]))

    @property
    def rows(self) -> Array:
        """Where the rows lie, upwards: the first is the highest."""
        return np.asarray(self.corner[1] - self.pixel * np.arange(self.data.shape[0]))

    def with_data(self, data: Array, **changes: str) -> "CalibratedImage":
        """Return the same view with other values."""
        return replace(self, data=data, **changes)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Raster:
    """The pixels of a view: shape (rows, columns), size in angstrom, and the middle of the top left one."""

    shape: tuple[int, int]
    pixel_A: float
    corner: tuple[float, float]

    @classmethod
    def around(cls, specimen: Specimen, pixel_A: float, margin_A: float) -> "Raster":
        """Return pixels that hold a specimen with a margin on every side; ValueError for more than 64 million."""
        low, high = specimen.points_A[:, :2].min(axis=0), specimen.points_A[:, :2].max(axis=0)
        columns, rows = (int(np.ceil(n)) + 2 for n in (high - low + 2 * margin_A) / pixel_A)
        if columns * rows > 64e6:
            raise ValueError(f"pixels of {pixel_A:g} A make a picture of {columns} x {rows}: take larger ones")
        middle = (low + high) / 2
        left, top = middle[0] - pixel_A * (columns - 1) / 2, middle[1] + pixel_A * (rows - 1) / 2
        return cls((rows, columns), pixel_A, (float(left), float(top)))

    def project(self, points_A: Array, weights: Array | float = 1.0) -> Array:
        """Share points (n, 2 or more) among the four pixels around each: the picture's sum is that of the weights."""
        place = np.stack([self.corner[1] - points_A[:, 1], points_A[:, 0] - self.corner[0]]) / self.pixel_A
        low = np.floor(place).astype(np.int64)
        part = place - low
        out = np.zeros(self.shape[0] * self.shape[1])
        weight = np.broadcast_to(np.asarray(weights, dtype=float), len(points_A))
        for down in (0, 1):
            for right in (0, 1):
                share = (part[0] if down else 1 - part[0]) * (part[1] if right else 1 - part[1]) * weight
                index = (low[0] + down) * self.shape[1] + low[1] + right
                out += np.bincount(index, share, minlength=len(out))
        return out.reshape(self.shape)

    def image(self, name: str, data: Array, unit: str, about: str = "") -> CalibratedImage:
        """Return values on these pixels as an image."""
        return CalibratedImage(name, data, self.pixel_A, self.corner, unit, about=about)


def write_emd(images: Sequence[CalibratedImage], path: Path) -> None:
    """Write images as one EMD file (NCEM layout, columns first), which HyperSpy and RosettaSciIO read with scales."""
    with h5py.File(path, "w") as file:
        file.attrs["version_major"], file.attrs["version_minor"] = 0, 2
        for one in images:
            group = file.create_group(f"images/{one.name.replace('/', '-')}")
            group.attrs["emd_group_type"] = 1
            group.attrs["metadata"] = json.dumps({"unit": one.unit, "about": one.about})
            group.create_dataset("data", data=one.data.T.astype(np.float32), compression="gzip", compression_opts=1)
            nm, unit = (0.1, "nm") if one.scale == "A" else (10.0, "1/nm")
            for axis, (name, first) in enumerate((("x", one.corner[0]), ("y", -one.corner[1])), start=1):
                along = (first + one.pixel * np.arange(one.data.shape[2 - axis])) * nm
                dimension = group.create_dataset(f"dim{axis}", data=along)
                dimension.attrs["name"], dimension.attrs["units"] = name, unit
