"""Facts: what was seen in the microscope, the range that counts as agreement, and where its number comes from."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from nanokiln.analysis.clock.clock import RISING
from nanokiln.analysis.clock.outcome import Watched
from nanokiln.analysis.measured import COLUMNS
from nanokiln.structures.schema.explain import faults
from nanokiln.structures.schema.number_types import NonNegative, Number
from nanokiln.structures.schema.plain_yaml import read_yaml

DIGITS = "0123456789"


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SceneShare(_Entry):
    """A share watched in a scene of the clock: its value at the end of the hold `at_C`, or the temperature in C at
    which it reaches the share `reaches`, in no range where it does not."""

    scene: str
    watched: Watched
    at_C: Number | None = None
    reaches: Number | None = Field(default=None, gt=0, lt=1)

    @model_validator(mode="after")
    def _one_question(self) -> "SceneShare":
        if (self.at_C is None) == (self.reaches is None):
            raise ValueError("give either at_C, the hold to look at, or reaches, the share to wait for")
        if self.reaches is not None and self.watched not in RISING:
            raise ValueError(f"only what grows reaches a share: watch {', '.join(RISING)}, not {self.watched}")
        return self


def _known(columns: dict[str, str]) -> dict[str, str]:
    if unknown := columns.keys() - COLUMNS:
        raise ValueError(f"no column is called {sorted(unknown)[0]!r}; there are: {', '.join(COLUMNS)}")
    if not columns.get("quantity"):
        raise ValueError("name the quantity, such as {quantity: D, species: Cu}")
    return columns


class Source(_Entry):
    """Where a number comes from: the row or curve of a `run` with these columns, `at` its hottest or coldest, first or
    last point, or what the `clock` says."""

    run: Annotated[dict[str, str], AfterValidator(_known)] | None = None
    at: Literal["hottest", "coldest", "first", "last"] = "hottest"
    clock: SceneShare | None = None

    @model_validator(mode="after")
    def _one_place(self) -> "Source":
        if (self.run is None) == (self.clock is None):
            raise ValueError("a number comes from either a run or the clock: give one of them")
        return self


class Criterion(_Entry):
    """A predicted `quantity` in `unit` agrees between `lower` and `upper`; without both it is only stated.

    `source` (`from` in the file) says by columns where the number comes from; without it a function answers.
    """

    quantity: str
    lower: Number | None = None
    upper: Number | None = None
    unit: str
    source: Source | None = Field(default=None, alias="from")

    @model_validator(mode="after")
    def _ordered(self) -> "Criterion":
        if self.lower is not None and self.upper is not None and self.lower > self.upper:
            raise ValueError(f"lower {self.lower} is above upper {self.upper}")
        return self


class Fact(_Entry):
    """One row of the experiment: what was seen, where, when, at what size, and what counts as agreement."""

    id: str = Field(pattern=r"^[A-Z]+\d+$")
    cls: Literal["2c", "CL", "EX", "IN", "NO"] = Field(alias="class")
    fact: str
    observable: str
    accepted: str
    criteria: tuple[Criterion, ...]
    temperature_C: tuple[Number, Number] | None = None
    time_min: tuple[Number, Number] | None = None
    size_nm: tuple[Number, Number] | None = None
    value: str = ""

    @property
    def group(self) -> str:
        """The letters of the id, which name the group of the fact."""
        return self.id.rstrip(DIGITS)


class Group(_Entry):
    """The system behind the rows of one letter, its source, and by how much its holder's temperature may be wrong."""

    system: str
    source: str
    holder_K: NonNegative


class FactTable(_Entry):
    """A table of facts; every fact belongs to the group of its letters."""

    title: str
    source: str
    groups: dict[str, Group]
    facts: tuple[Fact, ...]

    @model_validator(mode="after")
    def _complete(self) -> "FactTable":
        ids = [fact.id for fact in self.facts]
        if repeated := {i for i in ids if ids.count(i) > 1}:
            raise ValueError(f"ids given twice: {', '.join(sorted(repeated))}")
        if orphans := {fact.id for fact in self.facts if fact.group not in self.groups}:
            raise ValueError(f"no group for {', '.join(sorted(orphans))}")
        return self

    def of_group(self, group: str) -> tuple[Fact, ...]:
        """Return the facts of one group; an unknown one is a ValueError that lists the known ones."""
        if group not in self.groups:
            known = ", ".join(f"{name} ({one.system})" for name, one in self.groups.items())
            raise ValueError(f"no group of facts is called {group!r}; there are: {known}")
        return tuple(fact for fact in self.facts if fact.group == group)


def load_facts(path: Path) -> FactTable:
    """Read a table of facts; a file that breaks the schema is one ValueError naming the place and what was expected."""
    data = read_yaml(path)
    try:
        return FactTable.model_validate(data)
    except ValidationError as error:
        raise ValueError(f"{path} is no table of facts: {'; '.join(faults(error, FactTable))}") from error
