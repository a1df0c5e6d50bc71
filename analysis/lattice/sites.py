"""Sites: the tetrahedral and octahedral holes of the anion lattice as it is now, and which cation sits in which."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import Delaunay, cKDTree

from nanokiln.analysis.lattice.seating import cheapest_seats
from nanokiln.analysis.trajectory.neighbours import pairs, spacing, with_images

Array = NDArray[np.float64]
Index = NDArray[np.int64]
TETRAHEDRAL, OCTAHEDRAL = 4, 6

# Edges in units of the anion spacing d: a tetrahedron has six of 1, an octahedron's diagonal is sqrt(2); the next
# distance, along c in hcp, is sqrt(8/3). The cuts lie half-way.
_LONGEST_EDGE = 1.207
_DIAGONAL = (1.207, 1.523)
_SHORTEST_EDGE = 0.6
_REACH = 0.55  # a cation further than this (in d) from every free hole is an interstitial


@dataclass(frozen=True)
class Holes:
    """Holes of an anion lattice: `kind` (TETRAHEDRAL or OCTAHEDRAL), `positions_A` (n, 3), and the `corners` (n, 4).

    `corners` are indices of four of the anions around a hole: all of a tetrahedron's, two diagonals of an octahedron's.
    """

    kind: Index
    positions_A: Array
    corners: Index

    def __len__(self) -> int:
        """Return the number of holes."""
        return len(self.kind)


def find_holes(anions_A: Array, cell: Array, periodic: NDArray[np.bool_]) -> Holes:
    """Return every tetrahedral and octahedral hole of a close-packed anion lattice; positions count from the origin.

    >>> import numpy as np
    >>> from ase.build import bulk
    >>> from nanokiln.analysis.lattice import find_holes
    >>> anions = bulk("Se", "fcc", a=5.8, cubic=True) * 3
    >>> holes = find_holes(anions.positions, anions.cell.array, anions.pbc)
    >>> len(anions), np.bincount(holes.kind).tolist()  # two tetrahedral holes and an octahedral one per anion
    (108, [0, 0, 0, 0, 216, 0, 108])
    """
    if len(anions_A) < 5:
        return Holes(np.empty(0, np.int64), np.empty((0, 3)), np.empty((0, 4), np.int64))
    d = spacing(anions_A, cell, periodic)
    tetrahedra, corners = _tetrahedra(anions_A, cell, periodic, d)
    octahedra, around = _octahedra(anions_A, cell, periodic, d)
    kind = np.repeat([TETRAHEDRAL, OCTAHEDRAL], [len(tetrahedra), len(octahedra)])
    return Holes(kind, np.concatenate([tetrahedra, octahedra]), np.concatenate([corners, around]))


def _tetrahedra(anions: Array, cell: Array, periodic: NDArray[np.bool_], d: float) -> tuple[Array, Index]:
    """Delaunay tetrahedra whose edges are all about d; each periodic set of images is kept once."""
    points, owner = with_images(anions, cell, periodic, 2.0 * d)
    simplices = Delaunay(points, qhull_options="QJ Pp").simplices
    a, b = np.triu_indices(4, 1)
    edges = np.linalg.norm(points[simplices[:, a]] - points[simplices[:, b]], axis=2)
    simplices = simplices[(edges.max(axis=1) < _LONGEST_EDGE * d) & (edges.min(axis=1) > _SHORTEST_EDGE * d)]
    owners = owner[simplices]
    first = np.take_along_axis(simplices, owners.argmin(axis=1)[:, None], 1)[:, 0]
    once = first < len(anions)
    return points[simplices[once]].mean(axis=1), owners[once]


def _octahedra(anions: Array, cell: Array, periodic: NDArray[np.bool_], d: float) -> tuple[Array, Index]:
    """Places where the midpoints of at least two anion pairs sqrt(2) d apart fall together."""
    i, j, vector = pairs(anions, cell, periodic, _DIAGONAL[1] * d)
    far = (np.linalg.norm(vector, axis=1) > _DIAGONAL[0] * d) & (i < j)
    i, j = i[far], j[far]
    wrapped, _ = with_images(anions, cell, periodic, 0.0)
    middles = wrapped[i] + 0.5 * vector[far]
    if len(middles) == 0:
        return np.empty((0, 3)), np.empty((0, 4), np.int64)
    p, q, offset = pairs(middles, cell, periodic, 0.35 * d)
    graph = coo_array((np.ones(len(p)), (p, q)), shape=(len(middles),) * 2)
    n, label = connected_components(graph, directed=False)
    size = np.bincount(label, minlength=n)
    shift = np.zeros_like(middles)
    np.add.at(shift, p, offset)
    centres = middles + shift / size[label][:, None]
    order = np.argsort(label, kind="stable")
    start = np.searchsorted(label[order], np.arange(n))[size >= 2]
    one, two = order[start], order[start + 1]
    return centres[one], np.column_stack([i[one], j[one], i[two], j[two]])


def assign(cations_A: Array, holes: Holes, cell: Array, periodic: NDArray[np.bool_], anion_spacing_A: float) -> Index:
    """Return the hole of each cation (n_cations,), one to one with least total squared distance; -1 for interstitials.

    Staying outside costs as much as a distance of 0.55 anion spacings, so nobody is pushed into a far hole.
    """
    n, m = len(cations_A), len(holes)
    if n == 0 or m == 0:
        return np.full(n, -1, dtype=np.int64)
    reach = _REACH * anion_spacing_A
    points, owner = with_images(holes.positions_A, cell, periodic, 2 * reach)
    wrapped, _ = with_images(cations_A, cell, periodic, 0.0)
    near = cKDTree(wrapped).sparse_distance_matrix(cKDTree(points), reach, output_type="coo_matrix")
    row, column, cost = near.row.astype(np.int64), owner[near.col], near.data**2 + 1e-9
    order = np.lexsort((cost, column, row))  # the same hole may be reached through two images: keep the nearer
    row, column, cost = row[order], column[order], cost[order]
    keep = np.ones(len(row), dtype=bool)
    keep[1:] = (np.diff(row) != 0) | (np.diff(column) != 0)
    start = np.searchsorted(row[keep], np.arange(n + 1))
    return cheapest_seats(start, column[keep], cost[keep], m, reach**2 + 1e-6)
