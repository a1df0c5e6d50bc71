"""Answers by columns: what a fact asks of a run's rows and curves, or of a scene of the clock, without any code."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from nanokiln.analysis.clock.outcome import capped, watched
from nanokiln.analysis.experiment.evidence import Answerer, Evidence
from nanokiln.analysis.experiment.facts import Criterion, Fact, Source, Watch
from nanokiln.analysis.experiment.runs import phrase
from nanokiln.analysis.experiment.verdict import Answer
from nanokiln.analysis.measured import Measured, Result, Series

PURE_NUMBER = ("", "1")


def stands_for(run: Measured, experiment: str, group: str) -> bool:
    """Whether a run was made for a group of facts of an experiment, which its recipe gives by name or by path."""
    return Path(run.origin.experiment).name == experiment and run.origin.group == group


def answerers_of(facts: Sequence[Fact], experiment: str) -> Iterator[Answerer]:
    """Yield who answers the facts whose criteria say where their numbers come from."""
    for fact in facts:
        if sources := [c.source for c in fact.criteria if c.source is not None]:
            yield Answerer((fact.id,), partial(_answer, fact, experiment), any(source.run for source in sources))


def _answer(fact: Fact, experiment: str, evidence: Evidence) -> Answer:
    runs = tuple(run for run in evidence.measured if run is evidence.own or stands_for(run, experiment, fact.group))
    found: list[Result] = []
    missing: list[str] = []
    for criterion in fact.criteria:
        if criterion.source is None:
            continue
        number = _of_run(criterion.source, runs) if criterion.source.run else _of_clock(criterion.source, evidence)
        if number is None:
            missing.append(_unanswered(criterion.source, fact.group))
        else:
            found.append(_named(number, criterion))
    return Answer(tuple(found), "; ".join(dict.fromkeys(missing)))


def _named(number: Result, criterion: Criterion) -> Result:
    """Return a number under the name that the criterion gives it; ValueError where their units differ."""
    if number.unit != criterion.unit and not {number.unit, criterion.unit} <= set(PURE_NUMBER):
        raise ValueError(f"{criterion.quantity} is asked for in {criterion.unit!r}, but comes in {number.unit!r}")
    return replace(number, name=criterion.quantity)


def _unanswered(source: Source, group: str) -> str:
    if source.clock is not None:
        return f"the clock's scene {source.clock.scene} was not run"
    columns = ", ".join(f"{name} {value}" for name, value in (source.run or {}).items())
    return f"no run that stands for group {group} has measured {columns}"


def _of_run(source: Source, runs: Sequence[Measured]) -> Result | None:
    """Return the number of the longest run that has it: a row where there is one, else a point of a curve."""
    columns = source.run or {}
    for run in runs:
        rows, curves = run.select(**columns), run.select_curves(**columns)
        number = _row(rows, source) if rows else _point(curves, source)
        if number is not None:
            method = "; ".join(filter(None, (number.method, phrase(run))))
            return replace(number, method=method, time_ps=run.origin.time_ps)
    return None


def _row(rows: Sequence[Result], source: Source) -> Result:
    """Return the first or last row in time, the coldest or hottest one."""
    in_time = source.at in ("first", "last")
    ordered = sorted(rows, key=lambda row: (row.time_ps if in_time else row.temperature_K) or 0.0)
    return ordered[-1] if source.at in ("hottest", "last") else ordered[0]


def _point(curves: Sequence[Series], source: Source) -> Result | None:
    """Return the last or first known point of a curve; one against temperature has no other order than that."""
    if len(curves) > 1:
        raise ValueError(f"{len(curves)} curves have {source.run}: name more columns")
    known = [one for one in curves if np.isfinite(one.y).any()]
    if not known:
        return None
    curve = known[0]
    at = np.flatnonzero(np.isfinite(curve.y))
    index = int(at[np.argmax(curve.x[at])] if source.at in ("hottest", "last") else at[np.argmin(curve.x[at])])
    error = None if curve.error is None else float(curve.error[index])
    temperature_K = float(curve.x[index]) if curve.x_unit == "K" else None
    method = f"at {curve.x[index]:.4g} {curve.x_unit}" + (f", {curve.method}" if curve.method else "")
    value, unit = float(curve.y[index]), curve.unit
    return Result(source.at, value, unit, curve.obtained, error, method=method, temperature_K=temperature_K)


def _of_clock(source: Source, evidence: Evidence) -> Result | None:
    watch = source.clock
    if watch is None or (history := evidence.histories.get(watch.scene)) is None:
        return None
    share = watched(watch.watched, history)
    if watch.at_C is not None:
        method = f"{watch.watched} of {watch.scene} at the end of the hold at {watch.at_C:g} C"
        return evidence.result(watch.scene, share[history.at_plateau_end(watch.at_C)], "", method)
    hottest_C = float(history.temperature_C.max())
    reached = capped(history.crossing_C(share, watch.reaches or 0.0), history)
    method = f"{watch.watched} of {watch.scene} reaches {watch.reaches:g}; {hottest_C:g} C stands for never"
    return evidence.result(watch.scene, reached, "C", method)


def check_watch(watch: Watch, holds_C: Sequence[float], scenes: Sequence[str]) -> None:
    """Raise a ValueError where a fact watches a scene or a hold that is not there."""
    if watch.scene not in scenes:
        raise ValueError(f"no scene is called {watch.scene!r}; there are: {', '.join(scenes) or 'none'}")
    if watch.at_C is not None and watch.at_C not in holds_C:
        raise ValueError(f"scene {watch.scene} has no hold at {watch.at_C:g} C; it holds at {list(holds_C)}")
