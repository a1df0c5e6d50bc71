"""A wurtzite domain whose cations are exchanged for copper: which layers, how they stack, and how far they shrink."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from nanokiln.structures.crystals.phases import load_phase
from nanokiln.structures.model import Model

Array = NDArray[np.float64]
Indices = NDArray[np.int64]
HOST, PRODUCT = "CdSe-wz", "Cu2Se"
# Where the second copper of a pair sits: across the base of the tetrahedron, in shares of c below the first.
SECOND = 0.2466
RESTACKED = 0.5  # of a layer's cations exchanged: from there on it stacks as fcc, as in the lattice runs


@dataclass(frozen=True, eq=False)
class LayerStack:
    """Layers from number `low` on: the `part` of their cations exchanged, the `places` (0, 1, 2) of their anions, and
    how far each has risen."""

    low: int
    part: Array
    places: Indices
    rise_A: Array


@dataclass(frozen=True, eq=False)
class HostDomain:
    """Cations and anions of one wurtzite domain of a model; `anchor` is the height (angstrom along c, from the model's
    middle) that stays where it is when layers shrink."""

    model: Model
    index: int
    middle: Array
    anchor: float

    @property
    def lattice_A(self) -> Array:
        """Lattice vectors (3, 3) as placed."""
        return np.asarray(self.model.domains[self.index].lattice_A)

    @cached_property
    def axis(self) -> Array:
        """Unit vector along c."""
        return np.asarray(self.lattice_A[2] / np.linalg.norm(self.lattice_A[2]))

    @cached_property
    def mine(self) -> Indices:
        """Indices of the domain's atoms in the model."""
        return np.flatnonzero(self.model.atoms.arrays["domain"] == self.index)

    @cached_property
    def points_A(self) -> Array:
        """Positions from the model's middle."""
        return np.asarray(self.model.atoms.positions[self.mine] - self.middle)

    @cached_property
    def heights_A(self) -> Array:
        """Heights along c."""
        return np.asarray(self.points_A @ self.axis)

    @cached_property
    def radii_A(self) -> Array:
        """Distances from the line along c through the model's middle."""
        return np.asarray(np.linalg.norm(self.points_A - self.heights_A[:, None] * self.axis, axis=1))

    @cached_property
    def cation(self) -> NDArray[np.bool_]:
        """Which of the atoms are cations."""
        return np.asarray(self.model.atoms.arrays["sublattice"][self.mine] == "cation")

    @cached_property
    def layers(self) -> Indices:
        """The bilayer of every atom, counted along c: cations stand a little above the anions of their bilayer."""
        basis = np.asarray(self.model.domains[self.index].basis)
        z = self.model.atoms.arrays["cell_index"][self.mine, 2] + basis[self.model.atoms.arrays["site"][self.mine], 2]
        return np.asarray(np.rint(2 * np.where(self.cation, z, z + 0.1233)), dtype=np.int64)

    @property
    def _foot_A(self) -> float:
        """Height of the cations of layer 0."""
        return float((self.model.domains[self.index].origin_A - self.middle) @ self.axis)

    def exchanged(self, gone: NDArray[np.bool_], order: Array, share: float) -> tuple[Array, NDArray[np.str_]]:
        """Return positions and elements with atoms `gone` (n,) and a share of the cations left replaced by two coppers.

        Cations go by `order` (n,), the smallest first. Layers with half of their cations exchanged stack as fcc, and
        every layer is as thick and wide as its own mixture; the layers between stay wurtzite.
        """
        there = np.flatnonzero(self.cation & ~gone)
        chosen = there[np.argsort(order[there], kind="stable")[: round(share * len(there))]]
        swapped = np.zeros(len(self.mine), dtype=bool)
        swapped[chosen] = True
        low, high = int(self.layers.min()) - 2, int(self.layers.max()) + 2
        count = np.bincount(self.layers[there] - low, minlength=high - low + 1)
        part = np.bincount(self.layers[chosen] - low, minlength=high - low + 1) / np.maximum(count, 1)
        stacking = self._stacked(low, part)
        moved = self._moved(stacking, self.layers, self.points_A, self.layers + self.cation)
        second = self.points_A[chosen] - SECOND * self.lattice_A[2]
        beside = self._moved(stacking, self.layers[chosen], second, self.layers[chosen] - 1)
        names = np.array(self.model.atoms.get_chemical_symbols())[self.mine]
        names = np.where(swapped, "Cu", names)
        points = np.concatenate([moved[~gone], beside])
        return points + self.middle, np.concatenate([names[~gone], np.full(len(chosen), "Cu")])

    def _stacked(self, low: int, part: Array) -> "LayerStack":
        """Stack and thin the layers from the one at the anchor on, upwards and downwards."""
        own = (np.arange(len(part)) + low) % 2
        nearest = int(np.argmin(abs(self.heights_A - self.anchor)))
        at = int(np.clip(self.layers[nearest] - low, 1, len(part) - 2))
        stack, fcc = own.copy(), part >= RESTACKED
        for k in range(at + 1, len(part) - 1):
            stack[k + 1] = (-stack[k] - stack[k - 1]) % 3 if fcc[k] else stack[k - 1]
        for k in range(at, 0, -1):
            stack[k - 1] = (-stack[k] - stack[k + 1]) % 3 if fcc[k] else stack[k + 1]
        step = np.linalg.norm(self.lattice_A[2]) / 2 * (self._shrink()[0] - 1) * part
        rise = np.cumsum(step)
        return LayerStack(low, part, stack, rise - rise[at])

    def _shrink(self) -> tuple[float, float]:
        """Return the product's spacing over the host's along c and across it, at the same number of anions."""
        a = float(np.linalg.norm(load_phase(PRODUCT).lattice_A[0]))
        host = self.model.domains[self.index].reference_A
        return 2 * a / 3**0.5 / float(np.linalg.norm(host[2])), a / 2**0.5 / float(np.linalg.norm(host[0]))

    def _moved(self, stacking: "LayerStack", layers: Indices, points: Array, above: Indices) -> Array:
        """Return points (n, 3) as high and wide as their layer, moved across with the anions of the layer `above` them:
        cations stand straight below those of the next one."""
        thin, narrow = self._shrink()
        k, of = layers - stacking.low, above - stacking.low
        shift = (stacking.places[of] - above % 2 + 1) % 3 - 1
        height = points @ self.axis
        across = points - height[:, None] * self.axis
        pairs = np.stack([layers, above], axis=1)
        for pair in np.unique(pairs[shift != 0], axis=0):
            mine = (pairs == pair).all(axis=1)
            across[mine] = self._slid(across[mine], int(shift[mine][0]))
        wide = 1 + (narrow - 1) * stacking.part[k]
        plane = self._foot_A + layers * np.linalg.norm(self.lattice_A[2]) / 2
        up = plane + stacking.rise_A[k] + (height - plane) * (1 + (thin - 1) * stacking.part[k])
        return np.asarray(across * wide[:, None] + up[:, None] * self.axis)

    def _slid(self, points: Array, shift: int) -> Array:
        """Return as many points of a plane of sites that has slid by a third of a cell, those nearest to the axis, so
        that the side faces stay where they are."""
        a, b = self.lattice_A[0], self.lattice_A[1]
        ways = shift * np.array([b - a, -a - 2 * b, 2 * a + b]) / 3
        there = np.concatenate([points + way for way in ways])
        _, first = np.unique(np.round(there, 2), axis=0, return_index=True)
        there = there[first]
        faces = np.array([np.cross(side, self.axis) / np.linalg.norm(side) for side in (a, b, a + b)])
        return np.asarray(there[np.argsort(abs(there @ faces.T).max(axis=1), kind="stable")][: len(points)])
