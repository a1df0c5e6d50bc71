"""Lengths and widths measured on images: outlines at a fifth of the height, domain edges where two profiles cross."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, label

from nanokiln.analysis.microscope.calibrated_image import CalibratedImage
from nanokiln.analysis.microscope.element_map import LineScan

Array = NDArray[np.float64]
EDGE = 0.2  # of the height of what is bright
OUTSIDE = 0.8416  # standard deviations by which a blurred edge has moved outwards there


@dataclass(frozen=True)
class Outline:
    """A bright object: length and width (nm) along its own axes, its middle (A, right and up), and how the length
    points (degrees from the right, against the clock)."""

    length_nm: float
    width_nm: float
    middle_A: tuple[float, float]
    angle_deg: float

    @property
    def area_diameter_nm(self) -> float:
        """Diameter of the disc of the area that length and width make as an ellipse."""
        return float(np.sqrt(self.length_nm * self.width_nm))


def outlines(image: CalibratedImage, smallest_nm2: float = 1.0, smooth_A: float = 3.0) -> tuple[Outline, ...]:
    """Return the objects of an image above a fifth of what its bright parts have, the largest first.

    The image is smoothed first, so that columns do not fall apart and noise makes no islands; how far that moves an
    edge is taken off again. The outline of a sphere, cut at a fifth of its height, is 2 % too small.
    """
    data = gaussian_filter(image.data.astype(float), smooth_A / image.pixel)
    ground = float(np.median(np.concatenate([data[0], data[-1], data[:, 0], data[:, -1]])))  # the support film
    data = data - ground
    bright = data > EDGE * np.percentile(data[data > EDGE * data.max()], 90) if data.max() > 0 else data > 0
    pieces, count = label(bright)
    found = []
    for index in range(1, count + 1):
        rows, columns = np.nonzero(pieces == index)
        if len(rows) * image.pixel**2 / 100 >= smallest_nm2:
            found.append((len(rows), _outline(image, rows, columns, smooth_A)))
    return tuple(one for _, one in sorted(found, key=lambda pair: -pair[0]))


def _outline(image: CalibratedImage, rows: NDArray[np.intp], columns: NDArray[np.intp], smooth_A: float) -> Outline:
    points = np.stack([image.columns[columns], image.rows[rows]], axis=1)
    middle = points.mean(axis=0)
    _, axes = np.linalg.eigh(np.cov((points - middle).T) + 1e-9 * np.eye(2))
    along = axes[:, ::-1].T
    spans = [float(np.ptp((points - middle) @ axis)) + image.pixel - 2 * OUTSIDE * smooth_A for axis in along]
    angle = float(np.degrees(np.arctan2(along[0, 1], along[0, 0]))) % 180
    return Outline(spans[0] / 10, spans[1] / 10, (float(middle[0]), float(middle[1])), angle)


def crossings_A(scan: LineScan, first: str, second: str) -> Array:
    """Return where along a line scan two elements hold as much as each other, each over its own largest."""
    a, b = (_smoothed(scan.profiles[name]) for name in (first, second))
    difference = a / a.max() - b / b.max()
    there = (a + b) > 0.1 * (a + b).max()
    at = np.flatnonzero((np.sign(difference[:-1]) * np.sign(difference[1:]) < 0) & there[:-1] & there[1:])
    x, y = scan.along_A, difference
    return np.asarray(x[at] - y[at] * (x[at + 1] - x[at]) / (y[at + 1] - y[at]))


def _smoothed(profile: Array) -> Array:
    return np.asarray(np.maximum(profile, 0.0), dtype=float)


def half_widths_nm(scan: LineScan) -> Mapping[str, float]:
    """Return how much of the scan every element fills above half of its 90th percentile: its domains' width, in nm."""
    step = float(scan.along_A[1] - scan.along_A[0]) / 10
    out = {}
    for name, profile in scan.profiles.items():
        positive = profile[profile > 0.1 * profile.max()]
        out[name] = float(np.sum(profile > 0.5 * np.percentile(positive, 90)) * step) if len(positive) else 0.0
    return out
