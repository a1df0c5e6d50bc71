"""Figures of the minutes clock as values: what is to be drawn, not how (`report.drawings` draws them)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from nanokiln.analysis.clock.clock import History
from nanokiln.analysis.clock.heating import Heating
from nanokiln.analysis.clock.outcome import (
    OUTCOMES,
    exchanges,
    plateau_probabilities,
    product_share,
    sensitivity,
    watched_share,
    weighted_quantile,
)

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Line:
    """A curve `y` against `x`, both (n,), with the band between `low` and `high` where both are known."""

    label: str
    x: Array
    y: Array
    low: Array | None = None
    high: Array | None = None


@dataclass(frozen=True)
class Curves:
    """Lines that share their axes; `marked` is an x to point at."""

    lines: tuple[Line, ...]
    x_name: str
    y_name: str
    y_range: tuple[float, float] | None = None
    marked: float | None = None
    x_scale: Literal["linear", "log"] = "linear"


@dataclass(frozen=True)
class Bars:
    """Horizontal bars by label; several `parts` (name, lengths (n,)) are stacked and read as probabilities."""

    labels: tuple[str, ...]
    parts: tuple[tuple[str, Array], ...]
    x_name: str
    title: str = ""


@dataclass(frozen=True)
class Stack:
    """Panels over one axis x, the first on top; `shaded` are the stretches of x to set off."""

    panels: tuple[Curves, ...]
    shaded: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True)
class Picture:
    """A drawing with its caption, under the anchor that a row of the table points to."""

    anchor: str
    caption: str
    drawing: Curves | Bars | Stack


def plateau_bars(histories: Mapping[str, History], names: Sequence[str], weights: Array | None, title: str) -> Bars:
    """Return the probability of none, partial and complete at the end of every hold of some scenes."""
    labels: list[str] = []
    chances: list[tuple[float, float, float]] = []
    for name in names:
        what, share = watched_share(histories[name])
        for plateau in plateau_probabilities(histories[name], share, weights):
            labels.append(f"{name} ({what}), {plateau.temperature_C:.0f} °C")
            chances.append(plateau.probabilities)
    columns = np.array(chances).T
    return Bars(tuple(labels), tuple(zip(OUTCOMES, columns, strict=True)), "probability", title)


def band(histories: Mapping[str, History], names: Sequence[str], weights: Array | None) -> Stack:
    """Return median and 95 % band of what changes in some scenes against the noted time, above their programmes."""
    lines = []
    for name in names:
        what, share = watched_share(histories[name])
        lines.append(quantile_line(f"{name}: {what}", histories[name].minutes, share, weights))
    return over_time(lines, "share", {name: histories[name].heating for name in names})


def over_time(lines: Sequence[Line], y_name: str, heatings: Mapping[str, Heating]) -> Stack:
    """Return shares against time above the temperature of the holder; holds are set off where all have the same."""
    distinct: dict[tuple[tuple[float, float], ...], tuple[str, Heating]] = {}
    for name, heating in heatings.items():
        distinct.setdefault(heating.knots, (name, heating))
    heat = tuple(
        Line(name if len(distinct) > 1 else "", one.minutes, one.temperatures_C) for name, one in distinct.values()
    )
    holds: tuple[tuple[float, float], ...] = ()
    if len(distinct) == 1:
        one = next(iter(distinct.values()))[1]
        holds = tuple((float(one.minutes[i]), float(one.minutes[i + 1])) for i, _ in one.plateau_ends())
    shares = Curves(tuple(lines), "", y_name, (-0.02, 1.02))
    return Stack((shares, Curves(heat, "time (min)", "T (°C)")), holds)


def courses(histories: Mapping[str, History], names: Sequence[str], sample: int) -> Curves:
    """Return what one sample does in some scenes: the product and what is left of Se and P, against the noted time."""
    lines = []
    for name in names:
        history = histories[name]
        if exchanges(history):
            lines += [Line(f"{name}: product", history.minutes, product_share(history)[:, sample])]
            lines += [Line(f"{name}: Se left", history.minutes, history.anion_left[:, sample])]
        if np.any(np.asarray(history.particle.phosphide) > 0):
            lines += [Line(f"{name}: P left", history.minutes, history.phosphorus_left[:, sample])]
        elif not exchanges(history):
            lines += [Line(f"{name}: Se left", history.minutes, history.anion_left[:, sample])]
    return Curves(tuple(lines), "time (min)", "share", (-0.02, 1.02))


def quantile_line(label: str, x: Array, samples: Array, weights: Array | None) -> Line:
    """Return the weighted median and 95 % band of samples (times, samples) against x (times,)."""
    low, middle, high = np.array([weighted_quantile(row, (0.025, 0.5, 0.975), weights) for row in samples]).T
    return Line(label, x, middle, low, high)


def sensitivity_bars(history: History, weights: Array | None, title: str) -> Bars:
    """Return which inputs move the midpoint temperature most (Spearman rank correlation)."""
    found = sensitivity(history, history.crossing_C("product", 0.5), weights)
    labels = tuple(name.replace("_", " ") for name, _ in found)
    lengths = np.array([value for _, value in found])
    return Bars(labels, (("", lengths),), "rank correlation with the midpoint temperature", title)
