"""A small cell with all four elements in random places, and a small basis for quick sums."""

import ase
import numpy as np
import pytest
from ase.spacegroup import crystal

ELEMENTS = ("Cd", "Cu", "P", "Se")


@pytest.fixture
def mixed_cell() -> ase.Atoms:
    atoms = crystal(
        ["Cd", "Se"],
        [[1 / 3, 2 / 3, 0], [1 / 3, 2 / 3, 0.376]],
        spacegroup=186,
        cellpar=[4.384, 4.384, 7.189, 90, 90, 120],
    ).repeat((2, 2, 1))
    symbols = np.array(atoms.get_chemical_symbols(), dtype=object)
    symbols[[0, 3, 9]] = "Cu"
    symbols[[5, 12]] = "P"
    atoms.set_chemical_symbols(list(symbols))
    atoms.rattle(0.1, seed=3)
    return ase.Atoms(atoms.get_chemical_symbols(), atoms.positions, cell=atoms.cell, pbc=True)
