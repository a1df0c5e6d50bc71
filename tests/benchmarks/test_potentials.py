"""What an atom costs per step on one core under each potential, side by side; `make benchmark` prints the table.

Both students, and their two ratios: on the sandwich against their teacher, on CdSe against Stillinger-Weber. Processor
time; costs are the least of several passes through all rows, ratios the median of those within a pass, so that other
work on the machine weighs on both sides. The teacher is measured where the extra `teacher` is installed.
"""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import ase
import numpy as np
import pytest
from ase.build import bulk

from nanokiln.potentials.cards.card import load_card
from nanokiln.potentials.lammps.session import Session
from nanokiln.potentials.training.forms import load
from nanokiln.potentials.training.forms_fit import fit_pod
from nanokiln.structures import catalogue

pytestmark = pytest.mark.benchmark
PASSES = int(os.environ.get("NANOKILN_PASSES", "3"))
FAST, ACCURATE = STUDENTS = ("cd-cu-p-se-pod-fast", "cd-cu-p-se-pod")
LABELS = sorted((Path(__file__).parents[2] / "potentials" / "training" / "cd-cu-p-se-pod").glob("labels-0[1-4]*"))
SHORTEST_S = 0.5
Row = Callable[[], float]  # one pass: seconds of processor time per atom and step


@dataclass(frozen=True)
class Case:
    """A potential on a model."""

    potential: str
    model: str
    row: Row
    atoms: int


def crystal(element: str) -> ase.Atoms:
    if element == "Cu":
        return bulk("Cu", a=3.615, cubic=True).repeat(9)
    return bulk("CdSe", "wurtzite", a=4.30, c=7.01).repeat((12, 12, 8))


def sandwich() -> ase.Atoms:
    model = catalogue.build({"preset": "cdse-cu3p-cdse"})
    atoms = ase.Atoms(model.atoms.get_chemical_symbols(), model.atoms.positions)
    atoms.center(vacuum=12)
    return atoms


def dynamics(atoms: ase.Atoms, commands: Callable[[tuple[str, ...]], tuple[str, ...]]) -> Session:
    """LAMMPS at 300 K under NVE, past its first steps."""
    elements = tuple(sorted(set(atoms.get_chemical_symbols())))
    start = ("velocity all create 600 5", "fix move all nve", "timestep 0.002", "run 10 post no")
    return Session(atoms, elements, (*commands(elements), *start))


def under_lammps(
    potential: str, model: str, atoms: ase.Atoms, commands: Callable[[tuple[str, ...]], tuple[str, ...]]
) -> Case:
    def row() -> float:
        with dynamics(atoms, commands) as session:
            steps = 10
            while True:
                began = time.process_time()
                session.run(steps)
                if (spent := time.process_time() - began) > SHORTEST_S:
                    return spent / steps / len(atoms)
                steps *= 2

    return Case(potential, model, row, len(atoms))


def under_teacher(name: str, model: str, atoms: ase.Atoms) -> Case:
    import torch

    from nanokiln.potentials.cards.calculators import load_calculator

    torch.set_num_threads(1)
    calculator = load_calculator(name)

    def row() -> float:
        moved = atoms.copy()
        moved.rattle(0.01, seed=1)
        began = time.process_time()
        calculator.calculate(moved, properties=["energy", "forces"])
        return (time.process_time() - began) / len(atoms)

    row()  # the first call compiles
    return Case(name, model, row, len(atoms))


def cases(folder: Path) -> list[Case]:
    students = {name: load_card(name).commands for name in STUDENTS}
    (folder / "fit").mkdir()
    pod = fit_pod(load(LABELS, ("Cd", "Se"), folder / "fit"), pair=8, three=(6, 5))
    plan: list[tuple[str, str, ase.Atoms, Callable[[tuple[str, ...]], tuple[str, ...]]]] = [
        *((f"{name}", "Cu", crystal("Cu"), load_card(name).commands) for name in ("cu-eam", "cu-au-eam")),
        *((name, "Cu", crystal("Cu"), commands) for name, commands in students.items()),
        *((f"{name}", "CdSe", crystal("CdSe"), load_card(name).commands) for name in ("cdse-sw", "cdse-bop")),
        ("pod 8/6/5", "CdSe", crystal("CdSe"), lambda _: pod.commands),
        *((name, "CdSe", crystal("CdSe"), commands) for name, commands in students.items()),
        *((name, "sandwich", sandwich(), commands) for name, commands in students.items()),
    ]
    out = [under_lammps(*entry) for entry in plan]
    if find_spec("nequix") is not None:
        out.append(under_teacher(load_card(FAST).made_from.teacher, "sandwich", sandwich()))
    return out


def test_cost_per_atom_and_step(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    measured = cases(tmp_path)
    passes = 1e6 * np.array([[case.row() for case in measured] for _ in range(PASSES)])
    cost = {(case.potential, case.model): us for case, us in zip(measured, passes.T, strict=True)}
    reference = cost["cdse-sw", "CdSe"]
    lines = ["", f"{'potential':19s} {'model':9s} atoms   us/atom/step   over SW on CdSe   spread of {PASSES} passes"]
    for case in measured:
        us = cost[case.potential, case.model]
        spread = f"{100 * (us.max() / us.min() - 1):3.0f} %"
        ratio = us.min() / reference.min()
        lines.append(
            f"{case.potential:19s} {case.model:9s} {case.atoms:5d} {us.min():14.2f} {ratio:17.1f} {spread:>12s}"
        )
    taught = measured[-1].potential not in STUDENTS
    for name in STUDENTS:
        on_cdse, on_sandwich = cost[name, "CdSe"], cost[name, "sandwich"]
        lines.append(f"{name} over SW on CdSe: {said(on_cdse / reference)}{'; asked: at most 60' * (name == FAST)}")
        lines.append(f"{name}'s sandwich over SW on CdSe: {said(on_sandwich / reference)}")
        if taught:
            teacher = cost[measured[-1].potential, "sandwich"]
            asked = "; asked: at least 300" * (name == FAST)
            lines.append(f"teacher over {name} on the sandwich: {said(teacher / on_sandwich)}{asked}")
    if not taught:
        lines.append("teacher not installed: pip install '.[teacher]' for its row")
    with capsys.disabled():
        print("\n".join(lines))
    assert np.isfinite(passes).all() and (passes > 0).all()


def said(ratios: np.ndarray) -> str:
    """Median of the ratios within each pass, and how far they range."""
    return f"{np.median(ratios):.1f} (passes: {ratios.min():.1f} to {ratios.max():.1f})"
