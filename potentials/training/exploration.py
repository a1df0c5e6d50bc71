"""Cells for the teacher to label: random ones to begin with, then the student's own dynamics."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import ase
import numpy as np
from ase.calculators.calculator import Calculator
from ase.filters import FrechetCellFilter
from ase.optimize import FIRE

from nanokiln.potentials.lammps.dynamics import deck, dynamics
from nanokiln.potentials.training.melt import GAS_K, PACKED
from nanokiln.potentials.training.system import Explore, System, particle, shifted, shortest_A, vacuum

SHORTEST_A = 1.3
SMALLEST_CRYSTAL_A = 5.5  # of cells near rest, so that modes beyond the zone centre are among them
_KINDS = ("bulk", "stretched", "collision", "slab", "particle", "couple", "mixed", "desorbing")
_SHARES = (0.2, 0.06, 0.1, 0.16, 0.12, 0.16, 0.12, 0.08)


def seeds(system: System, count: int, seed: int) -> Iterator[ase.Atoms]:
    """Yield `count` unlabelled cells: strained, displaced, cut, joined, mixed, compressed, with lone atoms outside."""
    rng = np.random.default_rng(seed)
    names = list(system.phases)
    weights = np.array([system.phases[name].weight for name in names])
    made = 0
    while made < count:
        kind = str(rng.choice(_KINDS, p=_SHARES))
        name = str(rng.choice(names, p=weights / weights.sum()))
        if kind == "couple" and system.couples:
            name = str(rng.choice(list(system.couples)))
            atoms = system.couple(name, rng)
        else:
            atoms = _single(system, name, kind, rng)
        atoms.positions += rng.normal(0, rng.choice([0.05, 0.1, 0.15, 0.22]), atoms.positions.shape)
        atoms.wrap()
        if shortest_A(atoms) > SHORTEST_A:
            atoms.info = {"origin": f"seed/{kind}/{name}"}
            made += 1
            yield atoms


def near_rest(system: System, calculator: Calculator, seed: int, each: int = 40) -> Iterator[ase.Atoms]:
    """Yield `each` unlabelled cells per crystal, relaxed by the teacher, then strained by 1 % and displaced a little.

    Elastic constants and soft modes live here; a crystal that the teacher cannot hold is taken where 200 steps led.
    """
    rng = np.random.default_rng(seed)
    for name, phase in system.phases.items():
        atoms = phase.atoms()
        atoms.calc = calculator
        FIRE(FrechetCellFilter(atoms), logfile=None).run(fmax=0.01, steps=200)
        atoms = ase.Atoms(atoms.numbers, atoms.positions, cell=atoms.cell, pbc=True)
        crystal = atoms.repeat([int(np.ceil(SMALLEST_CRYSTAL_A / edge)) for edge in atoms.cell.lengths()])
        for _ in range(each):
            cell = crystal.copy()
            strain = rng.normal(0, 0.01, (3, 3))
            cell.set_cell(cell.cell.array @ (np.eye(3) + (strain + strain.T) / 2), scale_atoms=True)
            cell.positions += rng.normal(0, rng.choice([0.005, 0.02, 0.04]), cell.positions.shape)
            cell.info = {"origin": f"rest/{name}"}
            yield cell


def _single(system: System, name: str, kind: str, rng: np.random.Generator) -> ase.Atoms:
    phase = system.phases[name]
    atoms = phase.atoms().repeat(phase.repeat)
    if kind == "stretched":
        atoms.set_cell(atoms.cell.array * rng.uniform(0.86, 1.2), scale_atoms=True)
        return atoms
    strain = rng.normal(0, 0.012, (3, 3))
    growth = np.eye(3) * (1 + rng.normal(0.005, 0.012)) + (strain + strain.T) / 2
    atoms.set_cell(atoms.cell.array @ growth, scale_atoms=True)
    if kind == "mixed" or rng.random() < 0.1:
        atoms = system.mixed(atoms, rng)
    if kind in {"slab", "desorbing"}:
        atoms = vacuum(shifted(atoms, rng), (int(rng.integers(3)),) if rng.random() < 0.8 else (0, 1))
    if kind == "particle":
        atoms = particle(shifted(phase.atoms().repeat((4, 4, 4)), rng), rng.uniform(4.5, 6.5))
    if kind == "desorbing":
        atoms = _with_lone_atom(atoms, str(rng.choice(system.elements)), rng)
    if kind == "collision":
        _push_together(atoms, rng)
    return atoms


def _with_lone_atom(atoms: ase.Atoms, element: str, rng: np.random.Generator) -> ase.Atoms:
    for _ in range(100):
        grown = atoms + ase.Atoms(element, positions=[rng.random(3) @ atoms.cell.array])
        nearest = grown.get_distances(-1, range(len(atoms)), mic=True).min()
        if 2.0 < nearest < 4.5:
            return grown
    return atoms


def _push_together(atoms: ase.Atoms, rng: np.random.Generator) -> None:
    i = int(rng.integers(len(atoms)))
    d = atoms.get_distances(i, range(len(atoms)), mic=True)
    d[i] = np.inf
    j = int(rng.choice(np.argsort(d)[:8]))
    vector = atoms.get_distance(i, j, mic=True, vector=True)
    atoms.positions[i] += vector * (1 - rng.uniform(1.5, 2.3) / d[j])


def ensemble(shape: str, temperature_K: float, seed: int) -> tuple[str, ...]:
    """Return a Langevin ensemble: free cell edges for bulk shapes, fixed ones where there is vacuum.

    A melt or a drop, packed at random, comes to rest first.
    """
    move = "nve"
    if shape in {"bulk", "mixed", "melt"}:
        move = f"nph {'iso' if shape == 'melt' else 'aniso'} 0 0 1.0"
    return (
        *(("minimize 0 0.1 100 400", "reset_timestep 0") if shape in ("melt", "drop") else ()),
        f"velocity all create {temperature_K} {seed} mom yes rot no",
        f"fix move all {move}",
        f"fix bath all langevin {temperature_K} {temperature_K} 0.1 {seed}",
    )


def runs_of(system: System) -> list[Explore]:
    """Return the exploration models in the order run, each twice per unit of weight."""
    return [e for e in system.explore for _ in range(round(2 * e.weight))]


def explore(
    system: System,
    pair: Callable[[tuple[str, ...]], tuple[str, ...]],
    folder: Path,
    seed: int,
    steps: int = 3000,
    frames: int = 15,
    at_once: int = 1,
) -> Iterator[list[ase.Atoms]]:
    """Yield `frames` evenly spaced frames of each run of the student's dynamics on the system's small models.

    `pair` returns pair_style and pair_coeff for the elements in the order of the types; `at_once`
    runs go side by side. Frames with atoms closer than SHORTEST_A are left out: the student failed there, the
    teacher would too.
    """
    rng = np.random.default_rng(seed)
    hot_K = dict.fromkeys(PACKED, max(system.explore_K)) | {"gas": GAS_K}
    models, decks, origins = [], [], []
    for what in runs_of(system):
        temperature = int(hot_K[what.shape] if what.shape in hot_K else rng.choice(system.explore_K))
        atoms = system.build(what, rng)
        atoms.rattle(0.03, seed=int(rng.integers(1 << 30)))
        elements = tuple(sorted(set(atoms.get_chemical_symbols())))
        bath = ensemble(what.shape, temperature, int(rng.integers(1, 900_000_000)))
        models.append(atoms)
        decks.append(deck(elements, pair(elements), bath, steps, steps // frames))
        kind = what.shape if what.shape in PACKED else f"md/{what.shape}"
        origins.append(f"{kind}/{what.of}/{temperature}K")
    folders = [folder / f"{index:03d}" for index in range(len(models))]
    with ThreadPoolExecutor(at_once) as runners:  # each waits for a LAMMPS of its own
        for found, origin in zip(runners.map(dynamics, models, decks, folders), origins, strict=True):
            seen = [frame for frame in found[1:] if shortest_A(frame) > SHORTEST_A]
            for frame in seen:
                frame.info = {"origin": origin}
            yield seen
