"""Template points, compared one by one: what the arrays of all pairs times all points would need gigabytes for."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

Array = NDArray[np.float64]
Index = NDArray[np.int64]


def shared_neighbours(i: Index, j: Index, expected: Array, cubic: NDArray[np.bool_], apart: float) -> Index:
    """Return how many of the twelve neighbours that point i expects j expects too, (pairs,): within `apart`.

    `expected` (3, n, 12, 3) are the turned templates of every point, fcc and the two of hcp; the best two count.
    """
    out: Index = _shared(i, j, expected, cubic, apart)
    return out


@njit(cache=True)  # type: ignore[untyped-decorator]
def _shared(i: Index, j: Index, expected: Array, cubic: NDArray[np.bool_], apart: float) -> Index:  # pragma: no cover
    out = np.zeros(len(i), np.int64)
    for pair in range(len(i)):
        for mine in range(0 if cubic[i[pair]] else 1, 1 if cubic[i[pair]] else 3):
            for theirs in range(0 if cubic[j[pair]] else 1, 1 if cubic[j[pair]] else 3):
                number = 0
                for a in expected[mine, i[pair]]:
                    for b in expected[theirs, j[pair]]:
                        x, y, z = a[0] - b[0], a[1] - b[1], a[2] - b[2]
                        if np.sqrt(x * x + y * y + z * z) < apart:
                            number += 1
                            break
                out[pair] = max(out[pair], number)
    return out


def nearest_points(vectors: Array, templates: Array) -> tuple[Index, Array]:
    """Return which point of each template lies nearest to each vector (m, templates), and its squared distance."""
    out: tuple[Index, Array] = _nearest(vectors, templates)
    return out


@njit(cache=True)  # type: ignore[untyped-decorator]
def _nearest(vectors: Array, templates: Array) -> tuple[Index, Array]:  # pragma: no cover
    which = np.zeros((len(vectors), len(templates)), np.int64)
    square = np.empty((len(vectors), len(templates)))
    for row in range(len(vectors)):
        v = vectors[row]
        for t in range(len(templates)):
            least = np.inf
            for k in range(templates.shape[1]):
                p = templates[t, k]
                x, y, z = v[0] - p[0], v[1] - p[1], v[2] - p[2]
                far = x * x + y * y + z * z
                if far < least:
                    least, which[row, t] = far, k
            square[row, t] = least
    return which, square
