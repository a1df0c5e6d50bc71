"""What an ensemble of clock samples says: probabilities, temperatures, the limiting step, the input that matters."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from nanokiln.analysis.clock.clock import History, Rising
from nanokiln.analysis.clock.heating import ZERO_C_K
from nanokiln.analysis.clock.rates import STEPS
from nanokiln.analysis.measured import Result

Array = NDArray[np.float64]
NONE_BELOW, COMPLETE_ABOVE = 0.10, 0.95
OUTCOMES = ("none", "partial", "complete")
FEWEST_TOLD = 20  # samples below which neither a median nor an interval is told


def weighted_quantile(values: Array, shares: tuple[float, ...], weights: Array | None = None) -> Array:
    """Return quantiles of weighted samples; infinities are kept, NaN counts as +inf (never reached)."""
    values = np.where(np.isnan(values), np.inf, values)
    weights = np.ones(len(values)) if weights is None else weights
    order = np.argsort(values)
    position = np.cumsum(weights[order]) - 0.5 * weights[order]
    at = np.searchsorted(position / weights.sum(), shares)
    return np.asarray(values[order][np.minimum(at, len(values) - 1)])


def summary(name: str, values: Array, unit: str, weights: Array | None = None, method: str = "") -> Result:
    """Return median and 95 % interval of samples as an extrapolated Result; one value for all samples is exact.

    NaN counts as never reached: where half of the samples get nowhere there is no median, and the interval is open.
    """
    values = np.broadcast_to(values, np.shape(values if weights is None else weights) or (1,))
    low, middle, high = (float(v) for v in weighted_quantile(values, (0.025, 0.5, 0.975), weights))
    value = middle if np.isfinite(middle) else None
    return Result(name, value, unit, "extrapolated", interval=(low, high), method=method)


def reached(share: Array) -> NDArray[np.intp]:
    """Return what a share counts as: none, partial or complete: 0, 1 or 2."""
    return np.digitize(share, (NONE_BELOW, COMPLETE_ABOVE))


def product_share(history: History) -> Array:
    """Return how much of the selenide left is product, (times, samples)."""
    return np.minimum(history.converted / np.maximum(history.anion_left, 1e-9), 1.0)  # but for rounding


Watched = Literal["product", "CdSe loss", "P loss", "Cd left", "Se left", "P left"]


def watched(what: Watched, history: History) -> Array:
    """Return a share that can be watched, (times, samples): of the selenide left or of what was there first."""
    shares: dict[Watched, Array] = {
        "product": product_share(history),
        "CdSe loss": history.extents[:, 0],
        "P loss": history.extents[:, 2],
        "Cd left": history.cadmium_left,
        "Se left": history.anion_left,
        "P left": history.phosphorus_left,
    }
    return shares[what]


def exchanges(history: History) -> bool:
    """Whether the particle has both a selenide and a source of metal."""
    return history.particle.pool != "none" and bool(np.any(np.asarray(history.particle.host) > 0))


CHANGES: dict[Rising, str] = {"product": "selenide converted", "CdSe loss": "CdSe lost", "P loss": "P lost"}


def changing(history: History) -> Rising:
    """Return what changes in a scene."""
    if history.particle.pool == "none":
        return "CdSe loss"
    return "product" if exchanges(history) else "P loss"


def watched_share(history: History) -> tuple[str, Array]:
    """Return what changes in a scene, by name, and its share (times, samples)."""
    what = changing(history)
    return CHANGES[what], watched(what, history)


def midpoint(history: History) -> Array:
    """Return the midpoint temperature of the conversion in C, NaN where it is not reached."""
    return history.crossing_C("product", 0.5)


@dataclass(frozen=True)
class Reach:
    """When a share reaches a level: the share of samples in which it never does, and of the others the temperature
    (C) and the time (min); both are None where fewer than `FEWEST_TOLD` samples get there.
    """

    name: str
    level: float
    never: float
    temperature: Result | None
    minutes: Result | None

    @property
    def words(self) -> str:
        """The sentence that every face of the clock prints."""
        never = f"never in {percent_of(self.never)} of the samples"
        if self.temperature is None or self.minutes is None:
            return f"{self.name} ({100 * self.level:g} %): {never}"
        told = f"at {_in_words(self.temperature)} °C, after {_in_words(self.minutes)} min"
        return f"{self.name} ({100 * self.level:g} %): {never}" + (f", else {told}" if self.never else f"; {told}")

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON types."""
        told = {
            name: None if one is None else one.to_json()
            for name, one in (("temperature", self.temperature), ("minutes", self.minutes))
        }
        return {"name": self.name, "level": self.level, "never": self.never, **told, "words": self.words}


def reaches(history: History, what: Rising, weights: Array | None = None) -> tuple[Reach, ...]:
    """Return onset (10 %), midpoint and completion (95 %) of a share."""
    found = []
    for name, level in (("onset", NONE_BELOW), ("midpoint", 0.5), ("completion", COMPLETE_ABOVE)):
        minutes = history.crossing_min(what, level)
        weighed = np.ones(len(minutes)) if weights is None else weights
        there = np.isfinite(minutes)
        never = float(weighed[~there].sum() / weighed.sum())
        told: list[Result | None] = [None, None]
        if there.any() and weighed[there].sum() ** 2 / (weighed[there] ** 2).sum() >= FEWEST_TOLD:
            columns = ((history.crossing_C(what, level), "C"), (minutes, "min"))
            method = "of the samples that get there"
            told = [summary(name, column[there], unit, weighed[there], method) for column, unit in columns]
        found.append(Reach(name, level, never, *told))
    return tuple(found)


def percent_of(share: float) -> str:
    """Write a share of samples without hiding that some are left.

    >>> from nanokiln.analysis.clock.outcome import percent_of
    >>> percent_of(0.0), percent_of(0.0004), percent_of(0.42), percent_of(0.9996), percent_of(1.0)
    ('0 %', 'below 1 %', '42 %', 'above 99 %', '100 %')
    """
    if 0.0 < share < 0.005:
        return "below 1 %"
    return "above 99 %" if 0.995 <= share < 1.0 else f"{100 * share:.0f} %"


def _in_words(result: Result) -> str:
    low, high = result.interval or (float("nan"), float("nan"))
    return f"{result.value:.0f} ({low:.0f} to {high:.0f})"


@dataclass(frozen=True)
class Plateau:
    """Probabilities of none, partial and complete at the end of one hold."""

    temperature_C: float
    probabilities: tuple[float, float, float]
    standard_error: float

    def to_json(self) -> dict[str, float | list[float]]:
        """Return plain JSON types."""
        return {"temperature_C": self.temperature_C, "none_partial_complete": list(self.probabilities)}


def plateau_probabilities(history: History, share: Array, weights: Array | None = None) -> list[Plateau]:
    """Return the probability of none, partial and complete at the end of every hold, for a share (times, samples)."""
    weights = np.ones(share.shape[1]) if weights is None else weights
    plateaus = []
    for _, temperature in history.heating.plateau_ends():
        state = reached(share[history.at_plateau_end(temperature)])
        chance = [float(weights[state == i].sum() / weights.sum()) for i in range(3)]
        error = 0.5 / np.sqrt(weights.sum() ** 2 / (weights**2).sum())
        plateaus.append(Plateau(temperature, (chance[0], chance[1], chance[2]), float(error)))
    return plateaus


def limiting_step(history: History, temperature_C: float, weights: Array | None = None) -> dict[str, float]:
    """Return how probable it is that each step of the exchange is the slowest one, at the start, at a temperature."""
    samples = history.extents.shape[2]
    start = np.zeros((3, samples))
    steps = history.rates.exchange_steps(start, np.full(samples, ZERO_C_K + temperature_C))
    slowest = np.argmin(np.stack([np.broadcast_to(steps[name], samples) for name in STEPS]), axis=0)
    weights = np.ones(samples) if weights is None else weights
    return {name: float(weights[slowest == i].sum() / weights.sum()) for i, name in enumerate(STEPS)}


def diffusion_check(history: History, temperature_C: float) -> Result:
    """Return log10 of diffusion time L2/D over reaction time: above 0 the particle cannot be taken as well mixed.

    The clock acts on it by itself: diffusion is one of the resistances in series.
    """
    samples = history.extents.shape[2]
    steps = history.rates.exchange_steps(np.zeros((3, samples)), np.full(samples, ZERO_C_K + temperature_C))
    others = 1.0 / sum(1.0 / np.maximum(steps[name], 1e-300) for name in STEPS if name != "diffusion")
    ratio = np.log10(np.maximum(others, 1e-300) / np.maximum(steps["diffusion"], 1e-300))
    return summary(
        "log10_diffusion_over_reaction_time", ratio, "", method=f"L2/D against reaction time at {temperature_C} C"
    )


def sensitivity(history: History, values: Array, weights: Array | None = None, top: int = 8) -> list[tuple[str, float]]:
    """Return the inputs whose rank correlates most with an outcome: (name, Spearman coefficient), the largest first."""
    weights = np.ones(len(values)) if weights is None else weights
    ranks = _centred(rankdata(np.nan_to_num(values, nan=1e9, posinf=1e9)), weights)
    found = []
    for name, column in history.rates.draws.items():
        if np.ptp(column) > 0:
            other = _centred(rankdata(column), weights)
            found.append((name, float((weights * ranks * other).sum())))
    return sorted(found, key=lambda pair: -abs(pair[1]))[:top]


def _centred(ranks: Array, weights: Array) -> Array:
    centred = ranks - np.average(ranks, weights=weights)
    return np.asarray(centred / max(np.sqrt((weights * centred**2).sum()), 1e-300))
