"""The experiment: facts seen in the microscope, the ranges that count as agreement, and the verdict on a prediction."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from nanokiln.analysis.measured import Result

Outcome = Literal["agrees", "disagrees", "consistent", "not testable"]
OUTCOMES: tuple[Outcome, ...] = ("agrees", "disagrees", "consistent", "not testable")
SHIPPED = Path(__file__).parents[1] / "data" / "experiment.yaml"


class Criterion(BaseModel):
    """A predicted `quantity` in `unit` agrees between `lower` and `upper`; without both it is only stated."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    quantity: str
    lower: float | None = None
    upper: float | None = None
    unit: str

    @model_validator(mode="after")
    def _ordered(self) -> "Criterion":
        if self.lower is not None and self.upper is not None and self.lower > self.upper:
            raise ValueError(f"lower {self.lower} is above upper {self.upper}")
        return self


class Fact(BaseModel):
    """One row of the experiment: what was seen, where, when, at what size, and what counts as agreement."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    id: str = Field(pattern=r"^[A-Z]+\d+$")
    cls: Literal["2c", "CL", "EX", "IN", "NO"] = Field(alias="class")
    fact: str
    observable: str
    accepted: str
    criteria: tuple[Criterion, ...]
    temperature_C: tuple[float, float] | None = None
    time_min: tuple[float, float] | None = None
    size_nm: tuple[float, float] | None = None
    value: str = ""


class Group(BaseModel):
    """The system behind the rows of one letter, its source, and by how much its holder's temperature may be wrong."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    system: str
    source: str
    holder_K: float = Field(ge=0)


class Experiment(BaseModel):
    """A table of facts; every fact belongs to the group of its letters."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    title: str
    source: str
    groups: dict[str, Group]
    facts: tuple[Fact, ...]

    @model_validator(mode="after")
    def _complete(self) -> "Experiment":
        ids = [fact.id for fact in self.facts]
        if repeated := {i for i in ids if ids.count(i) > 1}:
            raise ValueError(f"ids given twice: {', '.join(sorted(repeated))}")
        if orphans := {i for i in ids if i.rstrip("0123456789") not in self.groups}:
            raise ValueError(f"no group for {', '.join(sorted(orphans))}")
        return self

    def group(self, fact: Fact) -> Group:
        """Return the group a fact belongs to."""
        return self.groups[fact.id.rstrip("0123456789")]


@cache
def load_experiment(path: Path = SHIPPED) -> Experiment:
    """Read a table of facts; a file that breaks the schema is one ValueError naming the place and what was expected."""
    try:
        return Experiment.model_validate(yaml.safe_load(path.read_text()))
    except (ValidationError, yaml.YAMLError) as error:
        raise ValueError(f"{path} is no table of facts: {error}") from error


@dataclass(frozen=True)
class Answer:
    """What the program has to say about a row: predictions by quantity, a reason where some are missing.

    `conditioned` says that the row itself was used to narrow an input, so that agreeing with it proves nothing;
    `figure` names the picture behind the numbers.
    """

    results: tuple[Result, ...] = ()
    reason: str = ""
    conditioned: bool = False
    figure: str = ""


@dataclass(frozen=True)
class Verdict:
    """A row, what was predicted for it, and the outcome."""

    fact: Fact
    outcome: Outcome
    reason: str
    results: tuple[Result, ...]
    figure: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON types."""
        return {
            "id": self.fact.id,
            "outcome": self.outcome,
            "reason": self.reason,
            "accepted": self.fact.accepted,
            "results": [result.to_json() for result in self.results],
            "figure": self.figure,
        }


def bounds(result: Result) -> tuple[float, float]:
    """Return the 95 % interval of a result: its own, or 1.96 standard errors, or the bare value where it is exact."""
    if result.interval is not None:
        return result.interval
    if result.value is None:
        raise ValueError(f"{result.name} has neither value nor interval")
    spread = 1.96 * (result.error or 0.0)
    return result.value - spread, result.value + spread


def compare(result: Result, criterion: Criterion) -> Outcome:
    """Judge one prediction: the whole interval inside the range agrees, all of it outside disagrees, else undecided."""
    low, high = bounds(result)
    lower = float("-inf") if criterion.lower is None else criterion.lower
    upper = float("inf") if criterion.upper is None else criterion.upper
    if low >= lower and high <= upper:
        return "agrees"
    return "disagrees" if high < lower or low > upper else "consistent"


def judge(fact: Fact, answer: Answer | None) -> Verdict:
    """Set an answer beside its row: one criterion that fails fails the row, and all must be decided for it to agree."""
    asked = {c.quantity for c in fact.criteria}
    given = {r.name: r for r in (answer.results if answer else ()) if r.name in asked}
    if answer is None or not given:
        reason = answer.reason if answer and answer.reason else "nothing computes this observable yet"
        return Verdict(fact, "not testable", reason, ())
    outcomes = {c.quantity: compare(given[c.quantity], c) for c in fact.criteria if c.quantity in given}
    missing = [c.quantity for c in fact.criteria if c.quantity not in given]
    notes = [answer.reason] if answer.reason else []
    if missing:
        notes.append(f"not computed: {', '.join(missing)}")
    if "disagrees" in outcomes.values():
        outcome: Outcome = "disagrees"
    elif "consistent" in outcomes.values() or missing:
        outcome = "consistent"
    else:
        outcome = "agrees"
    if answer.conditioned and outcome == "agrees":
        outcome = "consistent"
        notes.append("an input was narrowed with this row, which therefore does not count as agreeing")
    return Verdict(fact, outcome, "; ".join(notes), tuple(given.values()), answer.figure)


def count(verdicts: list[Verdict]) -> dict[Outcome, int]:
    """Return how many rows ended in each outcome."""
    return {outcome: sum(v.outcome == outcome for v in verdicts) for outcome in OUTCOMES}
