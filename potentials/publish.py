"""Turn a fitted student into a catalogue entry: its file, its gates measured, its card written."""

import json
import shutil
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import ase.io
import numpy as np
import yaml

from nanokiln.potentials.card import DATA, Card, File, Gate, sha256
from nanokiln.potentials.dataset import read_labels
from nanokiln.potentials.fit import load
from nanokiln.potentials.gates import Trial, drift_gate, dynamics_gates, lattice_gates
from nanokiln.potentials.regression import errors
from nanokiln.potentials.system import System, shortest_A
from nanokiln.potentials.teacher import load_teacher

TEMPERATURES_K = (300, 600)
SMALLEST_A = 12.0  # shorter edges let a crystal transform as one cell, which the real one could not


def head_of(system: str | Path) -> dict[str, Any]:
    """Return the prose of a card: from a YAML file, or the one shipped for a system's name."""
    path = Path(system) if Path(system).suffix in {".yaml", ".yml"} else DATA / "heads" / f"{system}.yaml"
    head: dict[str, Any] = yaml.safe_load(path.read_text())
    return head


def trials(system: System, models: Sequence[Path]) -> list[Trial]:
    """Return the crystals of the system's exploration list, and models from files as free particles."""
    crystals = dict.fromkeys(e.of for e in system.explore if e.shape == "bulk" and e.of in system.phases)
    anions = system.classes.get("anion", ())
    out = []
    for name in crystals:
        crystal = system.phases[name].atoms()
        atoms = crystal.repeat([int(np.ceil(SMALLEST_A / edge)) for edge in crystal.cell.lengths()])
        framework = tuple(sorted(set(atoms.symbols) & set(anions))) or tuple(sorted(set(atoms.symbols)))
        out.append(Trial(name, atoms, framework, free_cell=True))
    return out + [Trial(path.stem, in_vacuum(ase.io.read(path)), anions, free_cell=False) for path in models]


def in_vacuum(atoms: ase.Atoms, margin_A: float = 6.0) -> ase.Atoms:
    """Return the bare atoms in a rectangular periodic box that keeps images apart, as LAMMPS and the teacher want."""
    out = ase.Atoms(atoms.numbers, atoms.positions, pbc=True)
    out.center(vacuum=margin_A)
    return out


def measure(system: System, student: Path, models: Sequence[Path], folder: Path) -> list[Gate]:
    """Measure every gate; each finished trial is kept in `folder`, so an interrupted measurement goes on."""
    teacher = load_teacher(system.teacher)
    gates: list[Gate] = []
    for trial in trials(system, models):
        done = folder / f"{trial.name}.json"
        if not done.exists():
            found = list(dynamics_gates(student, [trial], teacher, folder, TEMPERATURES_K))
            found.append(drift_gate(student, trial, 600.0, folder / f"{trial.name}-nve"))
            if trial.free_cell:
                found += lattice_gates(student, trial, teacher, folder / f"{trial.name}-relax")
            done.write_text(json.dumps([gate.model_dump() for gate in found]))
        gates += [Gate.model_validate(gate) for gate in json.loads(done.read_text())]
    return gates


def validated_up_to_K(gates: Sequence[Gate]) -> float:
    """Return the highest temperature at which, and below which, no gate was missed; 0 when the lowest missed one."""
    top = 0.0
    for temperature in sorted(TEMPERATURES_K):
        if any(g.passed is False for g in gates if g.group.endswith(f", {temperature} K")):
            return top
        top = float(temperature)
    return top


def learning_curve(work: Path) -> dict[str, dict[str, float]]:
    """Return, per round, how wrong the student before it was on its own dynamics: meV/atom, eV/A."""
    curve = {}
    for labels in sorted(work.glob("labels-*.extxyz"))[1:]:
        before = work / f"student-{int(labels.stem[-2:]) - 1:02d}.uf3"
        if before.with_suffix(".npz").exists():
            e = errors(*load(before), read_labels(labels))
            curve[before.stem] = {"energy_meV_atom": round(e.energy_meV_atom, 1), "force_eV_A": round(e.force_eV_A, 3)}
    return curve


def publish(system: System, work: Path, models: Sequence[Path], head: dict[str, Any], catalogue: Path = DATA) -> Card:
    """Copy the last student of `work` into the catalogue folder and write its card; `head` gives the card's prose.

    `head` needs name, title, source, licence and purpose; `faults` and `made_by` are welcome.
    """
    student = sorted(work.glob("student-*.uf3"))[-1]
    gates = measure(system, student, models, work / f"gates-{student.stem}")
    target = catalogue / "files" / f"{head['name']}.uf3"
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(student, target)
    shutil.copyfile(student.with_suffix(".npz"), target.with_suffix(".npz"))
    basis, coefficients = load(student)
    labelled = {p.stem: read_labels(p) for p in sorted(work.glob("labels-*.extxyz"))}
    card = Card(
        elements=basis.elements,
        tier="distilled",
        pair_commands=("pair_style uf3 3", "pair_coeff * * {0} {elements}"),
        files=(File(path=target.name, sha256=sha256(target)),),
        cutoff_A=basis.pair.high_A,
        validated_K=(0.0, validated_up_to_K(gates)),
        shortest_A=round(min(shortest_A(c) for cells in labelled.values() for c in cells), 2),
        made_from={
            "teacher": system.teacher,
            "cells": {name: len(cells) for name, cells in labelled.items()},
            "coefficients": basis.size,
            "errors_on_own_dynamics": learning_curve(work),
            "one_body_eV": {e: float(c) for e, c in zip(basis.elements, coefficients, strict=False)},
            "versions": {p: version(p) for p in ("ase", "lammps", "numpy", "scipy")},
        },
        gates=tuple(gates),
        **head,
    )
    path = catalogue / "cards" / f"{card.name}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(card.model_dump(mode="json"), sort_keys=False, allow_unicode=True, width=110))
    return card
