"""Who answers which row: functions with the rows they answer, and the evidence they may draw on."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from nanokiln.analysis.clock.clock import History
from nanokiln.analysis.clock.outcome import summary
from nanokiln.analysis.experiment.verdict import Answer
from nanokiln.analysis.measured import Measured, Result
from nanokiln.structures.model import Model


@dataclass(frozen=True)
class Evidence:
    """What an answer may draw on: what was measured on runs, the histories of the clock's scenes, or none.

    `own` is the one run that is judged by itself, `model` what it began with. `weights` (samples,) say how well each
    sample explains what was observed, and `conditioned` which rows that was.
    """

    own: Measured | None = None
    model: Model | None = None
    histories: Mapping[str, History] = field(default_factory=dict)
    weights: NDArray[np.float64] | None = None
    conditioned: frozenset[str] = frozenset()
    variations: dict[str, History] = field(default_factory=dict)
    runs: tuple[Measured, ...] = ()

    @cached_property
    def measured(self) -> tuple[Measured, ...]:
        """Every run at hand, the longest first."""
        own = () if self.own is None else (self.own,)
        return tuple(sorted((*self.runs, *own), key=lambda run: -run.origin.time_ps))

    def variation(self, name: str, run: Callable[[], History]) -> History:
        """Return a history beyond those of the scenes, run at the first request and kept for the next."""
        if name not in self.variations:
            self.variations[name] = run()
        return self.variations[name]

    def result(self, name: str, values: NDArray[np.float64], unit: str = "", method: str = "") -> Result:
        """Return the weighted median and 95 % interval of one value per sample."""
        return summary(name, values, unit, self.weights, method)


@dataclass(frozen=True)
class Answerer:
    """A function that answers `rows`, None where its evidence is missing; `of_run` if it speaks of runs."""

    rows: tuple[str, ...]
    function: Callable[[Evidence], Answer | None]
    of_run: bool = False


def answers(*rows: str, of_run: bool = False) -> Callable[[Callable[[Evidence], Answer | None]], Answerer]:
    """Turn a function into the answerer of some rows; nothing is registered anywhere."""
    return lambda function: Answerer(rows, function, of_run)


@dataclass(frozen=True)
class Panel:
    """A tuple of answerers heard on one evidence; each is asked once, whatever number of rows it answers."""

    answerers: tuple[Answerer, ...]
    evidence: Evidence
    said: dict[int, Answer | None] = field(default_factory=dict)

    def answer(self, row: str) -> Answer | None:
        """Return everything that is said about a row, joined into one answer in the order of the answerers, or None."""
        heard = [self._ask(i) for i, one in enumerate(self.answerers) if row in one.rows]
        given = [answer for answer in heard if answer is not None]
        if not given:
            return None
        computed = any(a.results for a in given)
        return Answer(
            results=tuple(result for a in given for result in a.results),
            reason="; ".join(a.reason for a in given if a.reason and (a.results or not computed)),
            conditioned=row in self.evidence.conditioned or any(a.conditioned for a in given),
            figure=next((a.figure for a in given if a.figure), ""),
        )

    def _ask(self, index: int) -> Answer | None:
        if index not in self.said:
            self.said[index] = self.answerers[index].function(self.evidence)
        return self.said[index]
