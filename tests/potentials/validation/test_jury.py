"""The jury knows PBE's forces and asks everybody the same."""

from pathlib import Path

import numpy as np
import pytest
from ase.build import bulk

from nanokiln.potentials.cards.card import load_card
from nanokiln.potentials.lammps.session import card_calculator
from nanokiln.potentials.validation import parity
from nanokiln.potentials.validation.columns import stored
from nanokiln.potentials.validation.measurement import Bench
from nanokiln.potentials.validation.subjects import Subjects


def bench(name: str) -> Bench:
    card = load_card(name)
    return Bench(card_calculator(card), Subjects.load(card.elements), card)


def test_the_labels_own_potential_is_without_error_and_a_softer_one_has_its_slope(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    copper, cells = bench("cu-eam"), [bulk("Cd", "hcp", a=3.0, c=5.6)]
    cells[0].arrays["forces_pbe"] = np.ones((2, 3))  # the card has no cadmium: not its cell
    for seed in (1, 2):
        cell = bulk("Cu", cubic=True)
        cell.rattle(0.1, seed=seed)
        cell.arrays["forces_pbe"] = copper.attach(cell.copy()).get_forces()
        cells.append(cell)
    monkeypatch.setattr(parity, "load_labels", lambda path=None: cells if path is None else [])
    rows = list(parity.compute_jury(copper))
    assert [(row.subject, row.quantity, row.note) for row in rows[:2]] == [
        ("Cu", "RMSE", "2 cells"),
        ("Cu", "slope", "2 cells"),
    ]
    assert rows[0].value == pytest.approx(0, abs=1e-6) and rows[1].value == pytest.approx(1)
    for cell in cells[1:]:
        cell.arrays["forces_pbe"] *= 2
    rmse, slope, *_ = (row.value for row in parity.compute_jury(copper))
    assert slope == pytest.approx(0.5)
    assert rmse == pytest.approx(np.sqrt(np.mean([cell.arrays["forces_pbe"] ** 2 for cell in cells[1:]])) / 2)


def test_a_denser_mesh_tells_what_is_the_labels_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Of two cells one was computed again: a potential that is right on the denser mesh errs by the labels' noise."""
    copper, cells = bench("cu-eam"), []
    for seed in (1, 2):
        cell = bulk("Cu", cubic=True)
        cell.rattle(0.1, seed=seed)
        cell.info["name"] = f"cu-{seed}"
        cell.arrays["forces_pbe"] = copper.attach(cell.copy()).get_forces() + 0.03 * (-1) ** np.arange(4)[:, None]
        cells.append(cell)
    dense = cells[1].copy()
    dense.arrays["forces_pbe"] = copper.attach(cells[1].copy()).get_forces()
    denser = tmp_path / "denser.extxyz"
    denser.touch()
    monkeypatch.setattr(parity, "DENSER", denser)
    monkeypatch.setattr(parity, "load_labels", lambda path=None: cells if path is None else [dense])
    rows = {(row.subject, row.quantity): row for row in parity.compute_jury(copper)}
    assert rows["all", "RMSE"].value == pytest.approx(0.03)
    assert rows["on a denser mesh", "RMSE"].value == pytest.approx(0, abs=1e-6)
    assert rows["on a denser mesh", "labels' own RMSE"].value == pytest.approx(0.03)
    assert rows["on a denser mesh, by the mesh of all", "RMSE"].value == pytest.approx(0.03)
    assert rows["on a denser mesh", "RMSE"].note == "1 cells"


@pytest.mark.parametrize("name", ["cd-cu-p-se-pod", "cd-cu-p-se-pod-fast"])
def test_cards_say_what_the_jury_finds(name: str) -> None:
    rows = {(row.subject, row.quantity): row for row in parity.compute_jury(bench(name))}
    value = rows["all", "RMSE"].value
    assert rows["all", "RMSE"].note == "223 cells" and value is not None
    told = next(fault for fault in load_card(name).faults if fault.startswith("Against PBE on 223 cells"))
    assert f"{value:.3f} eV/A" in told
    teacher = stored("nequix")
    assert teacher is not None
    best = next(r.value for r in teacher.rows if r.key() == (parity.JURY, "all", "RMSE"))
    assert best is not None and f"teacher {best:.3f}" in told and best < value
