"""Power: every row answered in nonsense worlds, where the clock's inputs or the labels of a run's numbers are wrong.

A row that agrees in all of them would agree whatever is true, so that its agreement says nothing.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from nanokiln.analysis.clock.clock_scene import run_scenes
from nanokiln.analysis.clock.distributions import draw
from nanokiln.analysis.experiment.beside import beside
from nanokiln.analysis.experiment.evidence import Evidence, Panel
from nanokiln.analysis.experiment.folder import Experiment
from nanokiln.analysis.experiment.judge import verdicts
from nanokiln.analysis.experiment.verdict import LIKELY, judge
from nanokiln.analysis.experiment.worlds import World
from nanokiln.analysis.measured import Measured, Result, Series

Answers = dict[str, float | None]
SAMPLES = 400
DEALS = 8
SHUFFLED = "shuffled labels"


@dataclass(frozen=True)
class Power:
    """The probability of a row in every nonsense world, None where it is not known or has no answer."""

    worlds: Answers

    @property
    def refused(self) -> tuple[str, ...]:
        """The worlds in which the row has an answer that does not agree."""
        return tuple(name for name, found in self.worlds.items() if found is not None and found < LIKELY)

    @property
    def cannot_fail(self) -> bool:
        """Whether the row agrees in every one that has an answer; silence has refused nothing."""
        return not self.refused


def powers(answered: dict[str, Answers], rows: Sequence[str]) -> dict[str, Power]:
    """Return the power of every row from what each world answers."""
    return {row: Power({name: told[row] for name, told in answered.items() if row in told}) for row in rows}


@contextmanager
def answering(experiment: Experiment, runs: Sequence[Measured]) -> Iterator[dict[str, "Future[Answers]"]]:
    """Yield the answers of every world of the clock, worked out beside this process, in the order of the worlds."""
    worlds = experiment.content.worlds if experiment.scenes else ()
    pool = beside(1, _hold, (experiment, tuple(runs)))
    try:
        yield {world.name: pool.submit(_answer, index) for index, world in enumerate(worlds)}
    finally:
        pool.shutdown(cancel_futures=True)


_held: list[tuple[Experiment, tuple[Measured, ...]]] = []


def _hold(experiment: Experiment, runs: tuple[Measured, ...]) -> None:
    _held[:] = [(experiment, runs)]


def _answer(index: int) -> Answers:
    experiment, runs = _held[0]
    return answers_in(experiment.content.worlds[index], experiment, runs)


def answers_in(world: World, experiment: Experiment, runs: Sequence[Measured], samples: int = SAMPLES) -> Answers:
    """Return the probability of every row in a world, by fewer samples than ours has and without conditioning."""
    draws = world.change(draw(experiment.inputs, min(samples, experiment.samples), experiment.seed))
    with np.errstate(all="ignore"):  # no rate, pressure or spread need be a number where nothing happens
        histories = run_scenes(experiment.scenes, experiment.scenes, draws)
        found = verdicts(Evidence(runs=tuple(runs), histories=histories), experiment)
    return {one.fact.id: one.probability for one in found}


def answers_shuffled(evidence: Evidence, experiment: Experiment) -> Answers:
    """Return the mean probability of the rows that runs answer, over some deals of the numbers to wrong labels."""
    rows = {row for one in experiment.answerers if one.of_run for row in one.rows}
    facts = [fact for fact in experiment.table.facts if fact.id in rows]
    deals = []
    for seed in range(DEALS):
        dealt = tuple(shuffled(run, np.random.default_rng(seed)) for run in evidence.runs)
        panel = Panel(experiment.answerers, replace(evidence, runs=dealt, variations={}))
        deals.append([judge(fact, panel.answer(fact.id)).probability or 0.0 for fact in facts])
    return dict(zip((fact.id for fact in facts), map(float, np.mean(deals, axis=0)), strict=True)) if facts else {}


def shuffled(run: Measured, random: np.random.Generator) -> Measured:
    """Return a run whose numbers are dealt among the labels of its rows, whatever their units, and whose points are
    dealt among its curves of the same length and along them."""
    order = random.permutation(len(run.rows))
    rows = (_with_number_of(label, run.rows[other]) for label, other in zip(run.rows, order, strict=True))
    curves = list(run.curves)
    for length in sorted({len(curve.x) for curve in curves}):
        mine = [i for i, curve in enumerate(curves) if len(curve.x) == length]
        for i, other in zip(mine, random.permutation(mine), strict=True):
            curves[i] = _with_points_of(run.curves[i], run.curves[other], random.permutation(length))
    return replace(run, rows=tuple(rows), curves=tuple(curves))


def _with_number_of(label: Result, number: Result) -> Result:
    return replace(label, value=number.value, error=number.error, interval=number.interval)


def _with_points_of(label: Series, points: Series, order: NDArray[np.intp]) -> Series:
    return replace(label, y=points.y[order], error=None if points.error is None else points.error[order])
