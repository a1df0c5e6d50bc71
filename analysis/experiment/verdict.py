"""The verdict on a row: what was predicted, set against the range that counts as agreement."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from scipy.stats import norm

from nanokiln.analysis.experiment.facts import Criterion, Fact
from nanokiln.analysis.measured import Result

Outcome = Literal["agrees", "disagrees", "consistent", "not testable"]
OUTCOMES: tuple[Outcome, ...] = ("agrees", "disagrees", "consistent", "not testable")
UNLIKELY = 0.05  # below this probability of lying in the accepted range a value with a standard error disagrees
REPEATED_INPUT = "repeats what was put in, and does not count as agreeing"


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


def limits(criterion: Criterion) -> tuple[float, float]:
    """Return the ends of the accepted range, infinite where it is open."""
    lower = float("-inf") if criterion.lower is None else criterion.lower
    return lower, float("inf") if criterion.upper is None else criterion.upper


def chance(result: Result, criterion: Criterion) -> float | None:
    """Return the probability that a value with a standard error lies in the accepted range, by a normal distribution.

    None where the result has an interval of its own, whose distribution is not known, or is exact.
    """
    if result.value is None or result.interval is not None or not result.error:
        return None
    lower, upper = ((edge - result.value) / result.error for edge in limits(criterion))
    return float(norm.cdf(upper) - norm.cdf(lower))


def compare(result: Result, criterion: Criterion) -> Outcome:
    """Judge one prediction: it agrees if its whole 95 % interval lies in the range.

    It disagrees if all of the interval lies outside; with a standard error, if it lies in the range with a probability
    of 5 % at most. 0.42 ± 0.31 against a lower end of 0.95 overlaps by its interval, but has a chance of 4 % only.
    """
    low, high = bounds(result)
    lower, upper = limits(criterion)
    if low >= lower and high <= upper:
        return "agrees"
    inside = chance(result, criterion)
    unlikely = inside is not None and inside <= UNLIKELY
    return "disagrees" if unlikely or high < lower or low > upper else "consistent"


def judge(fact: Fact, answer: Answer | None, silent: str = "nothing computes this observable yet") -> Verdict:
    """Set an answer beside its row: one criterion that fails fails the row, and all must be decided for it to agree.

    What only repeats an input, or narrowed one, is at best consistent. `silent` is the reason without an answer.
    """
    asked = {c.quantity for c in fact.criteria}
    given = {r.name: r for r in (answer.results if answer else ()) if r.name in asked}
    if answer is None or not given:
        return Verdict(fact, "not testable", answer.reason if answer and answer.reason else silent, ())
    judged = [(c, given[c.quantity], compare(given[c.quantity], c)) for c in fact.criteria if c.quantity in given]
    outcomes = {outcome for _, _, outcome in judged}
    missing = [c.quantity for c in fact.criteria if c.quantity not in given]
    notes = [answer.reason] if answer.reason else []
    notes += [_undecided(*one) for one in judged if one[2] == "consistent" and chance(one[1], one[0]) is not None]
    if missing:
        notes.append(f"not computed: {', '.join(missing)}")
    outcome: Outcome = "consistent" if "consistent" in outcomes or missing else "agrees"
    if "disagrees" in outcomes:
        outcome = "disagrees"
    if outcome == "agrees" and answer.conditioned:
        outcome = "consistent"
        notes.append("an input was narrowed with this row, which therefore does not count as agreeing")
    if outcome == "agrees" and all(result.obtained == "input" for result in given.values()):
        outcome = "consistent"
        notes.append(REPEATED_INPUT)
    return Verdict(fact, outcome, "; ".join(notes), tuple(given.values()), answer.figure)


def _undecided(criterion: Criterion, result: Result, _: Outcome) -> str:
    inside = chance(result, criterion) or 0.0
    return f"{criterion.quantity.replace('_', ' ')} lies in the range with a probability of {100 * inside:.0f} %"


def count(verdicts: Iterable[Verdict]) -> dict[Outcome, int]:
    """Return how many rows ended in each outcome."""
    outcomes = [verdict.outcome for verdict in verdicts]
    return {outcome: outcomes.count(outcome) for outcome in OUTCOMES}
