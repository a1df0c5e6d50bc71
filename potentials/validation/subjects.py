"""What potentials are validated on: crystals, polymorphs and reactions, and what experiment says of them."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import yaml
from ase import Atoms
from ase.formula import Formula
from pydantic import BaseModel, ConfigDict

from nanokiln.potentials.cards.card import DATA
from nanokiln.potentials.training.unit_cell import UnitCell, rest_cell
from nanokiln.structures.crystals.phases import Phase, load_phase

WARM_ELASTIC = "elastic constants at 300 K"
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
    element whose order tells crystal from melt; `hot` the file with frames of a crystal that is no minimum as built.
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
    hot: str = ""
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

    @property
    def cubic(self) -> bool:
        """Whether the conventional cell has equal edges, as against a hexagonal one."""
        a, b, c = self.atoms().cell.lengths()
        return bool(np.isclose(a, b) and np.isclose(a, c))

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


def experiment(subjects: Subjects) -> dict[tuple[str, str, str], tuple[float, str]]:
    """Return experiment as (property, subject, quantity) -> (value, source); reactions follow from formation."""
    table: dict[tuple[str, str, str], tuple[float, str]] = {}
    for name, subject in subjects.phases.items():
        for quantity, value, source in subject.measured():
            table[_kind(quantity)[0], name, quantity] = (value, source)
        if subject.stiffness and subject.phase is not None:
            for quantity, value in subject.phase.stiffness_GPa.items():
                table[WARM_ELASTIC, name, quantity] = (value, subject.phase.source)
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
