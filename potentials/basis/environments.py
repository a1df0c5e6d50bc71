"""Kinds of neighbourhood, each with coefficients of its own: the environment-adaptive descriptors of `pair_style pod`.

What a crystal, a metal and a mixture need of the same descriptors differs. An atom's pair descriptors, projected on a
few axes, are compared with centroids there; the inverse squares of the distances, scaled to one, are the weights with
which the atom takes part in each kind (N. C. Nguyen, D. Sema, Phys. Rev. B 110 (2024) 064101, who take principal
components of all descriptors). One kind leaves the linear model as it was.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.vq import kmeans2

Floats = NDArray[np.float64]
Nested = tuple[tuple[tuple[float, ...], ...], ...]


@dataclass(frozen=True)
class Environments:
    """`axes` (elements of the centre, components, pair descriptors) and `centroids` (elements, kinds, components)."""

    axes: Nested
    centroids: Nested

    @cached_property
    def arrays(self) -> tuple[Floats, Floats]:
        """Axes and centroids as arrays."""
        return np.array(self.axes), np.array(self.centroids)

    @property
    def count(self) -> int:
        """Number of kinds."""
        return len(self.centroids[0])


def find_environments(samples: Iterable[Floats], kinds: int, components: int, seed: int = 0) -> Environments:
    """Return principal axes and k-means centroids of the pair descriptors (atoms, descriptors) of each element.

    Axes may come out with either sign, and centroids with them.
    """
    axes, centroids = [], []
    for sample in samples:
        _, vectors = np.linalg.eigh(np.cov(sample.T))
        mine = vectors[:, ::-1][:, :components].T
        found, _ = kmeans2(sample @ mine.T, kinds, minit="++", rng=seed, iter=50)
        axes.append(mine)
        centroids.append(found[np.lexsort(found.T[::-1])])
    return Environments(nested(np.array(axes)), nested(np.array(centroids)))


def nested(array: Floats) -> Nested:
    """Return a three-dimensional array as tuples."""
    return tuple(tuple(tuple(float(x) for x in row) for row in table) for table in array)
