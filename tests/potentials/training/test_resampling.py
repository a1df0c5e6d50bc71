"""The committee: its members are refits, LAMMPS and the features give one spread, and error bars are judged."""

import json
from pathlib import Path

import ase
import numpy as np
import pytest
from ase.build import bulk

from nanokiln.potentials.basis import pod_prior
from nanokiln.potentials.basis.committee import Committee
from nanokiln.potentials.basis.pod import Pod
from nanokiln.potentials.training.normal_equations import TRUST, NormalEquations, predicted_of, solve
from nanokiln.potentials.training.resampling import MEMBERS, Shares, fit_committee, fit_error_bar, judged, share_of
from nanokiln.potentials.training.system import vacuum

POD = Pod(("Cd", "Cu", "Se"), cutoff_A=4.6, pair=3, three=(2, 2), four=(2, 1), five=(0, 0))


def crystal(seed: int) -> ase.Atoms:
    atoms = bulk("CdSe", "wurtzite", a=4.38, c=7.19).repeat((2, 2, 1))
    atoms.rattle(0.15, seed=seed)
    return atoms


@pytest.fixture
def labelled() -> list[ase.Atoms]:
    """Thirty crystals under random coefficients, their forces off by noise."""
    rng = np.random.default_rng(0)
    truth, out = 1e-3 * rng.normal(size=POD.size), []
    for seed in range(30):
        cell = crystal(seed)
        energy, forces, stress = predicted_of(POD, truth, cell)
        cell.info = {"energy": energy, "stress": stress, "origin": "md/bulk/x/300K"}
        cell.arrays["forces"] = forces + 0.05 * rng.normal(size=forces.shape)
        out.append(cell)
    return out


@pytest.fixture
def shares(labelled: list[ase.Atoms], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shares:
    """Added in two portions, as a fit does whose rounds bring cells."""
    monkeypatch.setattr(pod_prior, "CROWDS", 0)
    shares = Shares(POD, TRUST, tmp_path)
    shares.add([labelled[:20]])
    shares.add([labelled[20:]])
    return shares


@pytest.fixture
def members(shares: Shares) -> np.ndarray:
    return shares.members()


def test_shares_add_up_to_the_equations_of_all_cells(labelled: list[ase.Atoms], shares: Shares) -> None:
    equations = NormalEquations(POD)
    equations.add(labelled)
    np.testing.assert_allclose(shares.total().matrix, equations.matrix, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(shares.total().vector, equations.vector, rtol=1e-9, atol=1e-9)


def test_stages_at_once_are_those_one_by_one_to_the_last_bit(
    labelled: list[ase.Atoms], shares: Shares, tmp_path: Path
) -> None:
    (tmp_path / "at-once").mkdir()
    at_once = Shares(POD, TRUST, tmp_path / "at-once")
    at_once.add([labelled[:20], labelled[20:]])
    np.testing.assert_array_equal(at_once.total().matrix, shares.total().matrix)
    np.testing.assert_array_equal(at_once.vectors, shares.vectors)


def test_a_student_without_held_out_dynamics_has_no_committee(
    labelled: list[ase.Atoms], shares: Shares, tmp_path: Path
) -> None:
    """One that was fitted before does not stay beside the new student."""
    student_eV = solve(shares.total())
    worth = fit_committee(tmp_path, shares, student_eV, labelled)
    assert [gate.quantity for gate in worth] == ["force error over error bar", "forces within 95 % intervals"]
    again = Committee.load(tmp_path / "committee.npz", POD, student_eV)
    assert again.stretch > 0 and json.loads((tmp_path / "committee.json").read_text())[0]["value"] == worth[0].value
    for cell in labelled:
        cell.info["origin"] = "seed/bulk/x"
    assert fit_committee(tmp_path, shares, student_eV, labelled) == []
    assert not list(tmp_path.glob("committee.*"))


def test_a_member_is_the_fit_without_its_share(
    labelled: list[ase.Atoms], members: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    """But for the prior's scale, which is that of all cells."""
    equations = NormalEquations(POD)
    equations.add(cell for cell in labelled if share_of(cell) != 2)
    alone = solve(equations)
    assert members.shape == (MEMBERS, POD.size)
    cell = crystal(99)
    forces = [predicted_of(POD, one, cell)[1] for one in (alone, *members)]
    off = [np.linalg.norm(one - forces[0]) for one in forces[1:]]
    assert np.argmin(off) == 2 and off[2] < 0.1 * np.median(off)


def test_lammps_and_the_features_give_one_spread(members: np.ndarray) -> None:
    """In a crystal, and of a slab whose frame is not periodic across."""
    committee = Committee(POD, members, stretch=2.0, floor_eV_A=0.01, reach_95=1.96)
    cell = crystal(5)
    np.testing.assert_allclose(committee.force_errors(cell), committee.error_of(committee.spread(cell)), rtol=1e-3)
    slab = vacuum(cell, (2,))
    expected = committee.error_of(committee.spread(slab))
    slab.pbc = (True, True, False)
    np.testing.assert_allclose(committee.force_errors(slab), expected, rtol=1e-3)


def test_a_kept_committee_is_the_same(members: np.ndarray, tmp_path: Path) -> None:
    committee = Committee(POD, members, 3.0, 0.02, 2.2)
    committee.save(tmp_path / "c.npz", members.mean(axis=0))
    again = Committee.load(tmp_path / "c.npz", POD, members.mean(axis=0))
    np.testing.assert_allclose(again.spread(crystal(1)), committee.spread(crystal(1)), rtol=1e-4)
    assert (again.stretch, again.floor_eV_A, again.reach_95) == (3.0, 0.02, 2.2)


def test_error_bars_are_found_where_errors_have_them_and_refused_where_they_are_too_small() -> None:
    rng = np.random.default_rng(1)
    spread = rng.uniform(0.005, 0.05, 20_000)
    error = np.hypot(4.0 * spread, 0.03) * rng.normal(size=20_000)
    stretch, floor, reach = fit_error_bar(error, spread)
    assert (stretch, floor, reach) == pytest.approx((4.0, 0.03, 1.96), rel=0.1)
    nobody = np.zeros((MEMBERS, 1))
    assert all(gate.passed for gate in judged(Committee(POD, nobody, stretch, floor, reach), error, spread))
    assert not any(gate.passed for gate in judged(Committee(POD, nobody, 1.0, 0.0, 1.96), error, spread))


@pytest.mark.parametrize("half", [0, 1])
def test_one_frame_that_nobody_knows_decides_neither_the_bars_nor_their_judgement(half: int) -> None:
    """Its spread is a hundred times the others', its error a third of its bar, whichever half it lies in."""
    rng = np.random.default_rng(2)
    spread = list(rng.uniform(0.005, 0.05, (2, 20_000)))
    error = [np.hypot(4.0 * s, 0.03) * rng.normal(size=s.size) for s in spread]
    spread[half] = np.append(spread[half], np.full(150, 3.0))
    error[half] = np.append(error[half], 4.0 * rng.normal(size=150))
    stretch, floor, reach = fit_error_bar(error[0], spread[0])
    assert (stretch, floor, reach) == pytest.approx((4.0, 0.03, 1.96), rel=0.1)
    gates = judged(Committee(POD, np.zeros((MEMBERS, 1)), stretch, floor, reach), error[1], spread[1])
    assert gates[0].value == pytest.approx(1.0, abs=0.05) and all(gate.passed for gate in gates)
