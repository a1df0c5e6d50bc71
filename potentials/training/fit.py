"""Distil a teacher into a student and its committee: seeds, then rounds that label the student's own dynamics.

A work folder holds one labelled file per stage, so an interrupted fit goes on where it was, and a system that
changed its teacher keeps its cells and has them labelled anew.
"""

import tempfile
from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import ase
import numpy as np
from numpy.typing import NDArray
from rich.progress import track

from nanokiln.potentials.basis.pod import Pod
from nanokiln.potentials.cards.calculators import load_calculator
from nanokiln.potentials.training.dataset import read_labels, split, write_labels
from nanokiln.potentials.training.exploration import explore, near_rest, runs_of, seeds
from nanokiln.potentials.training.labelling import label_all, relabel
from nanokiln.potentials.training.melt import PACKED
from nanokiln.potentials.training.neighbourhoods import with_kinds
from nanokiln.potentials.training.normal_equations import TRUST, Errors, errors, solve_with_factor
from nanokiln.potentials.training.resampling import Shares, drop_committee, fit_committee
from nanokiln.potentials.training.selection import ExtrapolationGrade
from nanokiln.potentials.training.student import Form, load, pair_commands, save
from nanokiln.potentials.training.system import GateLimits, System

Say = Callable[[str], None]


def fit(
    system: System, work: Path, seed_count: int = 1200, rounds: int = 4, say: Say = print, processes: int = 1
) -> Path:
    """Fit a system in `work` and return the path of the last student; one of descriptors gets its committee.

    Stages: label `seed_count` random cells and crystals near rest, fit; then up to `rounds` times: run the student,
    label the frames it knows least and a few others, refit. Ends early once the frames of a round, before they were
    fitted, lay within the limits that the system sets its gates. Kinds of neighbourhood are those of the labels that
    there are at the start, and at the end of all of them, so that the last student is that of the labels alone.
    Raises what its teacher's calculator does where labels are to be made and it cannot be had.
    """
    work.mkdir(parents=True, exist_ok=True)
    if not all(labels_of(work, stage).exists() for stage in range(rounds + 1)):
        load_calculator(system.teacher)  # one that cannot be had stops a fit here, not after its sums and dynamics
    fitted, held, waiting = list[ase.Atoms](), dict[str, list[ase.Atoms]](), list[list[ase.Atoms]]()
    student, extrapolation, known = work / "student-00.npz", None, sorted(work.glob("labels-*.extxyz"))
    with tempfile.TemporaryDirectory(prefix="shares-", dir=work) as folder:
        for stage in range(rounds + 1):
            path = labels_of(work, stage)
            if path.exists():
                if relabel(path, system.teacher, processes):
                    say(f"{path.name}: labelled anew by {system.teacher}")
            elif extrapolation is None:
                label_stage(path, system, first_cells(system, seed_count), processes)
            else:
                label_stage(path, system, own_frames(system, student, work, stage, extrapolation, processes), processes)
            labelled = read_labels(path)
            if stage == 0:
                shares = Shares(form_of(system, work), TRUST | system.trust, Path(folder))
            new = None
            if extrapolation is not None:
                title = f"student {stage - 1} on its own dynamics"
                new = report_stage(say, title, *load(student), labelled)["all solid"]
            train, held[path.stem] = split(labelled)
            say(f"stage {stage}: {len(train)} cells to fit, {len(held[path.stem])} held out")
            fitted += train
            waiting.append(train)
            if stage < rounds and labels_of(work, stage + 1).exists():  # the student that follows knows more
                continue
            shares.add(waiting, processes)
            waiting.clear()
            coefficients, factor = solve_with_factor(shares.total())
            extrapolation = ExtrapolationGrade(shares.form, factor).calibrated(fitted)
            student = work / f"student-{stage:02d}.npz"
            drop_committee(work)
            save(student, shares.form, coefficients, shares.trust)
            for name, cells in held.items():
                say(f"  held out of {name}: {summary(errors(shares.form, coefficients, cells))}")
            if new and within(new, system.limits):
                say(f"stage {stage}: its own dynamics are within the limits of its gates; no further round")
                break
        again = system.pod is not None and system.pod.kinds > 1 and known != sorted(work.glob("labels-*.extxyz"))
        cells = [cell for members in held.values() for cell in members]
        for gate in [] if again else fit_committee(work, shares, load(student)[1], cells):
            say(f"committee: {gate.quantity} {gate.value:g} {gate.unit}".rstrip() + f" ({gate.note})")
    if again:
        say("kinds of neighbourhood are found anew, in the labels of all stages")
        return fit(system, work, seed_count, stage, say, processes)
    return student


def labels_of(work: Path, stage: int) -> Path:
    """Return where the labelled cells of a stage lie."""
    return work / f"labels-{stage:02d}.extxyz"


def label_stage(path: Path, system: System, cells: Sequence[ase.Atoms], processes: int) -> None:
    """Have the system's teacher label the cells of a stage, and write them."""
    write_labels(label_all(cells, system.teacher, f"labels of stage {path.stem[-2:]}", processes), path)


def form_of(system: System, work: Path) -> Form:
    """Return the form of a system's student; its kinds of neighbourhood are those of the cells labelled in `work`."""
    basis = system.basis()
    if not isinstance(basis, Pod) or system.pod is None or system.pod.kinds == 1:
        return basis
    cells = [cell for path in sorted(work.glob("labels-*.extxyz")) for cell in split(read_labels(path))[0]]
    return with_kinds(basis, cells, system.pod.kinds, system.pod.components)


def within(new: Errors, limits: GateLimits) -> bool:
    """Return whether errors on own dynamics are as small as the gates ask."""
    return new.force_eV_A <= limits.force_eV_A and new.energy_meV_atom <= limits.energy_meV_atom


def first_cells(system: System, seed_count: int) -> list[ase.Atoms]:
    """Return the cells of stage 0: random ones, and crystals near the teacher's own rest."""
    return [*seeds(system, seed_count, seed=1), *near_rest(system, load_calculator(system.teacher), seed=2)]


def own_frames(
    system: System,
    student: Path,
    work: Path,
    stage: int,
    extrapolation: ExtrapolationGrade,
    processes: int = 1,
    most: int = 8,
) -> list[ase.Atoms]:
    """Run the student and return, per run, the `most` frames it knows least, and up to two others as a control."""
    pair = partial(pair_commands, student)
    out: list[ase.Atoms] = []
    runs = explore(system, pair, work / f"md-{stage:02d}", seed=1000 + stage, at_once=processes)
    for frames in track(runs, total=len(runs_of(system)), description=f"dynamics of student {stage - 1}"):
        out += [f for f in frames[len(frames) // 2 :: len(frames) // 2 or 1] if "grade" not in f.info][:2]
        out += extrapolation.pick([f for f in frames if not any(f is other for other in out)], most)
    return out


def report_stage(
    say: Say, title: str, basis: Form, coefficients_eV: NDArray[np.float64], cells: list[ase.Atoms]
) -> dict[str, Errors]:
    """Print and return the errors by origin of the cells, of all and of all that is no melt or gas."""
    groups: dict[str, list[ase.Atoms]] = defaultdict(list)
    for cell in cells:
        groups[str(cell.info["origin"])].append(cell)
    out = {name: errors(basis, coefficients_eV, members) for name, members in sorted(groups.items())}
    out["all"] = errors(basis, coefficients_eV, cells)
    solid = [cell for cell in cells if not str(cell.info["origin"]).startswith(PACKED)]
    out["all solid"] = errors(basis, coefficients_eV, solid or cells)
    say(title)
    for name, e in out.items():
        say(f"  {name:40s} {summary(e)}")
    return out


def summary(e: Errors) -> str:
    """Return one line of figures."""
    return (
        f"{e.cells:4d} cells  {e.energy_meV_atom:7.1f} meV/atom  {e.force_eV_A:.3f} eV/A  "
        f"slope {e.force_slope:.3f}  {e.stress_GPa:.2f} GPa"
    )
