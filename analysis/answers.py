"""Who answers which row of the experiment: functions registered under the row's id."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from nanokiln.analysis.experiment import Answer, Experiment, Verdict, judge, load_experiment
from nanokiln.analysis.pipeline import Analysis


@dataclass(frozen=True)
class Evidence:
    """What an answer may draw on: the analysis of a run, the ensembles of the clock, or neither."""

    analysis: Analysis | None = None
    ensembles: dict[str, Any] = field(default_factory=dict)


Answerer = Callable[[Evidence], Answer | None]
_ANSWERERS: dict[str, list[Answerer]] = {}


def answers(*rows: str) -> Callable[[Answerer], Answerer]:
    """Register a function as one that answers rows; it returns None where its evidence is missing."""

    def register(function: Answerer) -> Answerer:
        for row in rows:
            _ANSWERERS.setdefault(row, []).append(function)
        return function

    return register


def answer(row: str, evidence: Evidence) -> Answer | None:
    """Return everything the registered functions say about a row, joined into one answer, or None."""
    given = [a for a in (function(evidence) for function in _ANSWERERS.get(row, ())) if a is not None]
    if not given:
        return None
    computed = any(a.results for a in given)
    return Answer(
        results=tuple(result for a in given for result in a.results),
        reason="; ".join(a.reason for a in given if a.reason and (a.results or not computed)),
        conditioned=any(a.conditioned for a in given),
        figure=next((a.figure for a in given if a.figure), ""),
    )


def verdicts(
    evidence: Evidence, rows: Callable[[str], bool] = bool, experiment: Experiment | None = None
) -> list[Verdict]:
    """Judge every fact whose id passes `rows` against what the evidence allows to say, in the table's order."""
    facts = (experiment or load_experiment()).facts
    return [judge(fact, answer(fact.id, evidence)) for fact in facts if rows(fact.id)]
