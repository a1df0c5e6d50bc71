"""A system to fit: its crystals, couples and mixtures, read from YAML, and the cells made from them."""

from pathlib import Path
from typing import Literal

import ase
import ase.io
import numpy as np
import yaml
from ase.build import make_supercell
from ase.formula import Formula
from ase.geometry import cell_to_cellpar
from ase.neighborlist import neighbor_list
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, PositiveFloat, PositiveInt, model_validator

from nanokiln.potentials.basis.pod import Pod
from nanokiln.potentials.basis.splines import Basis
from nanokiln.potentials.cards.card import DATA
from nanokiln.potentials.training.melt import PACKED, packed
from nanokiln.potentials.training.unit_cell import UnitCell, rest_cell

Matrix = tuple[tuple[float, float, float], tuple[float, float, float], tuple[float, float, float]]
_IDENTITY: Matrix = ((1, 0, 0), (0, 1, 0), (0, 0, 1))
VACUUM_A = 9.0
LARGEST_COUPLE_STRAIN = 0.12


class TrainingPhase(UnitCell):
    """A crystal to fit, written out or `at_rest: TEACHER/CRYSTAL`; how often it is repeated and how much it counts."""

    repeat: tuple[int, int, int] = (1, 1, 1)
    weight: float = 1.0

    @model_validator(mode="before")
    @classmethod
    def _named(cls, told: object) -> object:
        if not isinstance(told, dict) or "at_rest" not in told:
            return told
        return {**rest_cell(told["at_rest"]).model_dump(), **{k: v for k, v in told.items() if k != "at_rest"}}


class Couple(BaseModel):
    """Two phases face to face: rows of `a_cell` and `b_cell` span the shared plane, the third row stacks."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    a: str
    b: str
    a_cell: Matrix
    b_cell: Matrix
    a_multiply: Matrix = _IDENTITY
    b_multiply: Matrix = _IDENTITY


class Explore(BaseModel):
    """A small model whose own dynamics feed the fit: a phase, a couple, the formula of a melt, drop or gas, or (shape
    `file`) a model in extended XYZ."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    of: str
    shape: Literal["bulk", "slab", "particle", "mixed", "melt", "drop", "gas", "file"]
    repeat: tuple[int, int, int] = (1, 1, 1)
    radius_A: float = 6.5
    weight: float = 1.0


class GateLimits(BaseModel):
    """How far a student may be from its teacher on frames of its own dynamics, and at what temperatures: its gates."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    force_eV_A: float = 0.15
    energy_meV_atom: float = 10.0
    temperatures_K: tuple[int, ...] = (300, 600, 1000)
    dynamics_ps: float = 5.0
    labelled: int = 5  # frames of each run that the teacher labels
    drift_ps: float = 20.0  # over which the drift of the total energy is measured
    jury_eV_A: float | None = None  # of forces against PBE, on all cells of the jury that the system covers


class Descriptors(BaseModel):
    """Settings of a student of descriptors (see `Pod`): radial functions, and for 3 to 5 bodies the angular degree.

    `kinds` of neighbourhood have coefficients of their own, told apart on `components` axes (see `Environments`).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    cutoff_A: float
    inner_A: float = 1.2
    pair: int = 6
    three: tuple[int, int]
    four: tuple[int, int]
    five: tuple[int, int]
    kinds: PositiveInt = 1
    components: PositiveInt = 2


class System(BaseModel):
    """Everything a fit needs to know about its chemistry."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    elements: tuple[str, ...]
    teacher: str = "chgnet"
    reach_A: dict[str, float] = {}  # of the triplets, per element (see `Basis`); 4.5 where nothing is said
    pod: Descriptors | None = None  # the student's form: descriptors of these settings, or splines
    phases: dict[str, TrainingPhase]
    couples: dict[str, Couple] = {}
    classes: dict[str, tuple[str, ...]] = {}
    trust: dict[str, PositiveFloat] = {}  # how much cells count by origin, where not as `normal_equations.TRUST` says
    labels: str = ""  # the system whose shipped labels it is fitted to, where they are not its own
    explore: tuple[Explore, ...]
    explore_K: tuple[int, ...] = (300, 600, 900)
    limits: GateLimits = GateLimits()

    @model_validator(mode="after")
    def _names_exist(self) -> "System":
        known = {*self.phases, *self.couples}
        solid = {e.of for e in self.explore if e.shape not in ("file", *PACKED)}
        named = solid | {p for c in self.couples.values() for p in (c.a, c.b)}
        if named - known:
            raise ValueError(f"explore or couples name {sorted(named - known)}, but there are only {sorted(known)}")
        for molten in (e for e in self.explore if e.shape in PACKED):
            if strange := sorted(set(Formula(molten.of).count()) - set(self.elements)):
                raise ValueError(
                    f"explore names a {molten.shape} {molten.of}, but {', '.join(strange)} is no element of this system"
                )
        if set(self.reach_A) - set(self.elements):
            raise ValueError(
                f"reach_A names {sorted(set(self.reach_A) - set(self.elements))}, no elements of this system"
            )
        return self

    def basis(self) -> Basis | Pod:
        """Return the basis of the system's student, its kinds of neighbourhood not yet told apart."""
        elements = tuple(sorted(self.elements))
        if self.pod is not None:
            return Pod(elements, **self.pod.model_dump(exclude={"kinds", "components"}))
        return Basis(elements, reach_A=tuple(self.reach_A.get(e, Basis.bond.high_A) for e in elements))

    @classmethod
    def load(cls, name: str | Path) -> "System":
        """Read a shipped system by name or one's own by path; with `like: NAME` it is that one but for what is said."""
        path = Path(name)
        shipped = DATA / "systems" / f"{name}.yaml"
        if path.suffix not in {".yaml", ".yml"}:
            path = shipped
        if not path.is_file():
            there = ", ".join(sorted(p.stem for p in shipped.parent.glob("*.yaml")))
            raise ValueError(f"no system '{name}'; shipped: {there}, or give the path of a YAML file")
        told = yaml.safe_load(path.read_text())
        base = told.pop("like", None)
        return cls.model_validate(told if base is None else cls.load(base).model_dump() | told)

    def build(self, what: Explore, rng: np.random.Generator) -> ase.Atoms:
        """Return the cell of an exploration model; couples get random terminations, gaps and offsets."""
        if what.shape == "file":
            shipped = DATA / "systems" / "models" / what.of
            return ase.io.read(shipped if shipped.is_file() else what.of)
        if what.shape in PACKED:
            return packed(what.of, self.volumes_A3(), what.shape, rng)
        atoms = self.couple(what.of, rng) if what.of in self.couples else self.phases[what.of].atoms()
        atoms = atoms.repeat(what.repeat)
        if what.shape == "slab":
            return vacuum(shifted(atoms, rng), (2,))
        if what.shape == "particle":
            return particle(shifted(atoms, rng), what.radius_A)
        if what.shape == "mixed":
            return self.mixed(atoms, rng)
        return atoms

    def volumes_A3(self) -> dict[str, float]:
        """Return the volume that an atom of each element takes, the mean over the crystals that hold it."""
        cells = [phase.atoms() for phase in self.phases.values()]
        return {
            element: float(np.mean([c.get_volume() / len(c) for c in cells if element in c.get_chemical_symbols()]))
            for element in self.elements
        }

    def couple(self, name: str, rng: np.random.Generator) -> ase.Atoms:
        """Return the cell of a couple: both sides strained to a common plane, random gaps between 1.5 and 2.6 A.

        Raises ValueError when the sides differ by more than 12 % or by their angle.
        """
        couple = self.couples[name]
        a = _standing(self.phases[couple.a].atoms(), couple.a_cell, couple.a_multiply)
        b = _standing(self.phases[couple.b].atoms(), couple.b_cell, couple.b_multiply)
        pa, pb = cell_to_cellpar(a.cell), cell_to_cellpar(b.cell)
        if abs(pa[5] - pb[5]) > 1 or np.abs(pa[:2] / pb[:2] - 1).max() > LARGEST_COUPLE_STRAIN:
            raise ValueError(f"couple {name}: planes {np.round(pa, 2)} and {np.round(pb, 2)} do not match within 12 %")
        mix = rng.uniform(0.3, 0.8)
        for side in (a, b):
            plane = mix * a.cell.array[:2] + (1 - mix) * b.cell.array[:2] if side is a else a.cell.array[:2]
            side.set_cell(np.vstack([plane, side.cell.array[2]]), scale_atoms=True)
            shifted_z = (side.get_scaled_positions()[:, 2] + rng.random()) % 1.0
            side.set_scaled_positions(np.column_stack([side.get_scaled_positions()[:, :2], shifted_z]))
            if rng.random() < 0.5:
                side.positions[:, 2] *= -1
        gaps = rng.uniform(1.5, 2.6, 2)
        a.positions[:, 2] -= a.positions[:, 2].min()
        b.positions[:, 2] += a.positions[:, 2].max() + gaps[0] - b.positions[:, 2].min()
        b.positions[:, :2] += rng.random(2) @ a.cell.array[:2, :2]
        joined = a + b
        joined.set_cell(np.vstack([a.cell.array[:2], [0, 0, joined.positions[:, 2].max() + gaps[1]]]))
        joined.wrap()
        return joined

    def mixed(self, atoms: ase.Atoms, rng: np.random.Generator) -> ase.Atoms:
        """Return the cell with part of each class of species replaced by its peers, at times with a few vacancies."""
        out = atoms.copy()
        symbols = np.array(out.get_chemical_symbols(), dtype=object)
        share = rng.uniform(0.05, 0.5)
        for members in self.classes.values():
            mine = np.flatnonzero(np.isin(symbols, members) & (rng.random(len(symbols)) < share))
            symbols[mine] = rng.choice(members, len(mine))
        out.set_chemical_symbols(list(symbols))
        if rng.random() < 0.4:
            del out[rng.choice(len(out), rng.integers(1, 4), replace=False)]
        return out


def _standing(atoms: ase.Atoms, cell: Matrix, multiply: Matrix) -> ase.Atoms:
    """Return the supercell with its first vector along x, the second in the xy plane, the third along z."""
    rows = np.rint(np.asarray(multiply) @ np.asarray(cell) * 2) / 2
    big = make_supercell(atoms, np.rint(rows)) if np.allclose(rows, np.rint(rows)) else _half_cell(atoms, rows)
    a, b, c, _, _, gamma = cell_to_cellpar(big.cell)
    big.set_cell([a, b, c, 90, 90, gamma], scale_atoms=True)
    return big


def _half_cell(atoms: ase.Atoms, rows: NDArray[np.float64]) -> ase.Atoms:
    """Return the cell spanned by half-integer rows of a centred lattice."""
    doubled = make_supercell(atoms, np.rint(2 * rows))
    doubled.set_cell(doubled.cell.array / 2)
    doubled.wrap()
    i, j = neighbor_list("ij", doubled, 0.1)
    keep = np.setdiff1d(np.arange(len(doubled)), i[i > j])
    return doubled[keep]


def shifted(atoms: ase.Atoms, rng: np.random.Generator) -> ase.Atoms:
    """Return the periodic cell moved by a random vector, so that cuts through it meet any termination."""
    out = atoms.copy()
    out.positions += rng.random(3) @ out.cell.array
    out.wrap()
    return out


def vacuum(atoms: ase.Atoms, axes: tuple[int, ...]) -> ase.Atoms:
    """Return the cell with vacuum along some of its axes, still periodic as the teachers want it."""
    out = atoms.copy()
    for axis in axes:
        out.center(vacuum=VACUUM_A / 2, axis=axis)
    return out


def particle(atoms: ase.Atoms, radius_A: float) -> ase.Atoms:
    """Return the atoms within a radius of the cell's middle, in a rectangular box of vacuum."""
    middle = atoms.cell.array.sum(axis=0) / 2
    out = atoms[np.linalg.norm(atoms.positions - middle, axis=1) < radius_A]
    span = np.ptp(out.positions, axis=0) + VACUUM_A
    out.positions += span / 2 - (out.positions.max(axis=0) + out.positions.min(axis=0)) / 2
    out.set_cell(np.diag(span))
    return out


def shortest_A(atoms: ase.Atoms) -> float:
    """Return the shortest distance in the cell, at most 3 A."""
    d = neighbor_list("d", atoms, 3.0)
    return float(d.min()) if len(d) else 3.0
