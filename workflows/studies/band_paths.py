"""The two ends of every elementary step whose barrier is computed: built on slabs and crystals, and relaxed."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from ase import Atom, Atoms
from ase.build import surface
from ase.calculators.calculator import Calculator
from ase.geometry import get_distances
from ase.optimize import LBFGS
from numpy.typing import NDArray
from spglib import get_symmetry

Array = NDArray[np.float64]
VACUUM_A = 10.0
AWAY_A = 8.5  # beyond the reach of every shipped potential
SPOTS = 3
EQUAL_EV = 0.05  # places that differ by less are the same by a symmetry that the slab does not quite have


@dataclass(frozen=True)
class Step:
    """An elementary step: `symbol` moves on or in `crystal`; `kind` says how its ends are built, `face` on which face.

    `card` names the potential; `backward` asks for the barrier of the way back.
    """

    name: str
    card: str
    kind: str
    crystal: str
    symbol: str
    face: tuple[int, int, int] = (1, 0, 0)
    repeat: tuple[int, int, int] = (3, 2, 1)
    backward: bool = False
    layers: int = 3


@dataclass(frozen=True)
class Ends:
    """Relaxed first and last structure of a step, atoms in the same order, and the index of what moves."""

    start: Atoms
    end: Atoms
    mover: int

    @property
    def images(self) -> int:
        """Images between the ends: one for every angstrom that the atom goes, five to seven."""
        gone = float(np.linalg.norm(self.end.positions[self.mover] - self.start.positions[self.mover]))
        return int(np.clip(np.ceil(gone), 5, 7))


class NoPathError(RuntimeError):
    """A step whose ends cannot be built or relaxed with this potential; says why."""


def ends(step: Step, crystal: Atoms, calculator: Calculator) -> Ends:
    """Return the ends of a step from the relaxed conventional cell of its crystal; NoPathError where there are none."""
    return KINDS[step.kind](step, crystal, calculator)


def slab(step: Step, crystal: Atoms, calculator: Calculator) -> Atoms:
    """Return a relaxed slab with the step's face up, its lowest atom at height zero."""
    atoms = surface(crystal, step.face, step.layers, vacuum=VACUUM_A, periodic=True).repeat(step.repeat)
    atoms.positions[:, 2] -= atoms.positions[:, 2].min()
    return settle(atoms, calculator)


def settle(atoms: Atoms, calculator: Calculator, force_eV_A: float = 0.02, steps: int = 600) -> Atoms:
    """Relax in place and return it; NoPathError when `steps` do not suffice."""
    atoms.calc = calculator
    if not LBFGS(atoms, logfile=None, maxstep=0.1).run(fmax=force_eV_A, steps=steps):
        raise NoPathError(f"forces above {force_eV_A} eV/A after {steps} steps")
    return atoms


def _energy(atoms: Atoms) -> float:
    return float(atoms.get_potential_energy())


def adatom(base: Atoms, symbol: str, step: Step, calculator: Calculator) -> Atoms:
    """Return the base with an atom in the best of the places reached from a grid over one cell of its face."""
    return settle(_places(base, symbol, step, calculator)[0], calculator)


def _places(base: Atoms, symbol: str, step: Step, calculator: Calculator) -> list[Atoms]:
    """Return the base with an atom in each of the places reached from the grid, the best first."""
    found = [_landed(base, symbol, spot, calculator) for spot in _spots(base, step.repeat)]
    settled = [atoms for atoms in found if atoms is not None]
    if not settled:
        raise NoPathError(f"no place for {symbol} on the face")
    return sorted(settled, key=_energy)


def _spots(base: Atoms, repeat: tuple[int, int, int]) -> Iterator[Array]:
    cell = base.cell.array[:2] / np.array(repeat[:2])[:, None]
    for i in range(SPOTS):
        for j in range(SPOTS):
            # One cell away from the border of the slab, so that nothing wraps.
            yield np.asarray((i / SPOTS + 1) * cell[0] + (j / SPOTS + 1) * cell[1])[:2]


def _landed(base: Atoms, symbol: str, spot: Array, calculator: Calculator, clearance_A: float = 2.3) -> Atoms | None:
    """Return the base with an atom relaxed from where a ball dropped on `spot` would stop, or None."""
    offset, _ = get_distances(np.append(spot, 0.0), base.positions * [1, 1, 0], cell=base.cell, pbc=[1, 1, 0])
    lateral = np.linalg.norm(offset[0][:, :2], axis=1)
    near = lateral < clearance_A
    height = np.max(base.positions[near, 2] + np.sqrt(clearance_A**2 - lateral[near] ** 2))
    atoms = base + Atoms([Atom(symbol, (*spot, height))])
    try:
        return settle(atoms, calculator, force_eV_A=0.04, steps=250)
    except NoPathError:
        return None


def _surface_hop(step: Step, crystal: Atoms, calculator: Calculator) -> Ends:
    """An adatom moves to the nearest place as good as its own, at most by the shortest period of the face."""
    base = slab(step, crystal, calculator)
    places = _places(base, step.symbol, step, calculator)
    start = settle(places[0], calculator)
    here = start.positions[-1]
    periods = base.cell.array[:2] / np.array(step.repeat[:2])[:, None]
    equal = [atoms.positions[-1] for atoms in places if _energy(atoms) - _energy(start) < EQUAL_EV]
    ways = [*periods, *(_vector(base, here, place) for place in equal)]
    shift = min((v for v in ways if np.linalg.norm(v) > 1.5), key=lambda v: float(np.linalg.norm(v)))
    end = start.copy()
    end.positions[-1] += shift
    return Ends(start, settle(end, calculator), len(start) - 1)


def _landing(step: Step, crystal: Atoms, calculator: Calculator) -> Ends:
    """An atom comes down from vacuum to the best place of the face; the way back is desorption."""
    base = slab(step, crystal, calculator)
    end = adatom(base, step.symbol, step, calculator)
    start = end.copy()
    start.positions[:-1] = base.positions
    start.positions[-1, 2] = base.positions[:, 2].max() + AWAY_A
    start.calc = calculator
    return Ends(start, end, len(start) - 1)


def _penetration(step: Step, crystal: Atoms, calculator: Calculator) -> Ends:
    """An adatom goes to the nearest hole below the outermost layer that keeps it there."""
    base = slab(step, crystal, calculator)
    start = adatom(base, step.symbol, step, calculator)
    here = start.positions[-1]
    top = base.positions[:, 2].max()
    options = sorted(_holes(base, 1.5, top - 3.0, top - 8.0), key=lambda p: float(_distance(base, p, here)))
    for place in options[:8]:
        end = start.copy()
        end.positions[-1] = here + _vector(base, here, place)
        end.positions[:-1] = base.positions
        try:
            settle(end, calculator)
        except NoPathError:
            continue
        if end.positions[-1, 2] < top - 3.0 and _moved(base, end) < 2.0:
            return Ends(start, end, len(start) - 1)
    raise NoPathError(f"no hole below the face keeps {step.symbol}")


def _holes(base: Atoms, clearance_A: float, high: float, low: float) -> Array:
    """Return the roomiest points between two heights, each at least 1.5 A from the others."""
    random = np.random.default_rng(0)
    share = random.random((3000, 3))
    points = share[:, :2] @ base.cell.array[:2, :2]
    points = np.column_stack([points, low + share[:, 2] * (high - low)])
    room = get_distances(points, base.positions, cell=base.cell, pbc=base.pbc)[1].min(axis=1)
    kept: list[Array] = []
    for i in np.argsort(-room):
        if room[i] > clearance_A and all(_distance(base, points[i], k) > 1.5 for k in kept):
            kept.append(points[i])
    return np.array(kept).reshape(-1, 3)


def _vector(base: Atoms, one: Array, other: Array) -> Array:
    return np.asarray(get_distances(one, other, cell=base.cell, pbc=base.pbc)[0][0, 0])


def _distance(base: Atoms, one: Array, other: Array) -> float:
    return float(np.linalg.norm(_vector(base, one, other)))


def _moved(base: Atoms, end: Atoms) -> float:
    """Return the farthest that an atom of the base has gone."""
    count = min(len(base), len(end))
    return float(np.linalg.norm(end.positions[:count] - base.positions[:count], axis=1).max())


def _bulk(step: Step, crystal: Atoms, calculator: Calculator) -> tuple[Atoms, Atoms]:
    """Return the perfect supercell, and with the interstitial in the best of the roomiest places."""
    perfect = crystal.repeat(step.repeat)
    perfect.calc = calculator
    places = _holes(perfect, 1.5, perfect.cell[2, 2], 0.0)
    middle = perfect.cell.array.sum(axis=0) / 2
    found = []
    for place in sorted(places, key=lambda p: float(_distance(perfect, p, middle)))[:4]:
        try:
            found.append(settle(perfect + Atoms([Atom(step.symbol, place)]), calculator))
        except NoPathError:
            continue
    if not found:
        raise NoPathError(f"no interstitial place for {step.symbol}")
    return perfect, min(found, key=_energy)


def equivalents(crystal: Atoms, position: Array) -> Array:
    """Return the vectors from a position to all that the crystal's symmetry makes of it, the shortest first."""
    symmetry = get_symmetry((crystal.cell.array, crystal.get_scaled_positions(), crystal.numbers), symprec=1e-2)
    share = np.linalg.solve(crystal.cell.array.T, position)
    change = symmetry["rotations"] @ share + symmetry["translations"] - share
    near = np.stack(np.meshgrid(*[np.arange(-2, 3)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    vectors = ((change - np.round(change))[:, None] + near).reshape(-1, 3) @ crystal.cell.array
    length = np.linalg.norm(vectors, axis=1)
    order = np.argsort(length)
    return np.asarray(vectors[order][length[order] > 0.7])


def _interstitial_hop(step: Step, crystal: Atoms, calculator: Calculator) -> Ends:
    """An interstitial moves to the nearest place that symmetry makes equal."""
    perfect, start = _bulk(step, crystal, calculator)
    here = start.positions[-1]
    for vector in equivalents(crystal, here)[:12]:
        end = perfect + Atoms([Atom(step.symbol, here + vector)])
        settle(end, calculator)
        if abs(_energy(end) - _energy(start)) < 0.02 and np.linalg.norm(end.positions[-1] - here) > 0.7:
            return Ends(start, end, len(start) - 1)
    raise NoPathError("no equal place was found beside the interstitial")


def _kick_out(step: Step, crystal: Atoms, calculator: Calculator) -> Ends:
    """An interstitial takes the nearest Cd's site and that Cd goes to a hole nearby: the lowest end of those tried."""
    perfect, start = _bulk(step, crystal, calculator)
    here = start.positions[-1]
    cadmium = [a.index for a in perfect if a.symbol == "Cd"]
    victim = min(cadmium, key=lambda i: _distance(perfect, here, perfect.positions[i]))
    site = perfect.positions[victim]
    holes = _holes(perfect, 1.5, perfect.cell[2, 2], 0.0)
    near = sorted(holes, key=lambda p: float(_distance(perfect, p, site)))
    found = []
    for place in [p for p in near if _distance(perfect, p, here) > 1.0][:6]:
        end = start.copy()
        end.positions[:-1] = perfect.positions
        end.positions[-1] = here + _vector(perfect, here, site)
        end.positions[victim] = site + _vector(perfect, site, place)
        try:
            settle(end, calculator)
        except NoPathError:
            continue
        if _distance(perfect, end.positions[victim], site) > 1.2 and _distance(perfect, end.positions[-1], site) < 1.2:
            found.append(end)
    if not found:
        raise NoPathError("the Cd that was pushed out comes back to its site")
    return Ends(start, min(found, key=_energy), len(start) - 1)


def _escape(step: Step, crystal: Atoms, calculator: Calculator) -> Ends:
    """An atom of the outermost layer climbs onto the face and leaves a vacancy."""
    start = slab(step, crystal, calculator)
    mine = [a.index for a in start if a.symbol == step.symbol]
    mover = max(mine, key=lambda i: float(start.positions[i, 2]))
    rest = start.copy()
    del rest[mover]
    found = []
    for spot in _around(start.positions[mover, :2]):
        landed = _landed(rest, step.symbol, spot, calculator)
        if landed is None or _distance(start, landed.positions[-1], start.positions[mover]) < 1.5:
            continue
        end = start.copy()
        end.positions[[i for i in range(len(start)) if i != mover]] = landed.positions[:-1]
        end.positions[mover] = start.positions[mover] + _vector(start, start.positions[mover], landed.positions[-1])
        found.append(settle(end, calculator))
    if not found:
        raise NoPathError(f"{step.symbol} falls back into its site from everywhere on the face")
    return Ends(start, min(found, key=_energy), mover)


def _around(centre: Array, far_A: float = 3.0) -> Iterator[Array]:
    for angle in np.arange(8) * np.pi / 4:
        yield centre + far_A * np.array([np.cos(angle), np.sin(angle)])


KINDS: dict[str, Callable[[Step, Atoms, Calculator], Ends]] = {
    "surface hop": _surface_hop,
    "landing": _landing,
    "penetration": _penetration,
    "interstitial hop": _interstitial_hop,
    "kick-out": _kick_out,
    "escape": _escape,
}
ON_PHOSPHIDE: dict[str, Any] = {"crystal": "Cu3P", "symbol": "P", "face": (0, 0, 1), "repeat": (2, 1, 1), "layers": 2}
STUDENT = "cd-cu-p-se-pod"
# Faces whose cadmium and selenium are equally many, and supercells about as large, in both forms of CdSe.
ZINC_BLENDE: dict[str, Any] = {"crystal": "CdSe-zb", "face": (1, 1, 0)}
SHIPPED = (
    Step("Cu adsorption on CdSe", STUDENT, "landing", "CdSe-wz", "Cu"),
    Step("Cu penetration into CdSe", STUDENT, "penetration", "CdSe-wz", "Cu"),
    Step("Cu hop in CdSe", STUDENT, "interstitial hop", "CdSe-wz", "Cu", repeat=(3, 3, 2)),
    Step("Cu kick-out of Cd", STUDENT, "kick-out", "CdSe-wz", "Cu", repeat=(3, 3, 2)),
    Step("Cu adsorption on zinc-blende CdSe", STUDENT, "landing", symbol="Cu", **ZINC_BLENDE),
    Step("Cu penetration into zinc-blende CdSe", STUDENT, "penetration", symbol="Cu", **ZINC_BLENDE),
    Step("Cu hop in zinc-blende CdSe", STUDENT, "interstitial hop", symbol="Cu", **ZINC_BLENDE, repeat=(2, 2, 2)),
    Step("Cu kick-out of Cd in zinc-blende", STUDENT, "kick-out", symbol="Cu", **ZINC_BLENDE, repeat=(2, 2, 2)),
    Step("Cd surface hop", STUDENT, "surface hop", "CdSe-wz", "Cd"),
    Step("Cd desorption from CdSe", STUDENT, "landing", "CdSe-wz", "Cd", backward=True),
    Step("P surface hop", STUDENT, "surface hop", **ON_PHOSPHIDE),
    Step("P desorption from Cu3P", STUDENT, "landing", **ON_PHOSPHIDE, backward=True),
    Step("P escape from Cu3P", STUDENT, "escape", **ON_PHOSPHIDE),
    Step("Au hop on CdSe", "au-cd-se", "surface hop", "CdSe-wz", "Au"),
    Step("Au desorption from CdSe", "au-cd-se", "landing", "CdSe-wz", "Au", backward=True),
)
