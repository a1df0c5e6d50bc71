"""The van Hove function: how far atoms get in a time."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from nanokiln.analysis.measured import Series

Array = NDArray[np.float64]


def compute_van_hove(parts: Iterable[Array], lag: int, width_A: float = 0.1, longest_A: float = 8.0) -> Series:
    """Return the self part of the van Hove function, 4 pi r^2 G_s(r, lag) in 1/A, over all time origins.

    `parts` are displacements (n_frames, some atoms, 3). The error is over atoms.
    """
    edges = np.arange(0, longest_A + width_A, width_A)
    counts = np.concatenate([_counts(part, lag, width_A, len(edges) - 1) for part in parts])
    total = max(counts.sum(), 1.0)
    density = counts.sum(axis=0) / total / width_A
    error = counts.std(axis=0, ddof=1) * np.sqrt(len(counts)) / total / width_A if len(counts) > 1 else None
    centres = 0.5 * (edges[1:] + edges[:-1])
    method = "histogram over all time origins; error over atoms"
    return Series("van Hove", "distance_A", "A", centres, density, "1/A", error, method=method, quantity="van_hove")


def _counts(displacements_A: Array, lag: int, width_A: float, bins: int) -> NDArray[np.int64]:
    """Return how often each atom went how far, (n_atoms, bins); beyond the last is not counted."""
    moved = np.linalg.norm(displacements_A[lag:] - displacements_A[:-lag], axis=2)
    slot = np.minimum(np.nan_to_num(moved / width_A, nan=bins), bins).astype(np.int64)
    slot += (bins + 1) * np.arange(moved.shape[1])
    counts = np.bincount(slot.ravel(), minlength=(bins + 1) * moved.shape[1]).reshape(-1, bins + 1)[:, :bins]
    return np.asarray(counts)
