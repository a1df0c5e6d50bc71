"""What a teacher, any ASE calculator, makes of cells: their labels."""

from collections.abc import Iterator, Sequence

import ase
import numpy as np
from ase.calculators.calculator import Calculator, all_changes
from ase.stress import full_3x3_to_voigt_6_stress


def label(cells: Sequence[ase.Atoms], calculator: Calculator, strongest_eV_A: float = 40.0) -> Iterator[ase.Atoms]:
    """Yield each cell with `energy` (eV), `stress` (eV/A^3, ASE's sign, Voigt) in info and `forces` in arrays.

    Cells with a force above `strongest_eV_A` (collisions
    far outside what the teacher learnt) or on which the teacher fails are left out.
    """
    for cell in cells:
        atoms = ase.Atoms(cell.numbers, cell.positions, cell=cell.cell, pbc=True)
        atoms.wrap()
        try:
            calculator.calculate(atoms, ["energy", "forces", "stress"], all_changes)
        except (ValueError, RuntimeError):
            continue
        forces = np.asarray(calculator.results["forces"], dtype=float)
        if not np.isfinite(forces).all() or np.abs(forces).max() > strongest_eV_A:
            continue
        atoms.info = {**cell.info, "energy": float(calculator.results["energy"])}
        stress = np.asarray(calculator.results["stress"], dtype=float)
        atoms.info["stress"] = full_3x3_to_voigt_6_stress(stress) if stress.shape == (3, 3) else stress
        atoms.arrays["forces"] = forces
        yield atoms
