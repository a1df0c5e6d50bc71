"""Turn a fitted student into a catalogue entry: its file, its gates measured, its card written."""

import json
import os
import re
import shutil
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from importlib.metadata import version
from itertools import combinations_with_replacement, repeat
from multiprocessing import get_context
from pathlib import Path

import ase.io
import numpy as np
import yaml
from ase.data import atomic_numbers
from numpy.typing import NDArray

from nanokiln.potentials.basis.pod import Pod
from nanokiln.potentials.basis.pod_file import COEFFICIENTS, SHAPE, element_sets
from nanokiln.potentials.cards.calculators import load_calculator, signature
from nanokiln.potentials.cards.card import DATA, Card, CardHead, File, Gate, Kind, MadeFrom, write_card
from nanokiln.potentials.training.dataset import read_labels
from nanokiln.potentials.training.gates import Trial, drift_gate, dynamics_gates, lattice_gates
from nanokiln.potentials.training.normal_equations import errors
from nanokiln.potentials.training.resampling import COMMITTEE, FIGURES
from nanokiln.potentials.training.student import Form, load
from nanokiln.potentials.training.system import System, shifted, shortest_A, vacuum
from nanokiln.structures.storage import sha256

Floats = NDArray[np.float64]

SMALLEST_A = 12.0  # shorter edges let a crystal transform as one cell, which the real one could not


def head_of(system: str | Path) -> CardHead:
    """Return the prose of a card: from a YAML file, or the one shipped for a system's name."""
    path = Path(system) if Path(system).suffix in {".yaml", ".yml"} else DATA / "heads" / f"{system}.yaml"
    return CardHead.model_validate(yaml.safe_load(path.read_text()))


def trials(system: System, models: Sequence[Path]) -> list[Trial]:
    """Return the crystals, bare surfaces and couples of the system's exploration list in cells of 12 A and more, and
    models from files as free particles."""
    anions = system.classes.get("anion", ())
    listed = dict.fromkeys((e.of, e.shape) for e in system.explore if e.shape in {"bulk", "slab"})
    out = []
    for of, shape in listed:
        unit = system.couple(of, np.random.default_rng(1)) if of in system.couples else system.phases[of].atoms()
        times = np.ceil(SMALLEST_A / unit.cell.lengths()).astype(int)
        atoms = unit.repeat(times)
        name = of.replace("|", "-")
        if shape == "slab":
            out.append(
                Trial(f"{name}-surface", vacuum(shifted(atoms, np.random.default_rng(1)), (2,)), free_cell=False)
            )
        elif of in system.couples:
            out.append(Trial(name, atoms, free_cell=True))
        else:
            framework = tuple(sorted(set(atoms.symbols) & set(anions))) or tuple(sorted(set(atoms.symbols)))
            out.append(Trial(name, atoms, free_cell=True, framework=framework))
    return out + [Trial(path.stem, in_vacuum(ase.io.read(path)), free_cell=False, free=True) for path in models]


def in_vacuum(atoms: ase.Atoms, margin_A: float = 6.0) -> ase.Atoms:
    """Return the bare atoms in a rectangular periodic box that keeps images apart, as LAMMPS and the teacher want."""
    out = ase.Atoms(atoms.numbers, atoms.positions, pbc=True)
    out.center(vacuum=margin_A)
    return out


def measure(system: System, student: Path, models: Sequence[Path], folder: Path, processes: int = 1) -> list[Gate]:
    """Measure every gate; each finished trial is kept in `folder`, so an interrupted measurement goes on."""
    folder.mkdir(parents=True, exist_ok=True)
    waiting = [t for t in trials(system, models) if not (folder / f"{t.name}.json").exists()]
    largest_first = sorted(waiting, key=lambda trial: -len(trial.atoms))
    if processes == 1:
        for trial in largest_first:
            _measure_trial(system, student, trial, folder)
    else:
        os.environ.setdefault("OMP_NUM_THREADS", "1")
        with ProcessPoolExecutor(processes, get_context("spawn")) as workers:
            list(workers.map(_measure_trial, repeat(system), repeat(student), largest_first, repeat(folder)))
    stored = [json.loads((folder / f"{trial.name}.json").read_text()) for trial in trials(system, models)]
    return [Gate.model_validate(gate) for gates in stored for gate in gates]


def _measure_trial(system: System, student: Path, trial: Trial, folder: Path) -> None:
    teacher = load_calculator(system.teacher)
    found = list(dynamics_gates(student, trial, teacher, folder, system.limits))
    if trial.framework or trial.free:
        found.append(drift_gate(student, trial, 600.0, folder / f"{trial.name}-nve", system.limits.drift_ps))
    if trial.framework:
        crystal = system.phases[trial.name].atoms()
        found += lattice_gates(student, trial.name, crystal, teacher, folder / f"{trial.name}-relax")
    of_kind = [gate.model_copy(update={"kind": trial.kind}) for gate in found]
    (folder / f"{trial.name}.json").write_text(json.dumps([gate.model_dump() for gate in of_kind]))


def validated_up_to_K(gates: Sequence[Gate], temperatures_K: Sequence[int]) -> float:
    """Return the highest temperature at which, and below which, no gate was missed; 0 when the lowest missed one.

    A gate at a temperature between them (a crystal held at 900 K) ends the range below it when it is missed; one of a
    crystal at rest does not.
    """
    top, asked = 0.0, sorted(temperatures_K)
    hot = [g.temperature_K for g in gates if g.passed is False and asked and g.temperature_K >= asked[0]]
    missed = min(hot, default=float("inf"))
    for temperature in asked:
        if temperature >= missed or not any(g.temperature_K == temperature for g in gates):
            return top
        top = float(temperature)
    return top


def ranges_by_kind_K(gates: Sequence[Gate], temperatures_K: Sequence[int]) -> dict[Kind, tuple[float, float]]:
    """Return the range of each kind of system that was judged, so that one miss does not empty those of the others.

    A missed gate that names no temperature (a core that leaves its lattice at rest) empties the range of its kind.
    """
    kinds = dict.fromkeys(gate.kind for gate in gates if gate.kind is not None)
    return {kind: (0.0, _up_to_K([g for g in gates if g.kind == kind], temperatures_K)) for kind in kinds}


def _up_to_K(gates: Sequence[Gate], temperatures_K: Sequence[int]) -> float:
    missed = any(gate.passed is False and not re.search(r", \d+ K$", gate.group) for gate in gates)
    return 0.0 if missed else validated_up_to_K(gates, temperatures_K)


def one_body_eV(form: Form, coefficients_eV: Floats) -> dict[str, float]:
    """Return the elements' own energies, which `pair_style uf3` leaves out and `pair_style pod` has in."""
    if isinstance(form, Pod):
        return dict.fromkeys(form.elements, 0.0)
    return {e: float(c) for e, c in zip(form.elements, coefficients_eV, strict=False)}


def learning_curve(work: Path) -> dict[str, dict[str, float]]:
    """Return, per round, how wrong the student before it was on its own dynamics: meV/atom, eV/A."""
    curve = {}
    for labels in sorted(work.glob("labels-*.extxyz"))[1:]:
        before = work / f"student-{int(labels.stem[-2:]) - 1:02d}.npz"
        if before.exists():
            e = errors(*load(before), read_labels(labels))
            curve[before.stem] = {"energy_meV_atom": round(e.energy_meV_atom, 1), "force_eV_A": round(e.force_eV_A, 3)}
    return curve


def ship(student: Path, form: Form, folder: Path, name: str) -> tuple[tuple[str, ...], tuple[File, ...]]:
    """Copy a student's files into the catalogue's folder as `name`, and return the card's pair commands and files."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(student.with_suffix(".npz"), folder / f"{name}.npz")
    if not isinstance(form, Pod):
        target = folder / f"{name}.uf3"
        shutil.copyfile(student.with_suffix(".uf3"), target)
        return ("pair_style uf3 3", "pair_coeff * * {0} {elements}"), (File(path=target.name, sha256=sha256(target)),)
    shutil.copytree(student.with_suffix(""), folder / name, dirs_exist_ok=True)
    files = [
        File(
            path=f"{name}/{'-'.join(mine)}{kind}",
            sha256=sha256(folder / name / f"{'-'.join(mine)}{kind}"),
            elements=mine,
        )
        for mine in element_sets(form.elements)
        for kind in (SHAPE, COEFFICIENTS)
    ]
    core = [
        f"pair_coeff {{{a}}} {{{b}}} zbl {atomic_numbers[a]} {atomic_numbers[b]}"
        for a, b in combinations_with_replacement(form.elements, 2)
    ]
    style = f"pair_style hybrid/overlay pod zbl {form.core.inner_A} {form.core.outer_A}"
    return (style, "pair_coeff * * pod {0} {1} {elements}", *core), tuple(files)


def ship_committee(work: Path, folder: Path, name: str) -> tuple[File | None, list[Gate]]:
    """Copy the committee of a fit where it has one; return the card's file and what its error bars are worth."""
    if not (work / COMMITTEE).exists():
        return None, []
    target = folder / f"{name}-{COMMITTEE}"
    shutil.copyfile(work / COMMITTEE, target)
    gates = [Gate.model_validate(gate) for gate in json.loads((work / FIGURES).read_text())]
    return File(path=target.name, sha256=sha256(target)), gates


def publish(
    system: System,
    work: Path,
    models: Sequence[Path],
    head: CardHead,
    catalogue: Path = DATA,
    processes: int = 1,
) -> Card:
    """Copy the last student of `work` into the catalogue folder and write its card; `head` gives the card's prose.

    Raises ValueError where `work` holds no student, ModuleNotFoundError without the extra that the teacher needs.
    """
    students = sorted(work.glob("student-*.npz"))
    if not students:
        raise ValueError(f"{work} holds no student-*.npz: fit one there first with `nanokiln potentials fit`")
    student = students[-1]
    gates = measure(system, student, models, work / f"gates-{student.stem}", processes)
    basis, coefficients = load(student)
    commands, files = ship(student, basis, catalogue / "files", head.name)
    committee, worth = ship_committee(work, catalogue / "files", head.name)
    gates += worth
    labelled = {p.stem: read_labels(p) for p in sorted(work.glob("labels-*.extxyz"))}
    card = Card(
        elements=basis.elements,
        tier="distilled",
        pair_commands=commands,
        files=files,
        cutoff_A=basis.cutoff_A if isinstance(basis, Pod) else basis.pair.high_A,
        validated_K=(0.0, validated_up_to_K(gates, system.limits.temperatures_K)),
        kinds_K=ranges_by_kind_K(gates, system.limits.temperatures_K),
        shortest_A=round(min(shortest_A(c) for cells in labelled.values() for c in cells), 2),
        made_from=MadeFrom(
            teacher=system.teacher,
            labels_by=signature(system.teacher),
            labels_of=system.labels or head.name,
            cells={name: len(cells) for name, cells in labelled.items()},
            coefficients=basis.size,
            errors_on_own_dynamics=learning_curve(work),
            one_body_eV=one_body_eV(basis, coefficients),
            versions={p: version(p) for p in ("ase", "lammps", "numpy", "scipy")},
        ),
        gates=tuple(gates),
        committee=committee,
        **head.model_dump(),
    )
    write_card(card, catalogue / "cards" / f"{card.name}.yaml")
    return card
