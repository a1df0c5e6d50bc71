"""Does a crystal keep its framework in a potential's own dynamics, and a particle its core: for `potentials validate`.

A teacher is held to the same, for a student can only do what its teacher does: where that one leaves a lattice too,
the lattice is no minimum of the functional, and leaving it no fault of the student.
"""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import ase
import numpy as np
from ase.build import minimize_rotation_and_translation
from ase.calculators.calculator import Calculator
from ase.md.nptberendsen import Inhomogeneous_NPTBerendsen
from ase.md.velocitydistribution import Stationary
from ase.optimize import FIRE
from ase.units import GPa, fs, kB
from numpy.typing import NDArray
from rich.progress import track
from scipy.spatial import ConvexHull

from nanokiln.analysis.lattice.template_matching import FCC, HCP, match
from nanokiln.potentials.cards.card import Card
from nanokiln.potentials.lammps.dynamics import deck, dynamics
from nanokiln.potentials.validation.measurement import Bench, Measurement
from nanokiln.structures import catalogue
from nanokiln.workflows.studies.relaxing import relax

Floats = NDArray[np.float64]
Spec = str | Mapping[str, object]  # what the catalogue builds
STEPS_PER_PS, FRAME_PS = 500, 0.1
HOLD_PS = 20.0  # of a crystal
REST_K, REST_PS = 300.0, 10.0  # of a particle
MEAN_PS, LAST_PS = 1.0, 2.0  # that places are averaged over: for matching, and for how far they have moved
CORE_A = 3.5  # below the convex hull of a particle
ORDERS = {"fcc": FCC, "hcp": HCP}
_VACUUM_A = 7.0


@dataclass(frozen=True)
class Framework:
    """A crystal of about 300 atoms, the element that must keep its places, in what stacking, and at what K.

    Layers with gaps between them have no stacking (None). Long waves of shear move the places of a `soft` crystal by
    more than a tenth of their spacing though none is left.
    """

    repeat: tuple[int, int, int]
    element: str
    order: Literal["fcc", "hcp"] | None
    temperatures_K: tuple[float, ...] = (300.0, 700.0, 900.0)
    soft: bool = False


CRYSTALS = {
    "CdSe-wz": Framework((5, 5, 3), "Se", "hcp", (300.0, 700.0, 900.0, 1200.0)),
    "Cu2Se": Framework((3, 3, 3), "Se", "fcc", soft=True),
    "Cu3P": Framework((3, 2, 2), "P", "hcp", (300.0, 700.0, 800.0, 900.0)),
    "Cu": Framework((4, 4, 4), "Cu", "fcc"),
    "Au": Framework((4, 4, 4), "Au", "fcc"),
    "PbSe": Framework((3, 3, 4), "Se", "fcc"),
    "PbS": Framework((3, 3, 4), "S", "fcc"),
    "CdS-wz": Framework((5, 5, 3), "S", "hcp"),
    "Cu2S": Framework((3, 3, 3), "S", "fcc", (700.0, 900.0), soft=True),
    "Bi2Se3": Framework((5, 5, 1), "Se", None, (300.0, 600.0)),
    "Bi2Te3": Framework((5, 5, 1), "Te", None, (300.0, 600.0)),
}
PARTICLES: Mapping[str, Spec] = {
    name: name for name in ("cdse-rod-small", "cu2se-sphere-small", "cu3p-plate-small", "cu-cu3p-janus-j1-small")
}
_HEXAGON = {"name": "plate", "phase": "Cu3P", "shape": {"kind": "prism", "across_nm": 2.7, "height_nm": 2.2}}
LARGER: Mapping[str, Spec] = {  # where the small ones leave their lattice under the teacher too
    "cu2se-sphere-3nm": {"preset": "cu2se-sphere", "scale": 3 / 7},
    "cu3p-plate-2.7nm": {"preset": "cu3p-plate", "parts": [_HEXAGON]},
}


def compute_frameworks(bench: Bench, hold_ps: float = HOLD_PS) -> Iterator[Measurement]:
    """Share of the framework in fcc and in hcp order (template matching on means of 1 ps), how far its mean places have
    moved over their spacing, and the volume, at the end of a hold at no pressure.

    A teacher is run through ASE, which takes hours: its column is measured once and stored.
    """
    jobs = [(n, c, T) for n, c in CRYSTALS.items() if n in bench.subjects.phases for T in c.temperatures_K]
    for name, crystal, temperature_K in track(jobs, description="frameworks", transient=True):
        atoms = bench.subjects.phases[name].atoms().repeat(crystal.repeat)
        with tempfile.TemporaryDirectory(prefix="nanokiln-") as folder:
            if bench.card is not None:
                frames = _student(bench.card, atoms, temperature_K, hold_ps, Path(folder))
            else:
                frames = _teacher(bench.calculator, atoms, temperature_K, hold_ps)
        yield from held(name, frames, crystal.element, temperature_K, hold_ps)


def _student(card: Card, atoms: ase.Atoms, temperature_K: float, hold_ps: float, folder: Path) -> list[ase.Atoms]:
    move = f"fix move all npt temp {temperature_K} {temperature_K} 0.1 aniso 0 0 1.0"
    return _run(card, atoms, temperature_K, move, hold_ps, folder)


def _run(
    card: Card, atoms: ase.Atoms, temperature_K: float, move: str, hold_ps: float, folder: Path
) -> list[ase.Atoms]:
    """Run a structure from rest with twice the temperature's velocities: half of their energy goes into its springs."""
    elements = tuple(sorted(set(atoms.get_chemical_symbols())))
    ensemble = (f"velocity all create {2 * temperature_K} 4711 mom yes rot yes", move)
    steps, every = round(hold_ps * STEPS_PER_PS), round(FRAME_PS * STEPS_PER_PS)
    return dynamics(atoms, deck(elements, card.commands(elements), ensemble, steps, every), folder, 36000)


def _teacher(calculator: Calculator, atoms: ase.Atoms, temperature_K: float, hold_ps: float) -> list[ase.Atoms]:
    """Hold a crystal with an ASE calculator: weak coupling to temperature (0.1 ps) and to no pressure (1 ps)."""
    atoms.calc = calculator
    momenta = np.random.default_rng(1).normal(size=(len(atoms), 3))
    atoms.set_momenta(momenta * np.sqrt(2 * kB * temperature_K * atoms.get_masses())[:, None])
    Stationary(atoms)
    step_fs = 1000 / STEPS_PER_PS
    move = Inhomogeneous_NPTBerendsen(
        atoms,
        step_fs * fs,
        temperature_K=temperature_K,
        taut=100 * fs,
        pressure_au=0.0,
        taup=1000 * fs,
        compressibility_au=1 / (64 * GPa),
    )
    frames = [atoms.copy()]
    move.attach(lambda: frames.append(atoms.copy()), interval=round(FRAME_PS * STEPS_PER_PS))
    move.run(round(hold_ps * STEPS_PER_PS))
    return frames


def held(
    name: str, frames: Sequence[ase.Atoms], element: str, temperature_K: float, hold_ps: float
) -> Iterator[Measurement]:
    """Return what the frames of one hold (0.1 ps apart) say of the framework of `element`."""
    at, about = f"{temperature_K:g} K", f"{len(frames[0])} atoms, {hold_ps:g} ps" if frames else ""
    if len(frames) < round(hold_ps / FRAME_PS) + 1:
        why = f"only {len(frames)} frames: the crystal did not survive"
        yield from (Measurement("framework", name, f"{element} in {it} order {at}", "1", None, why) for it in ORDERS)
        return
    places, cell = _places(frames, element)
    kinds = match(places[-round(MEAN_PS / FRAME_PS) :].mean(axis=0), cell, np.ones(3, dtype=bool)).kind
    moved = places[-round(LAST_PS / FRAME_PS) :].mean(axis=0) - places[0]
    first = frames[0][frames[0].symbols == element].get_all_distances(mic=True)
    shift = float(np.sqrt((moved**2).sum(axis=1).mean()) / first[first > 0.5].min())
    volume = float(np.mean([frame.get_volume() for frame in frames[len(frames) // 4 :]]) / len(frames[0]))
    for order, kind in ORDERS.items():
        share = round(float(np.mean(kinds == kind)), 3)
        yield Measurement("framework", name, f"{element} in {order} order {at}", "1", share, about)
    yield Measurement("framework", name, f"{element} off its places {at}", "spacings", round(shift, 3), about)
    yield Measurement("framework", name, f"volume {at}", "A3/atom", round(volume, 3), about)


def _places(frames: Sequence[ase.Atoms], element: str) -> tuple[Floats, Floats]:
    """Return the framework's places (frames, n, 3) in the mean cell, unwrapped and without its drift, and that cell."""
    mine = np.asarray(frames[0].symbols == element)
    scaled = np.array([frame.get_scaled_positions(wrap=False)[mine] for frame in frames])
    steps = np.diff(scaled, axis=0)
    path = scaled[0] + np.concatenate([np.zeros((1, *scaled[0].shape)), np.cumsum(steps - np.rint(steps), axis=0)])
    path -= path.mean(axis=1, keepdims=True) - path[0].mean(axis=0)
    cell = np.mean([frame.cell.array for frame in frames[len(frames) // 2 :]], axis=0)
    return path @ cell, cell


def compute_cores(bench: Bench, hold_ps: float = REST_PS) -> Iterator[Measurement]:
    """How far minimisation, and then a hold at 300 K, take the core of a small particle, and its anions, from where
    they were built.

    Root mean squares (A) after the best rotation, of atoms more than 3.5 A below the convex hull; after the hold, of
    their means over its last picosecond. A teacher only minimises the smaller particles: more takes days.
    """
    known = set(bench.card.elements) if bench.card is not None else None
    particles = PARTICLES if bench.card is None else {**PARTICLES, **LARGER}
    for name, spec in track(particles.items(), description="cores", transient=True):
        model = catalogue.build(spec).atoms
        atoms = ase.Atoms(model.get_chemical_symbols(), model.positions)
        if known is not None and not set(atoms.get_chemical_symbols()) <= known:
            continue
        rest_A = _rest(bench, atoms)
        yield from moved(name, atoms, rest_A, "minimisation")
        if bench.card is not None:
            yield from _kept(bench.card, name, atoms, rest_A, hold_ps)


def _rest(bench: Bench, atoms: ase.Atoms) -> Floats:
    if bench.card is not None:
        return relax(atoms, bench.card).positions_A
    free = ase.Atoms(atoms.numbers, atoms.positions, pbc=True)
    free.center(vacuum=_VACUUM_A)
    free.calc = bench.calculator
    FIRE(free, logfile=None).run(fmax=0.02, steps=400)
    return np.asarray(free.positions)


def _kept(card: Card, name: str, built: ase.Atoms, rest_A: Floats, hold_ps: float) -> Iterator[Measurement]:
    """Hold a particle at 300 K from its minimum and return how far its core lies then from where it was built."""
    after = f"{hold_ps:g} ps at {REST_K:g} K"
    free = ase.Atoms(built.symbols, rest_A, pbc=True)
    free.center(vacuum=_VACUUM_A)
    move = f"fix move all nvt temp {REST_K} {REST_K} 0.1"
    with tempfile.TemporaryDirectory(prefix="nanokiln-") as folder:
        frames = _run(card, free, REST_K, move, hold_ps, Path(folder))
    if len(frames) < round(hold_ps / FRAME_PS) + 1:
        why = f"only {len(frames)} frames: the particle did not survive"
        yield Measurement("cores", name, f"core after {after}", "A", None, why)
        return
    last = [_laid(built, frame.positions) for frame in frames[-round(MEAN_PS / FRAME_PS) :]]
    yield from moved(name, built, np.mean(last, axis=0), after)


def _laid(built: ase.Atoms, positions_A: Floats) -> Floats:
    """Return positions after the rotation and shift that lay them best on the built particle."""
    now = ase.Atoms(built.symbols, positions_A)
    minimize_rotation_and_translation(built.copy(), now)
    return np.asarray(now.positions)


def moved(name: str, built: ase.Atoms, now_A: Floats, after: str) -> Iterator[Measurement]:
    """Return how far the core of a particle and its anions lie from where they were built, `after` what was done."""
    hull = ConvexHull(built.positions)
    depth = -(built.positions @ hull.equations[:, :3].T + hull.equations[:, 3]).max(axis=1)
    core = depth > CORE_A
    anions = core & np.isin(built.get_chemical_symbols(), ("Se", "P"))
    for what, chosen in (("core", core), ("anions of the core", anions)):
        target = built[chosen]
        off = float(np.sqrt(((_laid(target, now_A[chosen]) - target.positions) ** 2).sum(axis=1).mean()))
        note = f"{chosen.sum()} of {len(built)} atoms"
        yield Measurement("cores", name, f"{what} after {after}", "A", round(off, 2), note)
