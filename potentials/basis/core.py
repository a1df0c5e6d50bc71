"""The repulsive core beneath a student: the screened nuclei as `pair_style zbl` of LAMMPS switches them off.

Its energies, forces and stresses are taken off the labels, so that the fit is left with what the core lacks.
"""

from dataclasses import dataclass

import ase
import numpy as np
from ase.data import atomic_numbers
from numpy.typing import NDArray

from nanokiln.potentials.basis.splines import neighbours

Floats = NDArray[np.float64]

# J. F. Ziegler, J. P. Biersack, U. Littmark, The Stopping and Range of Ions in Matter (1985).
SHARES = np.array([0.18175, 0.50986, 0.28022, 0.02817])
DECAYS = np.array([3.1998, 0.94229, 0.4029, 0.20162])
COULOMB_EV_A = 14.399645


def screened_nuclei(za: int, zb: int, r_A: Floats) -> tuple[Floats, Floats, Floats]:
    """Return the universal screened repulsion (eV) of two nuclei and its first two derivatives by distance."""
    per_A = (za**0.23 + zb**0.23) / 0.46850
    rates = DECAYS * per_A
    parts = SHARES * np.exp(-np.outer(r_A, rates))
    screen, slope, bend = parts.sum(axis=1), -(parts @ rates), parts @ rates**2
    scale = COULOMB_EV_A * za * zb
    first = slope / r_A - screen / r_A**2
    second = bend / r_A - 2 * slope / r_A**2 + 2 * screen / r_A**3
    return scale * screen / r_A, scale * first, scale * second


@dataclass(frozen=True)
class Core:
    """Screened nuclei that fade between two distances shorter than any bond."""

    inner_A: float = 0.8
    outer_A: float = 1.7

    def pair(self, za: int, zb: int, r_A: Floats) -> tuple[Floats, Floats]:
        """Return energy (eV) and slope (eV/A) at distances below `outer_A`, where both and the curvature vanish."""
        end, slope, bend = (float(part[0]) for part in screened_nuclei(za, zb, np.array([self.outer_A])))
        width = self.outer_A - self.inner_A
        cubic = (-3 * slope + width * bend) / width**2
        quartic = (2 * slope - width * bend) / width**3
        shift = -end + width * slope / 2 - width**2 * bend / 12
        energy, force, _ = screened_nuclei(za, zb, r_A)
        inside = np.maximum(r_A - self.inner_A, 0.0)
        energy += shift + cubic / 3 * inside**3 + quartic / 4 * inside**4
        return energy, force + cubic * inside**2 + quartic * inside**3

    def of(self, atoms: ase.Atoms) -> tuple[float, Floats, Floats]:
        """Return the core's energy (eV), forces (n, 3) in eV/A and stress (6) in eV/A^3 of a periodic cell."""
        i, j, d, D = neighbours(atoms, self.outer_A)
        energy, forces, virial = 0.0, np.zeros((len(atoms), 3)), np.zeros((3, 3))
        kinds = atoms.numbers[i] * 1000 + atoms.numbers[j]
        for kind in np.unique(kinds):
            mine = kinds == kind
            e, slope = self.pair(int(kind) // 1000, int(kind) % 1000, d[mine])
            pull = (0.5 * slope / d[mine])[:, None] * D[mine]
            energy += 0.5 * float(e.sum())
            np.add.at(forces, i[mine], pull)
            np.add.at(forces, j[mine], -pull)
            virial += pull.T @ D[mine]
        volume = abs(atoms.cell.volume) if atoms.cell.rank == 3 else np.inf
        return energy, forces, virial[[0, 1, 2, 1, 0, 0], [0, 1, 2, 2, 2, 1]] / volume

    def commands(self, elements: tuple[str, ...]) -> tuple[str, ...]:
        """Return the pair_coeff lines of `pair_style hybrid/overlay ... zbl` for types in the order of `elements`."""
        return tuple(
            f"pair_coeff {i} {j} zbl {atomic_numbers[a]} {atomic_numbers[b]}"
            for i, a in enumerate(elements, 1)
            for j, b in enumerate(elements[i - 1 :], i)
        )
