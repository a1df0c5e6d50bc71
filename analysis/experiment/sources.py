"""Answers by columns: what a fact asks of a run's rows and curves, or of a scene of the clock, without any code."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from nanokiln.analysis.clock.outcome import watched
from nanokiln.analysis.experiment.evidence import Answerer, Evidence
from nanokiln.analysis.experiment.facts import Criterion, Fact, SceneShare, Source
from nanokiln.analysis.experiment.runs import phrase
from nanokiln.analysis.experiment.shortfalls import shortfalls
from nanokiln.analysis.experiment.verdict import Answer
from nanokiln.analysis.measured import COLUMNS, Measured, Result, Series

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
    """Return a fact's numbers, and as reason what a run of them lacks to stand for it; what is missing or does not fit
    its criterion is the reason too."""
    runs = tuple(run for run in evidence.measured if run is evidence.own or stands_for(run, experiment, fact.group))
    found: list[Result] = []
    missing: list[str] = []
    for criterion in (one for one in fact.criteria if one.source is not None):
        try:
            found.append(_number(criterion, criterion.source, evidence, runs, fact.group))
        except ValueError as error:
            missing.append(str(error))
    of_runs = [one for one in found if one.time_ps is not None]
    return Answer(tuple(found), "; ".join(dict.fromkeys(filter(None, [shortfalls(fact, of_runs), *missing]))))


def _number(
    criterion: Criterion, source: Source | None, evidence: Evidence, runs: Sequence[Measured], group: str
) -> Result:
    """Return a number under the name and unit that the criterion gives it; ValueError where there is none that fits."""
    if source is None:
        raise ValueError(f"{criterion.quantity} has no source")
    number = _of_clock(source.clock, evidence) if source.clock else _of_run(source, runs)
    if number is None:
        raise ValueError(_unanswered(source, group))
    if number.unit != criterion.unit and not {number.unit, criterion.unit} <= set(PURE_NUMBER):
        raise ValueError(f"{criterion.quantity} is asked for in {criterion.unit!r}, but comes in {number.unit!r}")
    return replace(number, name=criterion.quantity, unit=criterion.unit)


def _unanswered(source: Source, group: str) -> str:
    if source.clock is not None:
        return f"the clock's scene {source.clock.scene} was not run"
    return f"no run that stands for group {group} has measured {_told(source)}"


def _told(source: Source) -> str:
    return ", ".join(f"{name} {value}" for name, value in (source.run or {}).items())


def _of_run(source: Source, runs: Sequence[Measured]) -> Result | None:
    """Return the number of the longest run that has it: a row where there is one, else a point of a curve."""
    columns = source.run or {}
    for run in runs:
        rows, curves = run.select(**columns), run.select_curves(**columns)
        number = _row(rows, source) if rows else _point(curves, source)
        if number is not None:
            method = "; ".join(filter(None, (number.method, phrase(run))))
            made = number.provenance | {"run": run.origin.run, "atoms": run.origin.atoms}
            return replace(number, method=method, time_ps=run.origin.time_ps, provenance=made)
    return None


def _row(rows: Sequence[Result], source: Source) -> Result:
    """Return the first or last row in time, the coldest or hottest one; all must be of the same thing."""
    if len({tuple(getattr(row, name) for name in COLUMNS if name != "stage") for row in rows}) > 1:
        raise ValueError(f"{len(rows)} rows have {_told(source)}: name more columns")
    in_time = source.at in ("first", "last")
    ordered = sorted(rows, key=lambda row: (row.time_ps if in_time else row.temperature_K) or 0.0)
    return ordered[-1] if source.at in ("hottest", "last") else ordered[0]


def _point(curves: Sequence[Series], source: Source) -> Result | None:
    """Return the known point of the only curve that the source asks for, None where there is none."""
    if len(curves) > 1:
        raise ValueError(f"{len(curves)} curves have {_told(source)}: name more columns")
    if not curves or not np.isfinite(curves[0].y).any():
        return None
    curve, by_heat = curves[0], source.at in ("hottest", "coldest")
    if by_heat != (curve.x_unit == "K"):
        other = "first or last" if by_heat else "hottest or coldest"
        raise ValueError(f"{_told(source)} is a curve against {curve.x_name}: say at {other}, not {source.at}")
    at = np.flatnonzero(np.isfinite(curve.y))
    index = int(at[np.argmax(curve.x[at])] if source.at in ("hottest", "last") else at[np.argmin(curve.x[at])])
    error = None if curve.error is None else float(curve.error[index])
    temperature_K = float(curve.x[index]) if by_heat else None
    method = f"at {curve.x[index]:.4g} {curve.x_unit}" + (f", {curve.method}" if curve.method else "")
    value, unit = float(curve.y[index]), curve.unit
    return Result(source.at, value, unit, curve.obtained, error, method=method, temperature_K=temperature_K)


def _of_clock(watch: SceneShare, evidence: Evidence) -> Result | None:
    if (history := evidence.histories.get(watch.scene)) is None:
        return None
    if watch.at_C is not None:
        share = watched(watch.watched, history)
        method = f"{watch.watched} of {watch.scene} at the end of the hold at {watch.at_C:g} C"
        return evidence.result(watch.scene, share[history.at_plateau_end(watch.at_C)], "", method)
    reached = history.crossing_C(watch.watched, watch.reaches or 0.0)  # type: ignore[arg-type]  # only rising shares
    method = f"{watch.watched} of {watch.scene} reaches {watch.reaches:g}"
    return evidence.result(watch.scene, reached, "C", method)


def check_watch(watch: SceneShare, holds_C: Sequence[float], scenes: Sequence[str]) -> None:
    """Raise a ValueError where a fact watches a scene or a hold that is not there."""
    if watch.scene not in scenes:
        raise ValueError(f"no scene is called {watch.scene!r}; there are: {', '.join(scenes) or 'none'}")
    if watch.at_C is not None and watch.at_C not in holds_C:
        raise ValueError(f"scene {watch.scene} has no hold at {watch.at_C:g} C; it holds at {list(holds_C)}")
