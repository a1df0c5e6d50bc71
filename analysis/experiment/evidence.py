"""Who answers which row of the experiment: functions registered under the row's id."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from nanokiln.analysis.clock.clock import History
from nanokiln.analysis.clock.outcome import summary
from nanokiln.analysis.experiment.facts import Answer, Experiment, Verdict, judge, load_experiment
from nanokiln.analysis.experiment.record import Record
from nanokiln.analysis.measure.run import Analysis
from nanokiln.analysis.measured import Result


@dataclass(frozen=True)
class Evidence:
    """What an answer may draw on: the analysis of a run, records of runs, the histories of the clock's scenes, or none.

    `weights` (samples,) say how well each sample explains what was observed, and `conditioned` which rows that was.
    """

    analysis: Analysis | None = None
    histories: Mapping[str, History] = field(default_factory=dict)
    weights: NDArray[np.float64] | None = None
    conditioned: frozenset[str] = frozenset()
    variations: dict[str, History] = field(default_factory=dict)
    runs: tuple[Record, ...] = ()

    @cached_property
    def records(self) -> tuple[Record, ...]:
        """Every run at hand, the longest first."""
        own = (Record.of(self.analysis),) if self.analysis is not None else ()
        return tuple(sorted((*self.runs, *own), key=lambda record: -record.time_ps))

    def variation(self, name: str, run: Callable[[], History]) -> History:
        """Return a history beyond those of the scenes, run at the first request and kept for the next."""
        if name not in self.variations:
            self.variations[name] = run()
        return self.variations[name]

    def result(self, name: str, values: NDArray[np.float64], unit: str = "", method: str = "") -> Result:
        """Return the weighted median and 95 % interval of one value per sample."""
        return summary(name, values, unit, self.weights, method)


Answerer = Callable[[Evidence], Answer | None]
_ANSWERERS: dict[str, list[Answerer]] = {}


def answers(*rows: str) -> Callable[[Answerer], Answerer]:
    """Register a function as one that answers rows; it returns None where its evidence is missing."""

    def register(function: Answerer) -> Answerer:
        for row in rows:
            _ANSWERERS.setdefault(row, []).append(function)
        return function

    return register


def answer(row: str, evidence: Evidence, memory: dict[Answerer, Answer | None] | None = None) -> Answer | None:
    """Return everything the registered functions say about a row, joined into one answer, or None.

    `memory` keeps what a function said, for the next row that it answers too.
    """
    memory = {} if memory is None else memory
    for function in _ANSWERERS.get(row, ()):
        if function not in memory:
            memory[function] = function(evidence)
    given = [a for a in (memory[function] for function in _ANSWERERS.get(row, ())) if a is not None]
    if not given:
        return None
    computed = any(a.results for a in given)
    return Answer(
        results=tuple(result for a in given for result in a.results),
        reason="; ".join(a.reason for a in given if a.reason and (a.results or not computed)),
        conditioned=row in evidence.conditioned or any(a.conditioned for a in given),
        figure=next((a.figure for a in given if a.figure), ""),
    )


def verdicts(
    evidence: Evidence, rows: Callable[[str], bool] = bool, experiment: Experiment | None = None
) -> list[Verdict]:
    """Judge every fact whose id passes `rows` against what the evidence allows to say, in the table's order."""
    facts = (experiment or load_experiment()).facts
    memory: dict[Answerer, Answer | None] = {}
    return [judge(fact, answer(fact.id, evidence, memory)) for fact in facts if rows(fact.id)]
