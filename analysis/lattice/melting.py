"""Melting: the Lindemann index of neighbours, streamed."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nanokiln.analysis.trajectory.neighbours import pairs, spacing
from nanokiln.analysis.trajectory.trajectory import Trajectory

Index = NDArray[np.int64]

MELTED = 0.15  # a solid's neighbours keep their distance within about 10 %, a liquid's do not


@dataclass(frozen=True)
class Lindemann:
    """The index of a set of atoms: rms fluctuation of the distance to first neighbours over its mean, averaged.

    `per_atom` (n,) is the mean over an atom's neighbours; `error` the standard error over atoms.
    """

    index: float
    error: float
    per_atom: NDArray[np.float64]

    @property
    def melted(self) -> bool:
        """Whether the index is above 0.15 by more than two errors."""
        return self.index - 2 * self.error > MELTED


def compute_lindemann(trajectory: Trajectory, atoms: Index, frames: slice = slice(None)) -> Lindemann:
    """Return the Lindemann index of some atoms (give one sublattice) over frames, pairs fixed in the first of them.

    Distances follow the unwrapped motion, so an atom that wanders off counts as the liquid it is.
    """
    wanted = range(*frames.indices(trajectory.n_frames))
    start = trajectory.frame(wanted[0])
    placed = start.positions[atoms] - start.origin
    d = spacing(placed, start.cell, trajectory.periodic) if len(atoms) > 1 else np.inf
    if not np.isfinite(d):  # too few atoms to have neighbours
        return Lindemann(float("nan"), float("nan"), np.full(len(atoms), np.nan))
    i, j, vector = pairs(placed, start.cell, trajectory.periodic, 1.22 * d)
    total, square = np.zeros(len(i)), np.zeros(len(i))
    count = 0
    for snapshot in trajectory.frames(wanted.start, wanted.stop, wanted.step):
        moved = snapshot.displacements[atoms] - start.displacements[atoms]
        distance = np.linalg.norm(vector + moved[j] - moved[i], axis=1)
        total, square, count = total + distance, square + distance**2, count + 1
    mean = total / count
    per_pair = np.sqrt(np.maximum(square / count - mean**2, 0) * count / max(count - 1, 1)) / mean
    there = ~np.isnan(per_pair)
    neighbours = np.bincount(i[there], minlength=len(atoms))
    per_atom = np.bincount(i[there], per_pair[there], minlength=len(atoms)) / np.maximum(neighbours, 1)
    per_atom = np.where(neighbours > 0, per_atom, np.nan)
    known = per_atom[~np.isnan(per_atom)]
    error = float(known.std(ddof=1) / np.sqrt(len(known))) if len(known) > 1 else float("nan")
    return Lindemann(float(known.mean()) if len(known) else float("nan"), error, per_atom)
