"""Forms: every fit must find again a potential of its own form, measured by LAMMPS on cells it never saw."""

import json
from functools import partial
from pathlib import Path

import ase
import numpy as np
import pytest
from ase.build import bulk

from nanokiln.potentials.basis import pod_prior
from nanokiln.potentials.cards.card import load_card
from nanokiln.potentials.lammps.session import Session, card_calculator
from nanokiln.potentials.training.dataset import split
from nanokiln.potentials.training.forms import MEASURED, TRIALS, cost_us, errors, oriented
from nanokiln.potentials.training.forms_fit import Fit, Student, Task, fit_descriptors, fit_pod, fit_snap, fit_splines

ELEMENTS = ("Cd", "Se")


@pytest.fixture(scope="module")
def cells() -> list[ase.Atoms]:
    """Sheared, rattled zincblende, turned so that no axis lies where LAMMPS wants it, labelled by Stillinger-Weber."""
    rng, out, calculator = np.random.default_rng(3), [], card_calculator(load_card("cdse-sw"))
    for _ in range(30):
        atoms = bulk("CdSe", "zincblende", a=6.05, cubic=True)
        atoms.set_cell(atoms.cell.array @ (np.eye(3) + rng.normal(0, 0.03, (3, 3))), scale_atoms=True)
        atoms.rotate(70, (1, 2, 3), rotate_cell=True)
        atoms.positions += rng.normal(0, 0.12, atoms.positions.shape)
        atoms.calc = calculator
        forces, energy = atoms.get_forces(), atoms.get_potential_energy()
        atoms.calc = None
        atoms.info["energy"], atoms.arrays["forces"] = energy, forces
        out.append(oriented(atoms))
    return out


def test_the_measure_of_the_labels_own_potential_is_zero(cells: list[ase.Atoms], tmp_path: Path) -> None:
    task = Task(ELEMENTS, *split(cells), tmp_path)
    energy, force = errors(task, Student(load_card("cdse-sw").commands(ELEMENTS), 0))
    assert energy < 1e-6 and force < 1e-9


@pytest.mark.parametrize(
    "fit",
    [
        partial(fit_splines, bond_A=3.9, intervals=3),
        partial(fit_pod, pair=4, three=(3, 2)),
        partial(fit_descriptors, three=(2, 2), four=(0, 0), five=(0, 0)),
        partial(fit_descriptors, kinds=2, components=1, three=(2, 2), four=(0, 0), five=(0, 0)),
        partial(fit_snap, twojmax=2),
        partial(fit_snap, twojmax=2, chemical=True),
    ],
    ids=["splines", "pod", "descriptors", "kinds", "snap", "snap-chemical"],
)
def test_a_fit_finds_its_own_form_again(
    fit: Fit, cells: list[ase.Atoms], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Student of a student: what one fit gives, the same form fits far better than it fitted what it came from."""
    monkeypatch.setattr(pod_prior, "CROWDS", 0)  # which weigh much beside so few cells, as the ridges do
    monkeypatch.setattr(pod_prior, "RIDGE", 1e-11)
    monkeypatch.setattr(pod_prior, "APART", 1e-11)
    (tmp_path / "first").mkdir()
    (tmp_path / "second").mkdir()
    first = Task(ELEMENTS, *split(cells, 5), tmp_path / "first")
    mine = fit(first)
    energy, force = errors(first, mine)
    assert force > 0.01, "these labels are not of this form"
    relabelled = [labelled(cell, first, mine) for cell in cells]
    second = Task(ELEMENTS, *split(relabelled, 5), tmp_path / "second")
    again = fit(second)
    assert again.coefficients == mine.coefficients
    energy_again, force_again = errors(second, again)
    assert force_again < 0.15 * force  # what is left is the smoothing of the splines
    assert energy_again < 0.3 * energy


def labelled(cell: ase.Atoms, task: Task, student: Student) -> ase.Atoms:
    out = ase.Atoms(cell.numbers, cell.positions, cell=cell.cell, pbc=True)
    with Session(cell, task.elements, student.commands) as session:
        out.info["energy"], out.arrays["forces"] = session.run().energy_eV, session.forces_eV_A
    return out


@pytest.mark.benchmark
def test_cost_is_that_of_the_forces(tmp_path: Path) -> None:
    task = Task(ELEMENTS, [], [], tmp_path)
    sw, bop = (cost_us(task, load_card(name).commands(ELEMENTS)) for name in ("cdse-sw", "cdse-bop"))
    assert 20 < bop / sw < 2000


def test_what_ships_supports_what_is_said_of_it() -> None:
    told = json.loads(MEASURED.read_text())
    figures = told["figures"]
    assert [(f["form"], f["setting"]) for f in figures] == [trial[:2] for trial in TRIALS]
    assert {f["form"] for f in figures if f["cost_us"] < 12} == {"splines"}
    by_setting = {f["setting"]: f for f in figures}
    for setting, plain in by_setting.items():
        for kinds in (f for f in figures if f["setting"].startswith(f"{setting};")):
            assert kinds["force_eV_A"] < 0.92 * plain["force_eV_A"]
            assert kinds["energy_meV_atom"] < plain["energy_meV_atom"]
    assert min(figures, key=lambda f: f["force_eV_A"])["form"] == "kinds of neighbourhood"
    assert "nanokiln.potentials.training.forms" in told["command"] and told["held_out"] >= 20
