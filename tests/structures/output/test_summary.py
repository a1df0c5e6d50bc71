"""Summaries: lattices recovered from labels, dipoles, budgets."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from nanokiln.structures.builders.scene import turned
from nanokiln.structures.catalogue import build
from nanokiln.structures.crystals.frame import Frame
from nanokiln.structures.output.summary import fitted_lattice_A, summarise, turn_and_strain


def test_a_known_turn_and_strain_are_recovered_from_moved_atoms() -> None:
    model = build("cdse-cu3p-cdse-small")
    turn = Rotation.from_rotvec(np.radians(3.0) * np.array([0.6, 0.0, 0.8])).as_matrix()
    stretch = np.diag([1.01, 0.99, 1.002])
    model.atoms.positions = model.atoms.positions @ stretch @ turn + [1, 2, 3]
    lattice, _, misfit = fitted_lattice_A(model, 0)
    angle, strain = turn_and_strain(model.domains[0].reference_A, lattice)
    assert misfit < 1e-9
    assert angle == pytest.approx(3.0, abs=1e-6)
    assert strain == pytest.approx([-0.01, 0.002, 0.01], abs=1e-9)


def test_noise_shows_up_as_misfit() -> None:
    model = build("cdse-cu3p-cdse-small")
    model.atoms.positions += np.random.default_rng(5).normal(0, 0.1, model.atoms.positions.shape)
    _, _, misfit = fitted_lattice_A(model, 1)
    assert misfit == pytest.approx(0.1 * np.sqrt(3), rel=0.1)


def test_dipole_turns_with_the_particle_and_does_not_care_where_it_stands() -> None:
    model = build("cdse-rod-small")
    dipole = np.array(summarise(model).dipole_eA)
    turn = Rotation.random(rng=9).as_matrix()
    moved = np.array(summarise(turned(model, Frame(turn, np.array([5.0, -7.0, 11.0])))).dipole_eA)
    assert moved == pytest.approx(dipole @ turn, abs=1e-6)


def test_dipole_of_a_polar_rod_is_that_of_its_bilayers() -> None:
    """Each Cd-Se pair of a rod cut at the long bonds adds 2 e times the short plane distance."""
    model = build("cdse-rod-small")
    pairs = len(model.atoms) / 2
    assert summarise(model).dipole_eA[2] == pytest.approx(2 * pairs * 0.1233 * 7.0150, rel=1e-6)


def test_budget_of_the_sandwich() -> None:
    budget = summarise(build("cdse-cu3p-cdse-slab")).budget
    assert budget is not None
    assert budget.cu_per_se == pytest.approx(1.5)
    assert budget.given_up_share == pytest.approx(0.25)
    assert budget.given_up_share_all_anions == pytest.approx(0.5)
    assert budget.own_product_volume_A3 == pytest.approx(18 * 5.84**3 / 4)
    assert summarise(build("au-sphere-small")).budget is None
