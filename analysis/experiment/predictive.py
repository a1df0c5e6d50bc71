"""Posterior predictive probability: how probable it is that what is predicted lies in the accepted range."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from nanokiln.analysis.experiment.facts import Criterion
from nanokiln.analysis.measured import Result

Array = NDArray[np.float64]
COVERED = 0.95  # what an interval or a bound promises


@dataclass(frozen=True, eq=False)
class Sampled(Result):
    """A result with one of its `values` per sample, shape (samples,), or (hypotheses, samples) where several are as
    likely as each other; NaN where a sample has no such number.

    `weights` (samples,) are those of the samples; `of_clock` says that sample i is sample i of the clock, so that two
    numbers can be judged under one and the same sample.
    """

    values: Array = field(default_factory=lambda: np.empty(0), repr=False)
    weights: Array | None = field(default=None, repr=False)
    of_clock: bool = True

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON types, without the samples."""
        return Result(**{one.name: getattr(self, one.name) for one in fields(Result)}).to_json()


@dataclass(frozen=True)
class Chance:
    """How probable it is that a row is met under `each` sample, shape (samples,), or (1,) where none plays a part."""

    each: Array
    weights: Array | None = None

    @property
    def probability(self) -> float:
        """The weighted share of the samples."""
        weights = self.weights if self.weights is not None and len(self.weights) == len(self.each) else None
        return float(np.clip(np.average(self.each, weights=weights), 0.0, 1.0))


def limits(criterion: Criterion) -> tuple[float, float]:
    """Return the ends of the accepted range, infinite where it is open."""
    lower = float("-inf") if criterion.lower is None else criterion.lower
    return lower, float("inf") if criterion.upper is None else criterion.upper


def bounds(result: Result) -> tuple[float, float]:
    """Return the 95 % interval of a result: its own, or 1.96 standard errors, or the bare value where it is exact."""
    if result.interval is not None:
        return result.interval
    if result.value is None:
        raise ValueError(f"{result.name} has neither value nor interval")
    spread = 1.96 * (result.error or 0.0)
    return result.value - spread, result.value + spread


def chance(pairs: Sequence[tuple[Criterion, Result]]) -> Chance | None:
    """Return how probable it is that all criteria are met at once, None where a bound cannot tell.

    Numbers that share the samples of the clock are judged together under each of them; others are independent.
    """
    each, weights, unknown = np.ones(1), None, False
    for criterion, result in pairs:
        if isinstance(result, Sampled) and result.of_clock and len(result.values):
            each = each * _inside(criterion, result.values)
            weights = result.weights if weights is None else weights
            continue
        alone = _of_samples(criterion, result) if isinstance(result, Sampled) else _of_error(criterion, result)
        unknown |= alone is None
        each = each * (1.0 if alone is None else alone)
    return None if unknown and each.any() else Chance(each, weights)


def _inside(criterion: Criterion, values: Array) -> Array:
    """Return the share of the hypotheses under which each sample lies in the range; NaN does not."""
    lower, upper = limits(criterion)
    within = ((values >= lower) & (values <= upper)).astype(float)
    return np.asarray(within.mean(axis=0) if within.ndim > 1 else within)


def _of_samples(criterion: Criterion, result: Sampled) -> float:
    return Chance(_inside(criterion, result.values), result.weights).probability


def _of_error(criterion: Criterion, result: Result) -> float | None:
    """Return the probability from a standard error, or from an interval by the two half normals that it belongs to.

    A bound promises 95 % on its side and says nothing beyond it.
    """
    low, high = bounds(result)
    lower, upper = limits(criterion)
    if lower == float("-inf") and upper == float("inf"):
        return 1.0
    if result.value is None:
        if low >= lower and high <= upper:
            return COVERED
        return 1.0 - COVERED if high < lower or low > upper else None
    if result.interval is None and not result.error:
        return float(lower <= result.value <= upper)
    return _below(result.value, low, high, upper) - _below(result.value, low, high, lower)


def _below(value: float, low: float, high: float, edge: float) -> float:
    """Return the probability to lie below an edge; each half normal has its own end of the interval."""
    width = (high - value if edge > value else value - low) / 1.96
    if width <= 0.0 or not np.isfinite(width):
        return float(edge >= value) if width <= 0.0 else 0.5
    return float(norm.cdf((edge - value) / width))


def percent(chance: float | None) -> str:
    """Write a probability for a reader: percent with two digits, a dash where it is not known.

    Below 0.1 % a few thousand samples cannot tell numbers apart.

    >>> from nanokiln.analysis.experiment.predictive import percent
    >>> percent(0.123), percent(1.0), percent(0.00123), percent(0.0), percent(None)
    ('12 %', '100 %', '0.12 %', 'below 0.1 %', '–')
    """
    if chance is None:
        return "–"
    if chance < 0.001:
        return "below 0.1 %"
    return f"{100 * chance:.2g} %" if chance < 0.995 else f"{100 * chance:.0f} %"
