"""The card's range is what the gates carry, not what was asked for."""

from pathlib import Path

import numpy as np
import pytest
from ase.build import bulk

from nanokiln.potentials.basis.splines import Basis
from nanokiln.potentials.cards.calculators import load_calculator
from nanokiln.potentials.cards.card import Gate, Kind
from nanokiln.potentials.training.dataset import write_labels
from nanokiln.potentials.training.publish import learning_curve, ranges_by_kind_K, trials, validated_up_to_K
from nanokiln.potentials.training.student import save
from nanokiln.potentials.training.system import VACUUM_A, System
from nanokiln.potentials.training.teacher import label

TEMPERATURES_K = (300, 600, 1000)


def gate(temperature_K: int, passed: bool | None) -> Gate:
    return Gate(group=f"cu, {temperature_K} K", quantity="q", value=1.0, unit="", passed=passed)


def test_range_ends_below_the_first_missed_gate() -> None:
    assert validated_up_to_K([gate(300, True), gate(600, True), gate(600, None)], TEMPERATURES_K) == 600
    assert validated_up_to_K([gate(300, True), gate(600, True), gate(600, False)], TEMPERATURES_K) == 300
    assert validated_up_to_K([gate(300, False), gate(600, True)], TEMPERATURES_K) == 0


def test_each_kind_of_system_has_a_range_of_its_own() -> None:
    gates = [gate(300, True), gate(600, False), gate(300, False)]
    kinds: tuple[Kind, ...] = ("crystal", "crystal", "surface")
    told = [g.model_copy(update={"kind": kind}) for g, kind in zip(gates, kinds, strict=True)]
    assert ranges_by_kind_K(told, TEMPERATURES_K) == {"crystal": (0, 300), "surface": (0, 0)}
    at_rest = told[0].model_copy(update={"group": "sphere, 285 atoms", "kind": "crystal", "passed": False})
    assert ranges_by_kind_K([*told, at_rest], TEMPERATURES_K) == {"crystal": (0, 0), "surface": (0, 0)}
    kind_of = {trial.name: trial.kind for trial in trials(System.load("cd-cu-p-se-pod"), [])}
    assert kind_of["cu3p"] == "crystal" and kind_of["cu3p-cu"] == "couple" and kind_of["cu-surface"] == "surface"


def test_each_crystal_is_judged_once_in_a_cell_it_cannot_turn_over_as_one() -> None:
    found = trials(System.load("cd-cu-p-se-pod"), [])
    crystals = {t.name: t for t in found if t.framework}
    assert list(crystals) == ["cdse-wz", "cu2se", "cu3p", "cu"]
    assert all(t.atoms.cell.lengths().min() >= 12 for t in found)
    assert crystals["cu3p"].framework == ("P",)


def test_interfaces_and_bare_surfaces_are_judged_too() -> None:
    """Couples move their cell, surfaces do not and have vacuum above; no name is given twice."""
    found = trials(System.load("cd-cu-p-se-pod"), [])
    couples = {t.name for t in found if t.free_cell and not t.framework}
    surfaces = [t for t in found if not t.free_cell]
    assert couples == {"cdse-cu3p", "cu2se-cdse", "cu2se-cu3p", "cu3p-cu", "cu-cdse"}
    assert {t.name for t in surfaces} >= {"cdse-wz-surface", "cu2se-surface", "cu3p-surface", "cu-surface"}
    assert all(t.atoms.cell.lengths()[2] - np.ptp(t.atoms.positions[:, 2]) == pytest.approx(VACUUM_A) for t in surfaces)
    assert len({t.name for t in found}) == len(found)


def test_the_learning_curve_is_of_each_student_on_the_frames_of_the_next_round(tmp_path: Path) -> None:
    """A student without coefficients errs by the labels themselves."""
    copper = bulk("Cu", cubic=True)
    copper.rattle(0.05, seed=1)
    told = list(label([copper], load_calculator("ase.calculators.emt:EMT")))
    basis = Basis(("Cu",))
    for stage in (0, 1):
        write_labels(told, tmp_path / f"labels-0{stage}.extxyz")
        save(tmp_path / f"student-0{stage}.uf3", basis, np.zeros(basis.size))
    curve = learning_curve(tmp_path)
    assert list(curve) == ["student-00"]
    assert curve["student-00"]["force_eV_A"] == pytest.approx(np.sqrt((told[0].arrays["forces"] ** 2).mean()), abs=5e-4)
    assert curve["student-00"]["energy_meV_atom"] == pytest.approx(1e3 * abs(told[0].info["energy"]) / 4, abs=0.05)
