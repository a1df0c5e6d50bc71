"""What a potential makes of perfect crystals: lattice, equation of state, elastic constants, energies, surfaces."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import yaml
from ase import Atoms, units
from ase.build import surface
from ase.calculators.calculator import Calculator
from ase.eos import EquationOfState
from ase.filters import FrechetCellFilter
from ase.formula import Formula
from ase.optimize import BFGS
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from nanokiln.potentials.cards.card import DATA, Card
from nanokiln.potentials.training.unit_cell import UnitCell, rest_cell
from nanokiln.structures.crystals.phases import Phase, load_phase

KJ_MOL = units.kJ / units.mol
GPA = units.GPa
J_M2 = units.J / units.m**2
ELASTIC = ("C11", "C12", "C13", "C33", "C44")
KINDS = {
    "a": "lattice",
    "c": "lattice",
    "formation": "formation energy",
    "vacancy": "defect energy",
    "alpha": "thermal expansion",
    "still": "melting",
    "gone": "melting",
    "D(Cu)": "mobility",
}


class ReferenceCrystal(BaseModel):
    """A crystal to validate on, with what experiment says of it beside its cell.

    `crystal` is a phase of nanokiln.structures by its name (as a rule that of the entry), whose edges are those of
    experiment; or `TEACHER/CRYSTAL` where none was measured, or a cell written out. `stiffness` says that the phase's
    elastic constants were measured, and not computed.
    `elastic` False leaves out what needs a crystal at rest (elastic constants, phonons, expansion); `melting` names the
    element whose order tells crystal from melt.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    crystal: str | UnitCell
    formula: str
    supercell: tuple[int, int, int] = (2, 2, 2)
    surfaces: list[tuple[int, int, int]] = []
    vacancies: list[str] = []
    interstitials: list[str] = []
    hops: list[str] = []
    elastic: bool = True
    melting: str = ""
    stiffness: bool = False
    experiment: dict[str, float] = {}
    sources: dict[str, str] = {}

    @property
    def phase(self) -> Phase | None:
        """The phase whose cell was measured; None where the cell is written out or a teacher's."""
        return load_phase(self.crystal) if isinstance(self.crystal, str) and "/" not in self.crystal else None

    def atoms(self) -> Atoms:
        """Return the conventional cell that relaxation starts from."""
        if self.phase is not None:
            return self.phase.atoms()
        return (rest_cell(self.crystal) if isinstance(self.crystal, str) else self.crystal).atoms()

    def measured(self) -> Iterator[tuple[str, float, str]]:
        """Yield quantity, value and source of what experiment says; what the entry states goes before its phase."""
        if self.phase is not None:
            a, c = np.linalg.norm(self.phase.lattice_A, axis=1)[[0, 2]]
            told = {"a": float(a)} | ({} if np.isclose(a, c) else {"c": float(c)})
            told |= self.phase.stiffness_GPa if self.stiffness else {}
            yield from ((q, value, self.phase.source) for q, value in told.items() if q not in self.experiment)
        for quantity, value in self.experiment.items():
            yield quantity, value, self.sources[_kind(quantity)[1]]


class CheckedReaction(BaseModel):
    """A reaction between crystals; `gas` (kJ/mol) is added for products that leave as vapour."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    phases: dict[str, float]
    gas: float = 0.0


class Subjects(BaseModel):
    """Everything that is measured: crystals, pairs of polymorphs, reactions."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    phases: dict[str, ReferenceCrystal]
    polymorphs: dict[str, tuple[str, str]] = {}
    reactions: dict[str, CheckedReaction] = {}

    @classmethod
    def load(cls, elements: tuple[str, ...] | None = None) -> "Subjects":
        """Return the shipped subjects, only those made of `elements` when given."""
        data = yaml.safe_load((DATA / "validation" / "crystals.yaml").read_text())
        data["phases"] = {name: {"crystal": name} | entry for name, entry in data["phases"].items()}
        told = cls.model_validate(data)
        if elements is None:
            return told
        phases = {k: c for k, c in told.phases.items() if set(Formula(c.formula).count()) <= set(elements)}
        return cls(
            phases=phases,
            polymorphs={k: pair for k, pair in told.polymorphs.items() if set(pair) <= set(phases)},
            reactions={k: r for k, r in told.reactions.items() if set(r.phases) <= set(phases)},
        )


@dataclass(frozen=True)
class Measurement:
    """One number of one subject; `value` None carries the reason in `note`."""

    property: str
    subject: str
    quantity: str
    unit: str
    value: float | None
    note: str = ""


@dataclass
class Bench:
    """A calculator (of a card, if one is given) with the crystals it relaxed: what every measurement starts from."""

    calculator: Calculator
    subjects: Subjects
    card: Card | None = None
    notes: dict[str, str] = field(default_factory=dict)
    dispersions: dict[str, Any] = field(default_factory=dict)
    densities: dict[str, Any] = field(default_factory=dict)
    free_energies: dict[str, Any] = field(default_factory=dict)
    parity: dict[int, Any] = field(default_factory=dict)

    @cached_property
    def crystals(self) -> dict[str, Atoms]:
        """The relaxed conventional cells; a crystal that cannot be relaxed is left out and noted."""
        relaxed = {}
        for name, subject in self.subjects.phases.items():
            try:
                relaxed[name] = relax(self.attach(subject.atoms()), cell=True)
            except Exception as error:  # a failure is a result: the other crystals still count
                self.notes[name] = f"not relaxed: {error}"
        return relaxed

    def attach(self, atoms: Atoms) -> Atoms:
        """Return `atoms`, fully periodic, under this calculator."""
        atoms.pbc = True
        atoms.calc = self.calculator
        return atoms

    def energy_eV(self, name: str) -> float:
        """Return the energy of a relaxed crystal per formula unit."""
        atoms = self.crystals[name]
        per_formula = sum(Formula(self.subjects.phases[name].formula).count().values())
        return energy(self.attach(atoms)) * float(per_formula) / len(atoms)

    def element_eV(self, symbol: str) -> float:
        """Return the energy per atom of an element's crystal; KeyError when there is none among the subjects."""
        return self.energy_eV(symbol)


def energy(atoms: Atoms) -> float:
    """Return the potential energy in eV."""
    return float(atoms.get_potential_energy())


def relax(atoms: Atoms, cell: bool = False, force_eV_A: float = 0.01, steps: int = 200) -> Atoms:
    """Relax in place to the largest force; raises RuntimeError when `steps` do not suffice."""
    target = FrechetCellFilter(atoms) if cell else atoms
    if not BFGS(target, logfile=None, maxstep=0.1).run(fmax=force_eV_A, steps=steps):
        raise RuntimeError(f"forces above {force_eV_A} eV/A after {steps} steps")
    return atoms


def compute_lattice(bench: Bench) -> Iterator[Measurement]:
    """Lattice constants of every relaxed crystal."""
    for name, atoms in bench.crystals.items():
        a, _, c, *angles = atoms.cell.cellpar()
        yield Measurement("lattice", name, "a", "A", float(a))
        if not np.isclose(a, c, rtol=1e-3) or angles[2] > 91:
            yield Measurement("lattice", name, "c", "A", float(c))
    for name, note in bench.notes.items():
        yield Measurement("lattice", name, "a", "A", None, note)


def energy_curve(bench: Bench, name: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return volumes (A^3 per atom) and energies (eV per atom) between -8 and +8 % of the volume, atoms relaxed."""
    start = bench.crystals[name]
    volumes, energies = [], []
    for ratio in np.linspace(0.92, 1.08, 7):
        atoms = bench.attach(start.copy())
        atoms.set_cell(start.cell * ratio ** (1 / 3), scale_atoms=True)
        relax(atoms, force_eV_A=0.02)
        volumes.append(atoms.get_volume() / len(atoms))
        energies.append(energy(atoms) / len(atoms))
    return np.array(volumes), np.array(energies)


def compute_equation_of_state(bench: Bench, name: str) -> Iterator[Measurement]:
    """Equilibrium volume and bulk modulus by Birch-Murnaghan through seven volumes."""
    volume, _, modulus = EquationOfState(*energy_curve(bench, name), eos="birchmurnaghan").fit()
    yield Measurement("equation of state", name, "V0", "A^3/atom", float(volume))
    yield Measurement("equation of state", name, "B", "GPa", float(modulus / GPA))


def elastic_tensor(bench: Bench, name: str, strain: float = 0.01) -> NDArray[np.float64]:
    """Return the 6 x 6 elastic constants (GPa, Voigt) by central differences of the stress, atoms relaxed.

    The strain is what atoms feel when warm: networks are rough on a finer scale (C44 of zincblende CdSe under CHGNet
    is 17 GPa at 0.4 %, 15 at 1 % and 9 at 2 %).
    """
    start = bench.crystals[name]
    tensor = np.zeros((6, 6))
    for column, (i, j) in enumerate([(0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1)]):
        for sign in (1, -1):
            deformation = np.eye(3)
            deformation[i, j] += sign * strain / 2
            deformation[j, i] += sign * strain / 2
            atoms = bench.attach(start.copy())
            atoms.set_cell(start.cell.array @ deformation, scale_atoms=True)
            relax(atoms, force_eV_A=0.005)
            tensor[:, column] += sign * atoms.get_stress() / (2 * strain)
    return np.asarray((tensor + tensor.T) / 2 / GPA)


def compute_elastic(bench: Bench, name: str) -> Iterator[Measurement]:
    """The independent elastic constants of a cubic or hexagonal crystal, averaged over symmetry."""
    subject = bench.subjects.phases[name]
    if not subject.elastic:
        return
    C = elastic_tensor(bench, name)
    a, b, c = subject.atoms().cell.lengths()
    cubic = np.isclose(a, b) and np.isclose(a, c)
    found = {
        "C11": np.mean(C.diagonal()[:3]) if cubic else (C[0, 0] + C[1, 1]) / 2,
        "C12": np.mean([C[0, 1], C[0, 2], C[1, 2]]) if cubic else C[0, 1],
        "C44": np.mean(C.diagonal()[3:]) if cubic else (C[3, 3] + C[4, 4]) / 2,
    }
    if not cubic:
        found |= {"C13": (C[0, 2] + C[1, 2]) / 2, "C33": C[2, 2]}
    for quantity, value in sorted(found.items()):
        yield Measurement("elastic constants", name, quantity, "GPa", float(value))


def compute_energies(bench: Bench) -> Iterator[Measurement]:
    """Differences of polymorphs, formation energies from the elements' crystals, and reaction energies."""
    for title, (one, other) in bench.subjects.polymorphs.items():
        if {one, other} <= set(bench.crystals):
            value = 1e3 * (bench.energy_eV(one) - bench.energy_eV(other))
            yield Measurement("polymorphs", title, "dE", "meV/formula", value)
    for name, subject in bench.subjects.phases.items():
        count = Formula(subject.formula).count()
        if len(count) == 1 or not {name, *count} <= set(bench.crystals):
            continue
        elements = sum(n * bench.element_eV(symbol) for symbol, n in count.items())
        yield Measurement("formation energy", name, "formation", "kJ/mol", (bench.energy_eV(name) - elements) / KJ_MOL)
    for title, reaction in bench.subjects.reactions.items():
        if set(reaction.phases) <= set(bench.crystals):
            value = sum(n * bench.energy_eV(phase) for phase, n in reaction.phases.items()) / KJ_MOL + reaction.gas
            yield Measurement("reaction energy", title, "dE", "kJ/mol", value)


def compute_surfaces(bench: Bench, name: str, layers: int = 4, vacuum_A: float = 6.0) -> Iterator[Measurement]:
    """Relaxed surface energies; of a polar pair of faces the mean, which is all that a slab can tell."""
    crystal = bench.attach(bench.crystals[name].copy())
    bulk = energy(crystal) / len(crystal)
    for indices in bench.subjects.phases[name].surfaces:
        slab = bench.attach(surface(crystal, indices, layers, vacuum=vacuum_A, periodic=True))
        label = "(" + "".join(map(str, indices)) + ")"
        try:
            relax(slab, force_eV_A=0.05)
        except RuntimeError as error:
            yield Measurement("surface energy", name, label, "J/m2", None, str(error))
            continue
        area = float(np.linalg.norm(np.cross(slab.cell[0], slab.cell[1])))
        yield Measurement("surface energy", name, label, "J/m2", (energy(slab) - len(slab) * bulk) / (2 * area) / J_M2)


def experiment(subjects: Subjects) -> dict[tuple[str, str, str], tuple[float, str]]:
    """Return experiment as (property, subject, quantity) -> (value, source); reactions follow from formation."""
    table: dict[tuple[str, str, str], tuple[float, str]] = {}
    for name, subject in subjects.phases.items():
        for quantity, value, source in subject.measured():
            table[_kind(quantity)[0], name, quantity] = (value, source)
    for title, reaction in subjects.reactions.items():
        enthalpies: list[Any] = [_formation(subjects.phases[phase]) for phase in reaction.phases]
        if None not in enthalpies:
            value = sum(n * h for n, h in zip(reaction.phases.values(), enthalpies, strict=True)) + reaction.gas
            table["reaction energy", title, "dE"] = (value, "formation enthalpies at 298 K")
    return table


def _kind(quantity: str) -> tuple[str, str]:
    """Return the property that a quantity of the table belongs to, and the key of its source."""
    if quantity in ELASTIC:
        return "elastic constants", "C"
    return KINDS.get(quantity.split()[0], "hop barrier"), quantity


def _formation(subject: ReferenceCrystal) -> float | None:
    if len(Formula(subject.formula).count()) == 1:
        return 0.0
    return subject.experiment.get("formation")
