"""How far a potential was off in the run that it drove: frames of the run itself, labelled by a teacher.

A card says how a potential does on dynamics of crystals, couples and faces; a run's own model is neither of them.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from ase.calculators.calculator import Calculator
from rich.progress import track

from nanokiln.analysis.trajectory.thermo import Thermo
from nanokiln.analysis.trajectory.trajectory import Trajectory
from nanokiln.potentials.cards.calculators import load_calculator
from nanokiln.potentials.cards.card import Card
from nanokiln.potentials.lammps.session import card_calculator
from nanokiln.workflows.errors import InputError
from nanokiln.workflows.pipeline import measured_of
from nanokiln.workflows.rundir.force_errors import card_of_run
from nanokiln.workflows.rundir.rundir import RunDirectory

_VACUUM_A = 10.0


@dataclass(frozen=True)
class OwnFrame:
    """One frame: the potential's energy less the teacher's, the root mean square difference of force components, and
    that of the teacher's forces themselves. Energies of two methods may differ by a constant per element: what tells
    is how the difference changes between frames."""

    time_ps: float
    temperature_K: float
    atoms: int
    energy_meV_per_atom: float
    forces_eV_A: float
    teacher_forces_eV_A: float


def judge_frames(path: Path, teacher: str, frames: int = 8) -> tuple[OwnFrame, ...]:
    """Return the errors of a finished run's potential on `frames` of its own, evenly from the first to the last.

    Raises InputError for a potential whose files are no longer the run's or that has no card, and for no teacher.
    """
    if frames < 1:
        raise InputError(f"at least one frame was expected, not {frames}: give --frames 8")
    directory = RunDirectory(path).require()
    measured_of(directory)  # its trajectory is one file then
    card, judge = _card(directory), _teacher(teacher)
    student = card_calculator(card)
    temperatures_K = Thermo(directory.thermo_path).temperature_at
    found = []
    with Trajectory.open(directory.trajectory_path) as trajectory:
        chosen = np.unique(np.linspace(0, trajectory.n_frames - 1, frames).astype(int))
        at_K = temperatures_K(trajectory.steps)
        for index in track(chosen, description=f"frames by {teacher}", transient=True):
            energy_eV, forces_eV_A = _of(student, trajectory, int(index))
            true_eV, truth_eV_A = _of(judge, trajectory, int(index))
            found.append(
                OwnFrame(
                    time_ps=float(trajectory.times_ps[index]),
                    temperature_K=float(at_K[index]),
                    atoms=len(truth_eV_A),
                    energy_meV_per_atom=1e3 * (energy_eV - true_eV) / len(truth_eV_A),
                    forces_eV_A=_root_mean_square(forces_eV_A - truth_eV_A),
                    teacher_forces_eV_A=_root_mean_square(truth_eV_A),
                )
            )
    return tuple(found)


def _of(calculator: Calculator, trajectory: Trajectory, index: int) -> tuple[float, np.ndarray]:
    atoms = trajectory.atoms(index)
    if not atoms.pbc.all():  # a box about the atoms, wide enough that none meets an image
        atoms.center(vacuum=_VACUUM_A, axis=np.flatnonzero(~atoms.pbc))
        atoms.pbc = True
    atoms.calc = calculator
    return float(atoms.get_potential_energy()), np.asarray(atoms.get_forces())


def _root_mean_square(values: np.ndarray) -> float:
    return float(np.sqrt(np.mean(values**2)))


def _card(directory: RunDirectory) -> Card:
    used = directory.record.potential
    card = card_of_run(used)
    if card is None:
        raise InputError(
            f"{directory.path} was run with {used.name}, and no card of the catalogue has the same files: run it anew"
        )
    return card


def _teacher(name: str) -> Calculator:
    try:
        return load_calculator(name)
    except ModuleNotFoundError as error:
        raise InputError(f"{name} needs the extra `teacher` ({error}): pip install 'nanokiln[teacher]'") from error
    except ValueError as error:
        raise InputError(str(error)) from error
