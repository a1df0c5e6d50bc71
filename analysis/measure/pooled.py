"""Pooling: one number, or one curve, from several runs that differ in nothing but their seed."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from nanokiln.analysis.measured import Result, Series

Array = NDArray[np.float64]
_NORMAL = 1.96


def pool_rows(rows: Sequence[Result], runs: int) -> Result:
    """Return the mean of one quantity over those of `runs` that have it, weighted by their errors.

    The 95 % interval is the wider of what the errors of the runs say and of what their scatter says by Student's t, for
    runs that differ by more than their errors are no repetitions of one number. Where a run has only a bound the whole
    has no value, for a mean over the others would be too large; its interval spans all that the runs allow.
    """
    first, n = rows[0], len(rows)
    of_all = f" of {runs}" if n < runs else ""
    told = [row for row in rows if row.value is not None]
    if len(told) < n:
        edges = [_edges(row) for row in rows]
        interval = (min(low for low, _ in edges), max(high for _, high in edges))
        method = f"{n - len(told)} of {n} runs have a bound only; the interval spans all runs"
        return replace(first, value=None, error=None, interval=interval, method=method, provenance={"runs": n})
    values = np.array([row.value for row in told], dtype=float)
    errors = np.array([row.error or np.nan for row in told], dtype=float)
    known = bool(np.isfinite(errors).all())
    weights = 1 / errors**2 if known else np.ones(n)
    mean = float(weights @ values / weights.sum())
    inner = float(weights.sum() ** -0.5) if known else 0.0
    scatter = float(weights @ (values - mean) ** 2 / max(n - 1, 1))
    outer = float(np.sqrt(scatter / weights.sum()))
    half = max(_NORMAL * inner, _student(n) * outer)
    low = mean - half
    if all(_edges(row)[0] >= 0 for row in told):
        low = max(low, 0.0)  # a quantity that cannot be negative
    return replace(
        first,
        value=mean,
        error=max(inner, outer),
        interval=(low, mean + half),
        method=f"weighted mean of {n}{of_all} runs; 95 % the wider of their errors and of their scatter by Student's t",
        provenance={"runs": n, "values": values.tolist(), "scatter": scatter},
    )


def _edges(row: Result) -> tuple[float, float]:
    if row.interval is not None:
        return row.interval
    assert row.value is not None  # a row without a value has an interval
    half = _NORMAL * (row.error or 0.0)
    return row.value - half, row.value + half


def _student(n: int) -> float:
    return float(stats.t.ppf(0.975, n - 1)) if n > 1 else 0.0


def pool_curves(curves: Sequence[Series], runs: int, points: int = 61) -> Series:
    """Return the mean of a curve over `runs` runs on `points` common places; a run without the curve counts as zero.

    The error is the larger of the runs' own and of their scatter, widened for few runs so that 1.96 of it hold 95 %.
    """
    first = curves[0]
    x = np.linspace(max(c.x[0] for c in curves), min(c.x[-1] for c in curves), points)
    y = np.array([np.interp(x, c.x, np.nan_to_num(c.y)) for c in curves] + [np.zeros(points)] * (runs - len(curves)))
    own = np.array([np.interp(x, c.x, c.error) for c in curves if c.error is not None])
    error = np.sqrt((own**2).sum(axis=0)) / runs if len(own) else np.zeros(points)
    if runs > 1:
        error = np.maximum(error, _student(runs) / _NORMAL * y.std(axis=0, ddof=1) / np.sqrt(runs))
    method = f"mean of {runs} runs; error the larger of theirs and of their scatter by Student's t"
    return replace(first, x=x, y=y.mean(axis=0), error=error, method=method)
