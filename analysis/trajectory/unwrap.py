"""Unwrapping: the true displacement of atoms in a periodic box that changes its shape."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nanokiln.analysis.trajectory.dump import DumpFrame


@dataclass
class Unwrapper:
    """Sums fractional increments times the current cell, so that a growing box moves nobody.

    Image flags choose the periodic image of an increment where the dump has them, and unwrapped coordinates are taken
    as written; without either an atom must move less than half a cell between frames. Directions that are not periodic
    have no cell: there increments are Cartesian.
    """

    _reference: NDArray[np.float64] | None = None
    _scaled: NDArray[np.float64] = field(default_factory=lambda: np.empty((0, 3)))
    _images: NDArray[np.int64] | None = None
    _total: NDArray[np.float64] = field(default_factory=lambda: np.empty((0, 3)))

    def add(self, frame: DumpFrame, rows: NDArray[np.int64] | None = None) -> NDArray[np.float64]:
        """Return each atom's displacement since its first frame, angstrom; NaN if absent.

        `rows` says where the frame's atoms stand in what is returned; by default atom id i + 1 in row i.
        """
        rows = frame.ids - 1 if rows is None else rows
        cell, origin = self._metric(frame)
        size = max(int(rows.max()) + 1 if len(rows) else 0, len(self._scaled))
        scaled = np.full((size, 3), np.nan)
        scaled[rows] = np.linalg.solve(cell.T, (frame.positions - origin).T).T
        images = self._image_rows(frame, rows, size)
        previous = _grown(self._scaled, size)
        step = scaled - previous
        if frame.unwrapped:
            pass  # as written
        elif images is not None and self._images is not None:
            step += np.where(frame.periodic, images - _grown(self._images, size), 0)
        elif frame.periodic.any():
            step -= np.where(frame.periodic, np.round(step), 0.0)
        total = _grown(self._total, size)
        first_seen = np.isnan(total[:, 0]) & ~np.isnan(scaled[:, 0])
        total += step @ cell
        total[first_seen] = 0.0
        self._scaled, self._images, self._total = scaled, images, total
        return total

    def _metric(self, frame: DumpFrame) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        if self._reference is None:
            self._reference = frame.cell.copy()
        cell = np.where(frame.periodic[:, None], frame.cell, self._reference)
        return cell, np.where(frame.periodic, frame.origin, 0.0)

    @staticmethod
    def _image_rows(frame: DumpFrame, rows: NDArray[np.int64], size: int) -> NDArray[np.int64] | None:
        if frame.images is None:
            return None
        images = np.zeros((size, 3), dtype=np.int64)
        images[rows] = frame.images
        return images


def _grown(rows: NDArray[Any], size: int) -> NDArray[Any]:
    if len(rows) == size:
        return rows
    fill = np.zeros((size - len(rows), 3)) if rows.dtype.kind == "i" else np.full((size - len(rows), 3), np.nan)
    return np.concatenate([rows, fill.astype(rows.dtype)])
