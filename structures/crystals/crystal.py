"""Crystals as they lie in the laboratory, and grains: the sites of a crystal that a region keeps."""

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from ase.data import atomic_numbers, covalent_radii
from numpy.typing import NDArray

from nanokiln.structures.crystals.frame import Frame
from nanokiln.structures.crystals.phases import Phase
from nanokiln.structures.crystals.regions import Region

Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Crystal:
    """An infinite crystal: its phase, its lattice vectors (rows) with and without strain, and where its origin lies."""

    phase: Phase
    lattice_A: NDArray[np.float64]
    reference_A: NDArray[np.float64]
    origin_A: NDArray[np.float64]

    @classmethod
    def unstrained(cls, phase: Phase, lattice_A: NDArray[np.float64]) -> "Crystal":
        """Return the crystal with these oriented lattice vectors and its origin at zero."""
        return cls(phase, lattice_A, lattice_A, np.zeros(3))

    def moved(self, shift_A: NDArray[np.float64]) -> "Crystal":
        """Return the same crystal shifted as a whole."""
        return replace(self, origin_A=self.origin_A + shift_A)

    def seen_from(self, frame: Frame) -> "Crystal":
        """Return the crystal in the coordinates of a frame."""
        lattice, reference = self.lattice_A @ frame.axes.T, self.reference_A @ frame.axes.T
        return Crystal(self.phase, lattice, reference, frame.to_local_A(self.origin_A))

    def positions_A(self, cells: NDArray[np.int32], sites: NDArray[np.int32]) -> NDArray[np.float64]:
        """Return Cartesian positions, shape (n, 3), of sites in cells."""
        return np.asarray((cells + self.phase.basis[sites]) @ self.lattice_A + self.origin_A)


@dataclass(frozen=True, eq=False)
class Grain:
    """A named finite piece of one crystal: the cell index (n, 3) and the site (n,) of every atom kept."""

    name: str
    crystal: Crystal
    cells: NDArray[np.int32]
    sites: NDArray[np.int32]

    def __len__(self) -> int:
        """Count the atoms."""
        return len(self.sites)

    def positions_A(self) -> NDArray[np.float64]:
        """Return the Cartesian positions, shape (n, 3)."""
        return self.crystal.positions_A(self.cells, self.sites)

    def species(self) -> NDArray[np.str_]:
        """Return the chemical symbols, shape (n,)."""
        return np.array(self.crystal.phase.species)[self.sites]

    def charges(self) -> NDArray[np.float64]:
        """Return the formal charges in e, shape (n,)."""
        phase = self.crystal.phase
        return np.array([phase.formal_charge[s] for s in phase.species])[self.sites]

    def keep(self, mask: Mask) -> "Grain":
        """Return the grain with only the atoms of the mask."""
        return replace(self, cells=self.cells[mask], sites=self.sites[mask])

    def seen_from(self, frame: Frame) -> "Grain":
        """Return the grain in the coordinates of a frame."""
        return replace(self, crystal=self.crystal.seen_from(frame))

    def moved(self, shift_A: NDArray[np.float64]) -> "Grain":
        """Return the same grain shifted as a whole."""
        return replace(self, crystal=self.crystal.moved(shift_A))


def carve(name: str, crystal: Crystal, region: Region) -> Grain:
    """Return every site of the crystal inside the region, ordered by site and then by cell.

    >>> import numpy as np
    >>> from nanokiln.structures.crystals import Crystal, Ellipsoid, carve, load_phase
    >>> gold = load_phase("Au")
    >>> crystal = Crystal.unstrained(gold, gold.lattice_A)
    >>> len(carve("ball", crystal, Ellipsoid(np.zeros(3), np.full(3, 10.0))))
    249
    """
    low, high = region.bounds_A()
    corners = np.array(np.meshgrid(*zip(low, high, strict=True), indexing="ij")).reshape(3, -1).T
    fractional = np.linalg.solve(crystal.lattice_A.T, (corners - crystal.origin_A).T).T
    first = np.floor(fractional.min(axis=0)).astype(int) - 1
    last = np.ceil(fractional.max(axis=0)).astype(int) + 1
    axes = [np.arange(a, b, dtype=np.int32) for a, b in zip(first, last, strict=True)]
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    corner = grid @ crystal.lattice_A + crystal.origin_A
    cells, sites = [], []
    for site, point in enumerate(crystal.phase.basis @ crystal.lattice_A):
        inside = region.contains(corner + point)
        cells.append(grid[inside])
        sites.append(np.full(int(inside.sum()), site, dtype=np.int32))
    return Grain(name, crystal, np.concatenate(cells), np.concatenate(sites))


def centred(crystal: Crystal, region: Region, normal: NDArray[np.float64] | None = None) -> Crystal:
    """Shift a crystal so that the region's cut follows its volume and is as neutral as can be.

    The best of 32 shifts spread over the cell, within the plane of `normal` if that is given: where a small particle's
    centre lies in its crystal is free. Regions of more than 8000 atoms are left alone: there it makes no difference.
    """
    from scipy.stats import qmc

    expected = expected_count(crystal, region)
    if expected > 8e3:
        return crystal
    shifts = qmc.Halton(3, scramble=False).random(32) @ crystal.lattice_A
    if normal is not None:
        shifts -= np.outer(shifts @ normal, normal)
    best, least = crystal, np.inf
    for shift in shifts:
        grain = carve("try", crystal.moved(shift), region)
        score = round(abs(len(grain) - expected) + 0.5 * abs(float(grain.charges().sum())), 6)
        if score < least:
            best, least = grain.crystal, score
    return best


def expected_count(crystal: Crystal, region: Region) -> float:
    """Return the number of sites per volume times the region's volume."""
    return region.volume_A3() / abs(float(np.linalg.det(crystal.lattice_A))) * len(crystal.phase.species)


@lru_cache(maxsize=64)
def bonds(phase: Phase, stretch: float = 1.2) -> tuple[tuple[int, int, tuple[int, int, int]], ...]:
    """Return the bonds of the bulk as (site, neighbour site, cell offset).

    A bond joins cation and anion (any two atoms of a metal) closer than `stretch` covalent radius sums.
    """
    radii = np.array([covalent_radii[atomic_numbers[s]] for s in phase.species])
    kinds = np.array(phase.sublattice)
    steps = np.arange(-2, 3)
    offsets = np.array(np.meshgrid(steps, steps, steps, indexing="ij")).reshape(3, -1).T
    out = []
    for i, point in enumerate(phase.basis):
        vectors = (phase.basis[None] - point + offsets[:, None]) @ phase.lattice_A
        close = np.linalg.norm(vectors, axis=2) < stretch * (radii + radii[i])
        close &= (kinds != kinds[i]) | (kinds == "metal")
        for o, j in np.argwhere(close):
            if j != i or offsets[o].any():
                out.append((i, int(j), (int(offsets[o][0]), int(offsets[o][1]), int(offsets[o][2]))))
    return tuple(out)


def coordination(grain: Grain) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return how many bonds each atom has within its grain and how many it would have in the bulk, both (n,)."""
    phase = grain.crystal.phase
    low = grain.cells.min(axis=0) - 2
    shape = tuple(int(s) for s in grain.cells.max(axis=0) - low + 3)
    where = tuple((grain.cells - low).T)
    present = np.zeros((len(phase.species), *shape), dtype=bool)
    present[(grain.sites, *where)] = True
    bonded = np.zeros(len(grain), dtype=np.int64)
    bulk = np.zeros(len(phase.species), dtype=np.int64)
    for site, other, offset in bonds(phase):
        bulk[site] += 1
        mine = grain.sites == site
        shifted = tuple(w[mine] + o for w, o in zip(where, offset, strict=True))
        bonded[mine] += present[(other, *shifted)]
    return bonded, bulk[grain.sites]
