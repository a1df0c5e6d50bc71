"""Neighbours: who is near whom, in any cell, periodic or not, as whole arrays."""

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

Array = NDArray[np.float64]
Index = NDArray[np.int64]


def with_images(positions: Array, cell: Array, periodic: NDArray[np.bool_], margin_A: float) -> tuple[Array, Index]:
    """Return the points followed by their periodic images within `margin_A` of the cell, and whose image each is.

    Positions are relative to the box origin; the first len(positions) points are the wrapped atoms themselves.
    """
    scaled = np.linalg.solve(cell.T, positions.T).T
    scaled -= np.where(periodic, np.floor(scaled), 0.0)
    heights = abs(np.linalg.det(cell)) / np.linalg.norm(np.cross(np.roll(cell, -1, 0), np.roll(cell, -2, 0)), axis=1)
    owner = np.arange(len(positions))
    for axis in np.flatnonzero(periodic):
        depth = margin_A / heights[axis]
        parts, owners = [scaled], [owner]
        for shift in range(-int(np.ceil(depth)), int(np.ceil(depth)) + 1):
            moved = scaled[:, axis] + shift
            keep = (moved > -depth) & (moved < 1 + depth)
            if shift != 0 and keep.any():
                image = scaled[keep].copy()
                image[:, axis] += shift
                parts.append(image)
                owners.append(owner[keep])
        scaled, owner = np.concatenate(parts), np.concatenate(owners)
    return scaled @ cell, owner


def nearest(positions: Array, cell: Array, periodic: NDArray[np.bool_], k: int, margin_A: float = 12.0) -> Array:
    """Return the distances (n, k) to each point's k nearest others; inf where there are fewer within `margin_A`."""
    points, _ = with_images(positions, cell, periodic, margin_A)
    distances = np.asarray(cKDTree(points).query(points[: len(positions)], k=k + 1)[0])
    out: Array = distances[:, 1:]
    return out


def pairs(positions: Array, cell: Array, periodic: NDArray[np.bool_], cutoff_A: float) -> tuple[Index, Index, Array]:
    """Return every pair within the cutoff both ways round: index i, index j, and the vectors from i to j (m, 3).

    >>> import numpy as np
    >>> from nanokiln.analysis.trajectory import pairs
    >>> i, j, vectors = pairs(np.array([[0.5, 0, 0], [9.5, 0, 0]]), 10 * np.eye(3), np.full(3, True), cutoff_A=2.0)
    >>> i.tolist(), j.tolist(), vectors[:, 0].round(6).tolist()
    ([0, 1], [1, 0], [-1.0, 1.0])
    """
    points, owner = with_images(positions, cell, periodic, cutoff_A)
    tree = cKDTree(points)
    found = cKDTree(points[: len(positions)]).sparse_distance_matrix(tree, cutoff_A, output_type="coo_matrix")
    i, j = found.row.astype(np.int64), found.col.astype(np.int64)
    keep = i != j
    i, j = i[keep], j[keep]
    return i, owner[j], points[j] - points[i]


def spacing(positions: Array, cell: Array, periodic: NDArray[np.bool_]) -> float:
    """Return the typical distance between neighbours: the median over atoms of the mean of the nearest four.

    >>> import numpy as np
    >>> from ase.build import bulk
    >>> from nanokiln.analysis.trajectory import spacing
    >>> gold = bulk("Au", cubic=True) * 3
    >>> round(spacing(gold.positions, gold.cell.array, gold.pbc), 3)
    2.885
    """
    return float(np.median(nearest(positions, cell, periodic, 4).mean(axis=1)))
