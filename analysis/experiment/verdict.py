"""The verdict on a row: what was predicted, set against the range that counts as agreement."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from nanokiln.analysis.experiment.facts import Criterion, Fact
from nanokiln.analysis.experiment.predictive import Chance, chance
from nanokiln.analysis.measured import Result

Outcome = Literal["agrees", "disagrees", "consistent", "not testable"]
OUTCOMES: tuple[Outcome, ...] = ("agrees", "disagrees", "consistent", "not testable")
LIKELY, UNLIKELY = 0.9, 0.1  # from which probability on a row agrees, and up to which it disagrees
REPEATED_INPUT = "repeats what was put in, and does not count as agreeing"
CONDITIONED = "an input was narrowed with this row, which therefore does not count as agreeing"
NO_RANGE = "no range is accepted, so that no number could disagree"


@dataclass(frozen=True)
class Answer:
    """What the program has to say about a row: predictions by quantity, a reason where some are missing.

    `conditioned` says that the row itself was used to narrow an input, so that agreeing with it proves nothing;
    `follows` why the row could not come out otherwise, by symmetry or by how the model is made; `figure` names the
    picture behind the numbers.
    """

    results: tuple[Result, ...] = ()
    reason: str = ""
    conditioned: bool = False
    figure: str = ""
    follows: str = ""


@dataclass(frozen=True)
class Verdict:
    """A row, what was predicted for it, and the outcome; `chance` is that of lying in the accepted range, None where
    it is not known, and `free` says that neither an input nor symmetry decides the row."""

    fact: Fact
    outcome: Outcome
    reason: str
    results: tuple[Result, ...]
    figure: str = ""
    chance: Chance | None = None
    free: bool = True

    @property
    def probability(self) -> float | None:
        """The posterior predictive probability that the observable falls in its accepted range."""
        return None if self.chance is None else self.chance.probability

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON types."""
        return {
            "id": self.fact.id,
            "outcome": self.outcome,
            "probability": self.probability,
            "free": self.free,
            "reason": self.reason,
            "accepted": self.fact.accepted,
            "results": [result.to_json() for result in self.results],
            "figure": self.figure,
        }


def judge(fact: Fact, answer: Answer | None, silent: str = "nothing computes this observable yet") -> Verdict:
    """Set an answer beside its row: it agrees if all that the row asks for is met with a probability of 90 % at least,
    and disagrees if with 10 % at most, what is not computed given.

    What only repeats an input, narrowed one or follows by symmetry is at best consistent. `silent` is the reason
    without an answer.
    """
    asked = {c.quantity for c in fact.criteria}
    given = {r.name: r for r in (answer.results if answer else ()) if r.name in asked}
    if answer is None or not given:
        reason = answer.reason if answer and answer.reason else silent
        return Verdict(fact, "not testable", reason, (), free=False)
    found = chance([(c, given[c.quantity]) for c in fact.criteria if c.quantity in given])
    missing = [c.quantity for c in fact.criteria if c.quantity not in given]
    fixed = _fixed(fact.criteria, answer, given.values())
    outcome = outcome_of(found, whole=not missing and not fixed)
    notes = [answer.reason] if answer.reason else []
    notes += _probabilities(fact.criteria, given) if outcome == "consistent" and len(fact.criteria) > 1 else []
    notes += [f"not computed: {', '.join(missing).replace('_', ' ')}"] if missing else []
    notes += fixed if outcome == "consistent" else []
    return Verdict(fact, outcome, "; ".join(notes), tuple(given.values()), answer.figure, found, free=not fixed)


def outcome_of(found: Chance | None, whole: bool = True) -> Outcome:
    """Return the outcome that a probability stands for; what is not whole, or counts for nothing, cannot agree."""
    if found is None:
        return "consistent"
    if found.probability <= UNLIKELY:
        return "disagrees"
    return "agrees" if found.probability >= LIKELY and whole else "consistent"


def _fixed(criteria: Sequence[Criterion], answer: Answer, given: Iterable[Result]) -> list[str]:
    """Return why a row cannot count as agreeing, whatever its numbers are."""
    reasons = [CONDITIONED] if answer.conditioned else []
    reasons += [REPEATED_INPUT] if all(result.obtained == "input" for result in given) else []
    reasons += [f"follows {answer.follows}, and does not count as agreeing"] if answer.follows else []
    return reasons + ([NO_RANGE] if all(c.lower is None and c.upper is None for c in criteria) else [])


def _probabilities(criteria: Sequence[Criterion], given: dict[str, Result]) -> list[str]:
    """Return the probability of every number that a row asks for, in words, where it is not 1."""
    told = []
    for criterion in (c for c in criteria if c.quantity in given):
        alone = chance([(criterion, given[criterion.quantity])])
        if alone is not None and alone.probability < 1.0:
            name = criterion.quantity.replace("_", " ")
            told.append(f"{name} lies in the range with a probability of {100 * alone.probability:.0f} %")
    return told


def count(verdicts: Iterable[Verdict]) -> dict[Outcome, int]:
    """Return how many rows ended in each outcome."""
    outcomes = [verdict.outcome for verdict in verdicts]
    return {outcome: outcomes.count(outcome) for outcome in OUTCOMES}
