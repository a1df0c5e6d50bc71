"""A session says of a cell, however it lies, what the same potential says through ASE."""

from pathlib import Path

import ase
import numpy as np
import pytest
from ase.build import bulk

from nanokiln.potentials.cards.card import load_card
from nanokiln.potentials.lammps.dynamics import deck, dynamics
from nanokiln.potentials.lammps.session import Session, card_calculator

CARD = load_card("cdse-sw")
ELEMENTS = ("Cd", "Se")


@pytest.fixture
def turned() -> ase.Atoms:
    """A sheared, rattled cell, none of whose axes lies where LAMMPS wants it."""
    atoms = bulk("CdSe", "zincblende", a=6.05, cubic=True).repeat((2, 2, 2))
    deformed = [[1.02, 0.03, 0], [0.01, 0.99, 0.02], [0, 0.01, 1]]
    atoms.set_cell(atoms.cell.array @ deformed, scale_atoms=True)
    atoms.rotate(70, (1, 2, 3), rotate_cell=True)
    atoms.rattle(0.1, seed=1)
    return atoms


def test_energy_forces_and_stress_are_those_of_the_calculator(turned: ase.Atoms) -> None:
    with Session(turned, ELEMENTS, CARD.commands(ELEMENTS)) as session:
        energy, forces, stress = session.run().energy_eV, session.forces_eV_A, session.stress_eV_A3
        positions = session.positions_A
    turned.calc = card_calculator(CARD)
    assert energy == pytest.approx(turned.get_potential_energy(), rel=1e-10)
    np.testing.assert_allclose(forces, turned.get_forces(), atol=1e-9)
    np.testing.assert_allclose(stress, turned.get_stress(), atol=1e-7)
    shift = np.linalg.solve(turned.cell.array.T, (positions - turned.positions).T)
    np.testing.assert_allclose(shift, np.rint(shift), atol=1e-6)


def test_vacuum_is_kept_where_the_cell_does_not_repeat() -> None:
    pair = ase.Atoms("CdSe", [[5, 5, 5], [5, 5, 7.6]], cell=[10, 10, 10], pbc=(True, True, False))
    with Session(pair, ELEMENTS, CARD.commands(ELEMENTS)) as session:
        forces = session.run().forces_eV_A
    np.testing.assert_allclose(forces.sum(axis=0), 0, atol=1e-12)
    assert abs(forces[0, 2]) > 0.01 and np.abs(forces[:, :2]).max() < 1e-12


def test_dynamics_that_fail_are_a_short_list(turned: ase.Atoms, tmp_path: Path) -> None:
    start = ("velocity all create 300 1", "fix move all nve")
    good = deck(ELEMENTS, CARD.commands(ELEMENTS), start, 20, 10)
    assert len(dynamics(turned, good, tmp_path)) == 3
    assert dynamics(turned, (*good[:4], "no such command"), tmp_path) == []
