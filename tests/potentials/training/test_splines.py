"""Spline features: derivatives against differences, columns against elements, LAMMPS against the fit."""

from pathlib import Path

import ase
import numpy as np
import pytest
from ase.neighborlist import neighbor_list
from scipy.interpolate import BSpline

from nanokiln.potentials.basis.splines import Basis, Grid, neighbours
from nanokiln.potentials.basis.uf3_file import write_uf3
from nanokiln.potentials.lammps.session import Session

ELEMENTS = ("Cd", "Cu", "P", "Se")
BASIS = Basis(
    ELEMENTS, pair=Grid(0.6, 5.5, 10), bond=Grid(0.9, 4.0, 4), far=Grid(0.9, 5.5, 4), reach_A=(4.4, 3.4, 3.1, 5.2)
)


@pytest.fixture
def coefficients() -> np.ndarray:
    return np.random.default_rng(5).normal(0, 0.1, BASIS.size)


@pytest.mark.parametrize("pbc", [True, False, (True, False, True)])
def test_neighbours_are_those_of_ase(mixed_cell: ase.Atoms, pbc: bool | tuple[bool, ...]) -> None:
    """The same ordered pairs, distances and vectors, also for atoms outside the cell and cutoffs beyond it."""
    mixed_cell.pbc = pbc
    mixed_cell.positions += [3.0, -2.0, 40.0]
    for cutoff_A in (3.0, 11.0):
        i, j, d, D = neighbours(mixed_cell, cutoff_A)
        told = neighbor_list("ijdD", mixed_cell, cutoff_A)
        np.testing.assert_array_equal(
            np.bincount(i, minlength=len(mixed_cell)), np.bincount(told[0], minlength=len(mixed_cell))
        )
        mine, his = (np.lexsort((*V.round(6).T, b, a)) for a, b, _, V in ((i, j, d, D), told))
        for own, other in zip((i, j, d, D), told, strict=True):
            np.testing.assert_allclose(own[mine], other[his], atol=1e-9)


def test_forces_are_minus_the_gradient(mixed_cell: ase.Atoms, coefficients: np.ndarray) -> None:
    forces = BASIS.features(mixed_cell)[1] @ coefficients
    for atom, axis in ((0, 0), (5, 1), (11, 2)):
        energy = []
        for step in (1e-5, -1e-5):
            moved = mixed_cell.copy()
            moved.positions[atom, axis] += step
            energy.append(BASIS.features(moved)[0] @ coefficients)
        assert forces[atom, axis] == pytest.approx(-(energy[0] - energy[1]) / 2e-5, abs=1e-6)


@pytest.mark.parametrize(("voigt", "i", "j"), [(0, 0, 0), (2, 2, 2), (3, 1, 2), (5, 0, 1)])
def test_stress_is_the_strain_derivative(
    mixed_cell: ase.Atoms, coefficients: np.ndarray, voigt: int, i: int, j: int
) -> None:
    stress = BASIS.features(mixed_cell)[2] @ coefficients
    energy = []
    for step in (1e-5, -1e-5):
        strain = np.eye(3)
        strain[i, j] += step / 2
        strain[j, i] += step / 2
        strained = mixed_cell.copy()
        strained.set_cell(mixed_cell.cell.array @ strain, scale_atoms=True)
        energy.append(BASIS.features(strained)[0] @ coefficients)
    assert stress[voigt] == pytest.approx((energy[0] - energy[1]) / 2e-5 / mixed_cell.cell.volume, abs=1e-7)


def test_momentum_is_conserved_term_by_term(mixed_cell: ase.Atoms) -> None:
    assert np.abs(BASIS.features(mixed_cell)[1].sum(axis=0)).max() < 1e-10


def test_energy_does_not_know_order_nor_orientation(mixed_cell: ase.Atoms) -> None:
    before = BASIS.features(mixed_cell)[0]
    turned = mixed_cell[np.random.default_rng(1).permutation(len(mixed_cell))]
    turned.rotate(40, (1, 2, 3), rotate_cell=True)
    np.testing.assert_allclose(BASIS.features(turned)[0], before, atol=1e-9)


def test_pair_splines_equal_scipy() -> None:
    """A dimer counts its pair from either side: twice the spline's value."""
    for r in (0.7, 1.9, 3.3, 5.4):
        dimer = ase.Atoms("CdSe", positions=[[0, 0, 0], [r, 0, 0]], cell=[30, 30, 30], pbc=True)
        first = BASIS.pair_columns[0, 3]
        mine = BASIS.features(dimer)[0][first : first + BASIS.pair.intervals]
        scipy = BSpline.design_matrix([r], BASIS.pair.knots_A(), 3).toarray()[0, : BASIS.pair.intervals]
        np.testing.assert_allclose(mine, 2 * scipy, atol=1e-12)


def test_cells_touch_only_the_columns_of_their_elements(mixed_cell: ase.Atoms) -> None:
    energy, forces, stress = BASIS.features(mixed_cell[[a.index for a in mixed_cell if a.symbol in ("Cd", "Se")]])
    outside = np.setdiff1d(np.arange(BASIS.size), BASIS.columns_of(frozenset({0, 3})))
    assert not energy[outside].any()
    assert not forces[..., outside].any()
    assert not stress[:, outside].any()


def test_lammps_reads_what_was_fitted(mixed_cell: ase.Atoms, coefficients: np.ndarray, tmp_path: Path) -> None:
    write_uf3(BASIS, coefficients, tmp_path / "student.uf3", "test")
    pair = ("pair_style uf3 3", f"pair_coeff * * {tmp_path / 'student.uf3'} {' '.join(ELEMENTS)}")
    energy, forces, _ = BASIS.features(mixed_cell)
    with Session(mixed_cell, ELEMENTS, pair) as session:
        own = energy[len(ELEMENTS) :] @ coefficients[len(ELEMENTS) :]
        assert session.run().energy_eV == pytest.approx(own, abs=1e-8)
        np.testing.assert_allclose(session.forces_eV_A, forces @ coefficients, atol=1e-8)


def test_element_outside_the_basis_is_named(mixed_cell: ase.Atoms) -> None:
    mixed_cell.symbols[0] = "Au"
    with pytest.raises(ValueError, match="the cell also has Au"):
        BASIS.features(mixed_cell)
