"""The fit: recovers a teacher of its own form, keeps a core where nothing was seen, adds up."""

import ase
import numpy as np
import pytest

from nanokiln.potentials.basis.splines import Basis, Grid
from nanokiln.potentials.training.dataset import read_labels, split, write_labels
from nanokiln.potentials.training.normal_equations import TRUST, NormalEquations, errors, screened_repulsion_eV, solve

BASIS = Basis(("Cd", "Se"), pair=Grid(0.6, 5.0, 8), bond=Grid(0.9, 3.6, 3), far=Grid(0.9, 5.0, 3))


def labelled_cells(count: int, seed: int) -> tuple[list[ase.Atoms], np.ndarray]:
    """Return cells labelled by a smooth random potential of the student's own form."""
    rng = np.random.default_rng(seed)
    truth = solve(NormalEquations(BASIS))
    truth += np.where(np.abs(truth) < 1, np.random.default_rng(0).normal(0, 0.05, BASIS.size), 0)
    cells = []
    for _ in range(count):
        symbols = rng.choice(["Cd", "Se"], 8)
        corners = np.indices((2, 2, 2)).reshape(3, -1).T * 2.7
        atoms = ase.Atoms(symbols, corners + rng.uniform(-0.5, 0.5, (8, 3)), cell=[5.4] * 3, pbc=True)
        energy, forces, stress = BASIS.features(atoms)
        atoms.info = {"energy": float(energy @ truth), "stress": stress @ truth, "origin": "test"}
        atoms.arrays["forces"] = forces @ truth
        cells.append(atoms)
    return cells, truth


def test_student_recovers_a_teacher_of_its_own_form() -> None:
    cells, _ = labelled_cells(150, seed=1)
    equations = NormalEquations(BASIS)
    equations.add(cells)
    found = errors(BASIS, solve(equations), labelled_cells(20, seed=2)[0])
    untaught = errors(BASIS, np.zeros(BASIS.size), labelled_cells(20, seed=2)[0])
    assert found.force_eV_A < 0.05 * untaught.force_eV_A
    assert found.force_slope == pytest.approx(1, abs=0.03)


def test_normal_equations_add_up_in_any_portion() -> None:
    cells, _ = labelled_cells(12, seed=3)
    whole, parts = NormalEquations(BASIS), NormalEquations(BASIS)
    whole.add(cells)
    parts.add(cells[:5], rows_at_once=1)
    parts.add(cells[5:], rows_at_once=40)
    np.testing.assert_allclose(parts.matrix, whole.matrix, rtol=1e-10, atol=1e-8)
    np.testing.assert_allclose(parts.vector, whole.vector, rtol=1e-10, atol=1e-8)
    assert parts.cells == whole.cells == 12


def test_two_processes_sum_to_the_same_equations() -> None:
    cells, _ = labelled_cells(9, seed=4)
    alone, together = NormalEquations(BASIS), NormalEquations(BASIS)
    alone.add(cells)
    together.add(cells, "test", processes=2)
    np.testing.assert_allclose(together.matrix, alone.matrix, rtol=1e-10, atol=1e-8)
    np.testing.assert_allclose(together.vector, alone.vector, rtol=1e-10, atol=1e-8)
    assert together.cells == 9


def test_a_cell_counts_by_where_it_came_from_as_its_system_says() -> None:
    """Weights are squared in the sums: cells at half the weight add a quarter."""
    cells, _ = labelled_cells(3, seed=5)
    for cell in cells:
        cell.info["origin"] = "melt/Cd4Se4/900K"
    full, half, told = (NormalEquations(BASIS, {"melt": share}) for share in (1.0, 0.5, TRUST["melt"]))
    shipped = NormalEquations(BASIS)
    for equations in (full, half, told, shipped):
        equations.add(cells)
    np.testing.assert_allclose(half.matrix, full.matrix / 4, rtol=1e-12)
    np.testing.assert_allclose(half.vector, full.vector / 4, rtol=1e-12)
    np.testing.assert_array_equal(shipped.matrix, told.matrix)


def pair_energies(basis: Basis, student: np.ndarray, symbols: str, r_A: np.ndarray) -> np.ndarray:
    """Return the energy (eV) of two atoms alone at each distance, less that of the atoms."""
    dimers = [ase.Atoms(symbols, [[0, 0, 0], [r, 0, 0]], cell=[20] * 3, pbc=True) for r in r_A]
    alone = np.arange(basis.size) < len(basis.elements)
    return np.array([basis.features(dimer)[0] @ np.where(alone, 0, student) for dimer in dimers])


def test_without_labels_a_pair_is_that_of_screened_nuclei() -> None:
    basis = Basis(("Cd", "Pb"))
    r = np.arange(1.4, 2.6, 0.1)
    energy = pair_energies(basis, solve(NormalEquations(basis)), "CdPb", r)
    np.testing.assert_allclose(energy, screened_repulsion_eV("Cd", "Pb", r), rtol=0.15)


def test_unseen_short_distances_repel() -> None:
    """Without any label the pair energy follows the screened repulsion inside and falls off outside."""
    energy = pair_energies(BASIS, solve(NormalEquations(BASIS)), "CdSe", np.array([0.8, 1.0, 1.2, 2.5]))
    assert energy[0] > energy[1] > energy[2] > 10 > abs(energy[3])


def test_screened_repulsion_at_small_distance_is_coulomb() -> None:
    r = np.array([1e-4])
    assert screened_repulsion_eV("Cd", "Se", r)[0] == pytest.approx(14.399645 * 48 * 34 / r[0], rel=5e-3)


def test_labels_survive_the_disk(tmp_path) -> None:
    cells, _ = labelled_cells(11, seed=4)
    write_labels(cells, tmp_path / "labels.extxyz")
    back = read_labels(tmp_path / "labels.extxyz")
    for a, b in zip(cells, back, strict=True):
        assert b.info["energy"] == pytest.approx(a.info["energy"], abs=1e-8)
        np.testing.assert_allclose(b.arrays["forces"], a.arrays["forces"], atol=1e-7)
        np.testing.assert_allclose(b.info["stress"], a.info["stress"], atol=1e-8)
        assert b.info["origin"] == "test"
    train, held = split(back)
    assert len(train) + len(held) == 11
    assert len(held) == 2
