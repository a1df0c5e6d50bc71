"""Contacts: which atoms come closer than a share of the sum of their covalent radii."""

from dataclasses import dataclass

import ase
import numpy as np
from ase.data import atomic_numbers, covalent_radii
from numpy.typing import NDArray
from scipy.spatial import cKDTree

SHORTEST_CONTACT = 0.85


@dataclass(frozen=True, eq=False)
class Contacts:
    """Pairs of atoms (n,), their distances and those distances in units of the covalent radius sum."""

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    distance_A: NDArray[np.float64]
    ratio: NDArray[np.float64]

    def __len__(self) -> int:
        """Count the pairs."""
        return len(self.ratio)


def radii_A(symbols: NDArray[np.str_]) -> NDArray[np.float64]:
    """Return covalent radii (Cordero et al., Dalton Trans. 2008, 2832, as tabulated by ASE) of chemical symbols."""
    names, where = np.unique(symbols, return_inverse=True)
    return np.asarray(np.array([covalent_radii[atomic_numbers[str(s)]] for s in names])[where])


def contacts_between(
    one: NDArray[np.float64], one_radii: NDArray[np.float64], two: NDArray[np.float64], two_radii: NDArray[np.float64]
) -> Contacts:
    """Return the pairs across two sets of atoms that touch: closer than 1.2 covalent radius sums."""
    reach = 1.2 * float(one_radii.max(initial=0) + two_radii.max(initial=0))
    near_one = np.flatnonzero(_within(one, two, reach))
    near_two = np.flatnonzero(_within(two, one, reach))
    if not len(near_one) or not len(near_two):
        none = np.zeros(0, dtype=np.int64)
        return Contacts(none, none, np.zeros(0), np.zeros(0))
    trees = cKDTree(one[near_one]), cKDTree(two[near_two])
    pairs = trees[0].sparse_distance_matrix(trees[1], reach, output_type="ndarray")
    first, second = near_one[pairs["i"]], near_two[pairs["j"]]
    ratio = pairs["v"] / (one_radii[first] + two_radii[second])
    touch = ratio < 1.2
    return Contacts(first[touch], second[touch], pairs["v"][touch], ratio[touch])


def short_contacts(atoms: ase.Atoms, below: float = SHORTEST_CONTACT) -> Contacts:
    """Return every pair closer than `below` covalent radius sums, across periodic boundaries too."""
    radii = radii_A(np.array(atoms.get_chemical_symbols()))
    reach = below * 2 * float(radii.max(initial=0))
    points, owner = _with_images(atoms, reach)
    pairs = cKDTree(points).query_pairs(reach, output_type="ndarray")
    inside = (pairs < len(atoms)).any(axis=1)
    pairs = pairs[inside]
    distance = np.linalg.norm(points[pairs[:, 0]] - points[pairs[:, 1]], axis=1)
    first, second = owner[pairs[:, 0]], owner[pairs[:, 1]]
    ratio = distance / (radii[first] + radii[second])
    short = ratio < below
    return Contacts(first[short], second[short], distance[short], ratio[short])


def _within(points: NDArray[np.float64], others: NDArray[np.float64], margin: float) -> NDArray[np.bool_]:
    if not len(points) or not len(others):
        return np.zeros(len(points), dtype=bool)
    low, high = others.min(axis=0) - margin, others.max(axis=0) + margin
    return np.asarray(((points >= low) & (points <= high)).all(axis=1))


def _with_images(atoms: ase.Atoms, reach: float) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the atoms, then their periodic images within reach of the cell, and whose images they are."""
    points = atoms.get_positions()
    owner = np.arange(len(atoms))
    cell = np.array(atoms.cell)
    for axis in np.flatnonzero(atoms.pbc):
        height = abs(np.linalg.det(cell)) / np.linalg.norm(np.cross(cell[axis - 2], cell[axis - 1]))
        fraction = points @ np.linalg.inv(cell)[:, axis]
        copies = int(np.ceil(reach / height))
        shifts = [n for n in range(-copies, copies + 1) if n]
        extra = [(points + n * cell[axis], owner, fraction + n) for n in shifts]
        edge = reach / height
        low, high = fraction.min() - edge, fraction.max() + edge
        kept = [(p[(f >= low) & (f <= high)], o[(f >= low) & (f <= high)]) for p, o, f in extra]
        points = np.concatenate([points, *(p for p, _ in kept)])
        owner = np.concatenate([owner, *(o for _, o in kept)])
    return points, owner
