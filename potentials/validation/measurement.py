"""The bench: a calculator with the crystals it relaxed, and what is measured with it."""

from dataclasses import dataclass, field
from functools import cached_property

from ase import Atoms, units
from ase.calculators.calculator import Calculator
from ase.filters import FrechetCellFilter
from ase.formula import Formula
from ase.optimize import BFGS

from nanokiln.potentials.cards.card import Card
from nanokiln.potentials.validation.curves import Density, Dispersion, ForcePairs, FreeEnergy
from nanokiln.potentials.validation.subjects import Subjects

KJ_MOL = units.kJ / units.mol
FAILED = "failed"  # quantity of a row that says why a property has no more of them


@dataclass(frozen=True)
class Measurement:
    """One number of one subject; `value` None carries the reason in `note`, `error` is the spread of a committee."""

    property: str
    subject: str
    quantity: str
    unit: str
    value: float | None
    note: str = ""
    error: float | None = None

    def key(self) -> tuple[str, str, str]:
        """Property, subject and quantity: what other columns have a number for, too."""
        return self.property, self.subject, self.quantity


@dataclass
class Bench:
    """A calculator (of a card, if one is given) with the crystals it relaxed: what every measurement starts from."""

    calculator: Calculator
    subjects: Subjects
    card: Card | None = None
    notes: dict[str, str] = field(default_factory=dict)
    dispersions: dict[str, Dispersion] = field(default_factory=dict)
    densities: dict[str, Density] = field(default_factory=dict)
    free_energies: dict[str, FreeEnergy] = field(default_factory=dict)
    parity: dict[int, ForcePairs] = field(default_factory=dict)

    @cached_property
    def crystals(self) -> dict[str, Atoms]:
        """The relaxed conventional cells; a crystal that cannot be relaxed is left out and noted."""
        relaxed = {}
        for name, subject in self.subjects.phases.items():
            try:
                relaxed[name] = relax(self.attach(subject.atoms()), cell=True, force_eV_A=0.001, steps=500)
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
