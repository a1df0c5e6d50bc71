"""Gates of a distilled potential: measured against its teacher on dynamics that the student ran itself."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import ase
import numpy as np
from ase.calculators.calculator import Calculator
from ase.filters import FrechetCellFilter
from ase.optimize import FIRE
from numpy.typing import NDArray
from rich.progress import track

from nanokiln.potentials.cards.card import Gate, Kind
from nanokiln.potentials.lammps.dynamics import deck, dynamics
from nanokiln.potentials.training.dataset import write_labels
from nanokiln.potentials.training.normal_equations import errors
from nanokiln.potentials.training.student import load, pair_commands
from nanokiln.potentials.training.system import GateLimits
from nanokiln.potentials.training.teacher import label

DRIFT_LIMIT_MEV = 1.0
LATTICE_LIMIT = 0.01
STEPS_PER_PS = 500
FRAMES = 50


@dataclass(frozen=True)
class Trial:
    """A model on which a student is judged.

    A crystal's `framework` names the elements that must stay on their sites; a `free` particle must keep its size.
    """

    name: str
    atoms: ase.Atoms
    free_cell: bool
    framework: tuple[str, ...] = ()
    free: bool = False

    @property
    def kind(self) -> Kind:
        """What kind of system it is, for the card's ranges."""
        if self.free:
            return "particle"
        if self.framework:
            return "crystal"
        return "couple" if self.free_cell else "surface"


def commands(student: Path, atoms: ase.Atoms) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the elements in the order of the types, and the pair commands."""
    elements = tuple(sorted(set(atoms.get_chemical_symbols())))
    return elements, pair_commands(student, elements)


def run(student: Path, trial: Trial, temperature_K: float, ps: float, folder: Path) -> list[ase.Atoms]:
    """Return FRAMES + 1 frames of `ps` picoseconds at a temperature, fewer if the model did not survive."""
    elements, pair = commands(student, trial.atoms)
    damp = f"temp {temperature_K} {temperature_K} 0.1"
    move = f"fix move all npt {damp} aniso 0 0 1.0" if trial.free_cell else f"fix move all nvt {damp}"
    relax = ("minimize 0 0.05 200 2000", "reset_timestep 0")
    start = (*relax, f"velocity all create {2 * temperature_K} 4711 mom yes rot yes", move)
    steps = round(ps * STEPS_PER_PS)
    return dynamics(trial.atoms, deck(elements, pair, start, steps, steps // FRAMES), folder, limit_s=3600)


def dynamics_gates(
    student: Path, trial: Trial, teacher: Calculator, folder: Path, limits: GateLimits
) -> Iterator[Gate]:
    """Yield force and energy errors on frames of the student's own dynamics per temperature, and survival."""
    basis, coefficients = load(student)
    for T in limits.temperatures_K:
        frames = run(student, trial, T, limits.dynamics_ps, folder / f"{trial.name}-{T}K")
        group = f"{trial.name}, {T} K"
        yield Gate(
            group=group,
            quantity=f"{limits.dynamics_ps:g} ps survived",
            value=max(0, len(frames) - 1),
            unit=f"of {FRAMES} frames",
            limit=FRAMES,
            passed=len(frames) == FRAMES + 1,
        )
        every = FRAMES // limits.labelled
        if len(frames) <= every:
            continue
        yield from _structure_gate(group, trial, frames)
        chosen = track(frames[every::every], description=f"teacher on {group}")
        labelled = [cell for frame in chosen for cell in label([frame], teacher, 1e3)]
        write_labels(labelled, folder / f"{trial.name}-{T}K.extxyz")
        e = errors(basis, coefficients, labelled)
        yield _below(group, "energy RMSE against teacher", e.energy_meV_atom, "meV/atom", limits.energy_meV_atom)
        yield _below(group, "force RMSE against teacher", e.force_eV_A, "eV/A", limits.force_eV_A)
        yield Gate(group=group, quantity="force slope against teacher", value=round(e.force_slope, 3), unit="")


def _structure_gate(group: str, trial: Trial, frames: list[ase.Atoms]) -> Iterator[Gate]:
    """Whether the model is still what it was.

    A crystal: where the framework is on average over the second half, against its sites, in units of the
    framework's spacing and with the whole crystal's drift removed; vibration averages out, a new site does not.
    A particle: how much the distance of its farthest atom from the middle has grown.
    """
    if trial.free:
        grown = _radius_A(frames[-1]) / _radius_A(frames[0]) - 1
        yield _below(group, "growth of the farthest atom's distance", 100 * grown, "%", 15.0)
    if not trial.framework:
        return
    mine = np.isin(frames[0].get_chemical_symbols(), trial.framework)
    start = frames[0][mine]
    apart = start.get_all_distances(mic=True)
    moves = np.mean([_moves_A(start, f[mine]) for f in frames[len(frames) // 2 :]], axis=0)
    rms = float(np.sqrt((moves**2).sum(axis=-1).mean()) / apart[apart > 0.5].min())
    yield _below(group, f"{'/'.join(trial.framework)} moved off its sites, over its spacing", rms, "", 0.15)


def _radius_A(atoms: ase.Atoms) -> float:
    return float(np.linalg.norm(atoms.positions - atoms.positions.mean(axis=0), axis=1).max())


def _moves_A(start: ase.Atoms, now: ase.Atoms) -> NDArray[np.float64]:
    fractional = now.get_scaled_positions(wrap=False) - start.get_scaled_positions(wrap=False)
    fractional -= np.rint(fractional)
    fractional -= fractional.mean(axis=0)
    return np.asarray(fractional @ now.cell.array)


def drift_gate(student: Path, trial: Trial, temperature_K: float, folder: Path, drift_ps: float = 20.0) -> Gate:
    """Return the drift of the total energy over `drift_ps` of NVE after 4 ps at a temperature."""
    elements, pair = commands(student, trial.atoms)
    start = (
        f"velocity all create {2 * temperature_K} 4711 mom yes rot yes",
        f"fix warm all nvt temp {temperature_K} {temperature_K} 0.1",
        "timestep 0.002",
        "run 2000",
        "unfix warm",
        "reset_timestep 0",
        "fix move all nve",
        "variable total equal etotal/atoms",
        'fix energy all ave/time 10 10 100 v_total format " %.12g" file energy.txt',
    )
    dynamics(trial.atoms, deck(elements, pair, start, round(drift_ps * STEPS_PER_PS), 2500), folder, limit_s=3600)
    data = np.loadtxt(folder / "energy.txt")
    slope = np.polyfit(data[:, 0] / STEPS_PER_PS, data[:, 1], 1)[0]
    drift = abs(1e3 * drift_ps * slope)
    group, quantity = f"{trial.name}, {temperature_K:g} K", f"NVE drift over {drift_ps:g} ps"
    return _below(group, quantity, drift, "meV/atom", DRIFT_LIMIT_MEV)


def lattice_gates(student: Path, name: str, crystal: ase.Atoms, teacher: Calculator, folder: Path) -> Iterator[Gate]:
    """Yield the deviation of the student's relaxed cell edges from the teacher's, at zero temperature."""
    relaxed = crystal.copy()
    relaxed.calc = teacher
    FIRE(FrechetCellFilter(relaxed, mask=[1, 1, 1, 0, 0, 0]), logfile=None).run(fmax=0.02, steps=300)
    elements, pair = commands(student, crystal)
    relax = ("fix relax all box/relax aniso 0.0 vmax 0.002", "minimize 1e-12 1e-4 2000 20000")
    own = dynamics(relaxed, (*deck(elements, pair, relax, 0, 1),), folder)[-1]
    for axis, mine, theirs in zip("abc", own.cell.lengths(), relaxed.cell.lengths(), strict=True):
        yield _below(f"{name}, 0 K", f"{axis} against teacher", 100 * abs(mine / theirs - 1), "%", 100 * LATTICE_LIMIT)


def _below(group: str, quantity: str, value: float, unit: str, limit: float) -> Gate:
    rounded = float(f"{value:.3g}")
    return Gate(group=group, quantity=quantity, value=rounded, unit=unit, limit=limit, passed=value < limit)
