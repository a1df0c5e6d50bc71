"""Pieces: particles, metal clusters and grains, their sizes, shapes and places."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nanokiln.analysis.lattice.template_matching import OTHER, Match, pairs_of_one_lattice
from nanokiln.analysis.motion.rigid import connected

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Mask = NDArray[np.bool_]

METAL_BOND_A = 3.6  # between the first and second neighbours of Cu (2.56, 3.61) and Au (2.88, 4.08)


@dataclass(frozen=True)
class Shape:
    """Size of a set of atoms: radius of gyration, the three principal `lengths_A` of an equal ellipsoid, long first."""

    radius_of_gyration_A: float
    lengths_A: Array
    axis: Array
    centre_A: Array

    @property
    def aspect_ratio(self) -> float:
        """Longest over the mean of the other two."""
        return float(self.lengths_A[0] / self.lengths_A[1:].mean())

    @property
    def asphericity(self) -> float:
        """0 for a sphere, 1 for a rod (Rudnick, Gaspari, J. Phys. A 19 (1986) L191)."""
        s = self.lengths_A**2
        return float(1 - 3 * (s[0] * s[1] + s[1] * s[2] + s[2] * s[0]) / s.sum() ** 2)


def shape_of(positions_A: Array) -> Shape:
    """Return the shape of atoms in one piece, (n, 3); a uniform ellipsoid of full axis L has variance L^2 / 20."""
    centre = positions_A.mean(axis=0)
    values, axes = np.linalg.eigh(np.atleast_2d(np.cov(positions_A.T, bias=True)))
    order = np.argsort(-values)
    values = np.maximum(values[order], 0)
    return Shape(float(np.sqrt(values.sum())), np.sqrt(20 * values), axes[:, order[0]], centre)


def find_clusters(positions_A: Array, cell: Array, periodic: Mask, cutoff_A: float = METAL_BOND_A) -> tuple[Index, ...]:
    """Return the clusters of atoms joined by bonds shorter than the cutoff, as index arrays, largest first.

    >>> import numpy as np
    >>> from nanokiln.analysis.lattice import find_clusters
    >>> along = np.array([0.0, 2.5, 5.0, 20.0])
    >>> positions = np.column_stack([along, 0 * along, 0 * along])
    >>> [cluster.tolist() for cluster in find_clusters(positions, 50 * np.eye(3), np.full(3, False))]
    [[0, 1, 2], [3]]
    """
    if len(positions_A) == 0:
        return ()
    label, _ = connected(positions_A, cell, periodic, cutoff_A)
    sizes = np.bincount(label)
    return tuple(np.flatnonzero(label == which) for which in np.argsort(-sizes, kind="stable"))


def find_grains(positions_A: Array, cell: Array, periodic: Mask, match: Match, fewest: int = 12) -> tuple[Index, ...]:
    """Return the grains: matched neighbours whose templates agree belong to one; largest first, specks left out.

    A grain boundary parts grains; a stacking fault or a twin boundary, across which nine neighbours agree, does not.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    known = match.kind != OTHER
    if not known.any():
        return ()
    i, j = pairs_of_one_lattice(match, positions_A, cell, periodic, known)
    n = len(positions_A)
    _, label = connected_components(coo_array((np.ones(len(i)), (i, j)), shape=(n, n)), directed=False)
    label = np.where(known, label, label.max() + 1 + np.arange(n))
    sizes = np.bincount(label)
    return tuple(np.flatnonzero(label == w) for w in np.argsort(-sizes, kind="stable") if sizes[w] >= fewest)


def place_on_rod(cluster_A: Array, rod: Shape, tip_share: float = 0.15) -> str:
    """Return "tip" or "side": whether a cluster's centre projects into the last `tip_share` of a rod's length."""
    along = (cluster_A.mean(axis=0) - rod.centre_A) @ rod.axis
    return "tip" if abs(along) > (0.5 - tip_share) * rod.lengths_A[0] else "side"
