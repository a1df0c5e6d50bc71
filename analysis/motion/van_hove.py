"""The van Hove function: how far atoms get in a time."""

import numpy as np
from numpy.typing import NDArray

from nanokiln.analysis.measured import Series

Array = NDArray[np.float64]


def compute_van_hove(displacements_A: Array, lag: int, width_A: float = 0.1, longest_A: float = 8.0) -> Series:
    """Return the self part of the van Hove function, 4 pi r^2 G_s(r, lag) in 1/A, over all time origins.

    `displacements_A` is (n_frames, n_atoms, 3). The error is over atoms.
    """
    moved = np.linalg.norm(displacements_A[lag:] - displacements_A[:-lag], axis=2)
    edges = np.arange(0, longest_A + width_A, width_A)
    bins = len(edges) - 1
    slot = np.minimum(np.nan_to_num(moved / width_A, nan=bins), bins).astype(np.int64)  # beyond the last: not counted
    slot += (bins + 1) * np.arange(moved.shape[1])
    counts = np.bincount(slot.ravel(), minlength=(bins + 1) * moved.shape[1]).reshape(-1, bins + 1)[:, :bins]
    total = max(counts.sum(), 1.0)
    density = counts.sum(axis=0) / total / width_A
    error = counts.std(axis=0, ddof=1) * np.sqrt(len(counts)) / total / width_A if len(counts) > 1 else None
    centres = 0.5 * (edges[1:] + edges[:-1])
    method = "histogram over all time origins; error over atoms"
    return Series("van Hove", "distance_A", "A", centres, density, "1/A", error, method=method, quantity="van_hove")
