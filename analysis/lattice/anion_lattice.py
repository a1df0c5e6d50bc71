"""The anion lattice without its noise: each anion moved to where its matched neighbours say it belongs."""

import numpy as np
from numpy.typing import NDArray

from nanokiln.analysis.lattice.template_matching import FCC, OTHER, TEMPLATES, Match, turns
from nanokiln.analysis.lattice.template_points import nearest_points
from nanokiln.analysis.trajectory.neighbours import pairs

Array = NDArray[np.float64]
Index = NDArray[np.int64]


_ACCEPT = 0.45  # a neighbour belongs to a template point nearer than this, in units of the anion spacing


def smooth(positions_A: Array, cell: Array, periodic: NDArray[np.bool_], match: Match, rounds: int = 3) -> Array:
    """Return the lattice positions (n, 3) behind noisy ones: the mean of the places that neighbours' templates predict.

    An anion and the twelve fitted templates around it each predict where it belongs: averaging thirteen fits of
    thirteen points leaves about a fourth of the noise. Points that match no template and touch none stay put.
    """
    known = match.kind != OTHER
    if not known.any():
        return positions_A.copy()
    d = float(np.median(match.distance_A[known]))
    i, j, vector = pairs(positions_A, cell, periodic, 1.45 * d)
    use = known[i]
    i, j, vector = i[use], j[use], vector[use]
    expected = _expected(i, vector, match)
    near = np.linalg.norm(vector - expected, axis=1) < _ACCEPT * d
    i, j, vector, expected = i[near], j[near], vector[near], expected[near]
    n = len(positions_A)
    shift = np.zeros((n, 3))
    for _ in range(rounds):
        error = vector - expected + shift[j] - shift[i]
        fit = _sum(i, error, n) / (1 + np.bincount(i, minlength=n))[:, None]
        told = _sum(j, fit[i] - error, n) + np.where(known[:, None], fit, 0.0)
        voices = np.bincount(j, minlength=n) + known
        shift += told / np.maximum(voices, 1)[:, None]
    return positions_A + shift


def _expected(i: Index, vector: Array, match: Match) -> Array:
    """Return the template vector nearest to each neighbour vector, of the variant that fits its atom best."""
    turn = turns(match)
    back = np.einsum("mba,mb->ma", turn.as_matrix()[i], vector) / match.distance_A[i][:, None]
    nearest, square = nearest_points(back, TEMPLATES)
    # Only the twelve nearest count towards the choice of variant; all others are far from any template point.
    misfit = np.stack([np.bincount(i, np.minimum(square[:, v], 0.25), minlength=len(match.kind)) for v in range(3)])
    variant = np.where(match.kind == FCC, 0, np.where(misfit[1] <= misfit[2], 1, 2))[i]
    rows = np.arange(len(i))
    unit = TEMPLATES[variant, nearest[rows, variant]]
    out: Array = np.einsum("mab,mb->ma", turn.as_matrix()[i], unit) * match.distance_A[i][:, None]
    return out


def _sum(index: Index, vectors: Array, n: int) -> Array:
    return np.column_stack([np.bincount(index, vectors[:, a], minlength=n) for a in range(3)])
