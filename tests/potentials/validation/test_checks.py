from dataclasses import replace

import numpy as np
import pytest
from ase.build import bulk

from nanokiln.potentials.cards.card import MadeFrom, load_card
from nanokiln.potentials.lammps.session import card_calculator
from nanokiln.potentials.training.dataset import write_labels
from nanokiln.potentials.validation import parity as validate_parity
from nanokiln.potentials.validation.checks import compare
from nanokiln.potentials.validation.measurement import Bench, Measurement
from nanokiln.potentials.validation.subjects import Subjects


def row(property_: str, subject: str, quantity: str, value: float | None) -> Measurement:
    return Measurement(property_, subject, quantity, "1", value)


TEACHER = [
    row("lattice", "Cu", "a", 3.6),
    row("lattice", "Au", "a", 4.1),
    row("elastic constants", "Cu", "C11", 200.0),
    row("elastic constants", "Cu", "C44", -10.0),
    row("reaction energy", "A -> B", "dE", -5.0),
    row("phonons", "Cu", "imaginary share", 0.0),
    row("phonons", "Cu2Se", "imaginary share", 0.2),
]


def student(**changed: float | None) -> list[Measurement]:
    """The teacher's column by another hand, without Au; `changed` by quantity."""
    return [replace(r, value=changed.get(r.quantity.split()[0], r.value)) for r in TEACHER if r.subject != "Au"]


def test_the_teacher_itself_passes_and_unmeasured_crystals_are_not_asked_for() -> None:
    found = compare(student(), TEACHER)
    assert all(check.passed for check in found)
    assert [check.rows for check in found] == [1, 2, 1, 2]


@pytest.mark.parametrize(
    ("changed", "index", "missed"),
    [
        ({"a": 3.6 * 1.009}, 0, 0),
        ({"a": 3.6 * 1.011}, 0, 1),
        ({"C11": 231.0}, 1, 1),
        ({"C44": -8.6}, 1, 0),
        ({"C44": 10.0}, 1, 1),
        ({"dE": 0.1}, 2, 1),
        ({"imaginary": 0.3}, 3, 1),
        ({"a": None}, 0, 1),
    ],
)
def test_a_deviation_beyond_its_limit_is_a_miss(changed: dict, index: int, missed: int) -> None:
    found = compare(student(**changed), TEACHER)
    assert [len(check.missed) for check in found] == [missed if i == index else 0 for i in range(4)]


def test_nothing_to_compare_is_no_pass() -> None:
    assert not any(check.passed for check in compare(student(), []))


def test_parity_of_a_potential_with_its_own_labels_is_one_and_noise_is_found(tmp_path, monkeypatch) -> None:
    card = load_card("cu-eam")
    bench = Bench(card_calculator(card), Subjects.load(("Cu",)), card)
    rng, noise, cells = np.random.default_rng(3), 0.05, []
    for index in range(31):
        atoms = bulk("Cu", cubic=True).repeat((2, 2, 2))
        atoms.rattle(0.1, rng=rng)
        forces = bench.attach(atoms.copy()).get_forces()
        forces += noise * rng.normal(size=forces.shape) if index >= 20 else 0.0
        atoms.arrays["forces"] = forces
        origin = "seed/bulk/cu" if index == 0 else f"md/bulk/cu/{300 if index < 20 else 600}K"
        atoms.info = {"energy": 0.0, "stress": np.zeros(6), "origin": origin}
        cells.append(atoms)
    (tmp_path / "cu-eam").mkdir()
    write_labels(cells, tmp_path / "cu-eam" / "labels-00.extxyz")
    monkeypatch.setattr(validate_parity, "TRAINING", tmp_path)
    assert {T: len(c) for T, c in validate_parity.held_out(tmp_path / "cu-eam").items()} == {300: 1, 600: 2}
    found = {(m.subject, m.quantity): m.value for m in validate_parity.compute_parity(bench)}
    before = found.values()
    assert found["held-out cells at 300 K", "slope"] == pytest.approx(1, abs=1e-5)
    assert found["held-out cells at 300 K", "RMSE"] < 1e-6
    assert found["held-out cells at 600 K", "RMSE"] == pytest.approx(noise, rel=4 / np.sqrt(2 * 192))
    bench.card = card.model_copy(update={"made_from": MadeFrom(labels_by="nequix")})
    found = list(validate_parity.compute_parity(bench))
    assert all(m.value is None and "labelled by chgnet" in m.note for m in found) and len(found) == 2

    (tmp_path / "cu-eam").rename(tmp_path / "sibling")  # a second student of the same labels is judged by them too
    bench.card = card.model_copy(update={"made_from": MadeFrom(labels_of="sibling")})
    assert [m.value for m in validate_parity.compute_parity(bench)] == list(before)
    bench.card = card
    assert not list(validate_parity.compute_parity(bench))


@pytest.mark.parametrize(("wrong_by", "passes"), [(1.0, True), (2.5, False)])
def test_errors_of_a_committee_must_cover_the_teacher(wrong_by: float, passes: bool) -> None:
    off = np.random.default_rng(8).normal(size=200)
    theirs = [row("lattice", f"crystal {n}", "a", 4.0) for n in range(200)]
    own = [replace(r, value=4.0 + 0.01 * wrong_by * z, error=0.01) for r, z in zip(theirs, off, strict=True)]
    asked = compare(own, theirs)[-1]
    assert "standard errors" in asked.demand and asked.rows == 200 and asked.passed is passes
    without = compare([replace(r, error=None) for r in own], theirs)
    assert not any("standard errors" in check.demand for check in without)
