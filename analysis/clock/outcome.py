"""What an ensemble of clock samples says: probabilities, temperatures, the limiting step, the input that matters."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from nanokiln.analysis.clock.clock import History
from nanokiln.analysis.clock.heating import ZERO_C_K
from nanokiln.analysis.clock.rates import STEPS
from nanokiln.analysis.measured import Result

Array = NDArray[np.float64]
NONE_BELOW, COMPLETE_ABOVE = 0.10, 0.95
OUTCOMES = ("none", "partial", "complete")


def weighted_quantile(values: Array, shares: tuple[float, ...], weights: Array | None = None) -> Array:
    """Return quantiles of weighted samples; infinities are kept, NaN counts as +inf (never reached)."""
    values = np.where(np.isnan(values), np.inf, values)
    weights = np.ones(len(values)) if weights is None else weights
    order = np.argsort(values)
    position = np.cumsum(weights[order]) - 0.5 * weights[order]
    at = np.searchsorted(position / weights.sum(), shares)
    return np.asarray(values[order][np.minimum(at, len(values) - 1)])


def summary(name: str, values: Array, unit: str, weights: Array | None = None, method: str = "") -> Result:
    """Return median and 95 % interval of samples as an extrapolated Result; one value for all samples is exact."""
    values = np.broadcast_to(values, np.shape(values if weights is None else weights) or (1,))
    low, middle, high = (float(v) for v in weighted_quantile(values, (0.025, 0.5, 0.975), weights))
    return Result(name, middle, unit, "extrapolated", interval=(low, high), method=method)


def reached(share: Array) -> NDArray[np.intp]:
    """Return what a share counts as: none, partial or complete: 0, 1 or 2."""
    return np.digitize(share, (NONE_BELOW, COMPLETE_ABOVE))


def product_share(history: History) -> Array:
    """Return how much of the selenide left is product, (times, samples)."""
    return history.converted / np.maximum(history.anion_left, 1e-9)


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


def watched_share(history: History) -> tuple[str, Array]:
    """Return what changes in a scene, by name, and its share (times, samples)."""
    if history.particle.pool == "none":
        return "CdSe lost", history.extents[:, 0]
    if not exchanges(history):
        return "P lost", 1.0 - history.phosphorus_left
    return "selenide converted", product_share(history)


def capped(temperatures_C: Array, history: History) -> Array:
    """Return crossing temperatures, with the programme's highest where there was no crossing."""
    return np.where(np.isnan(temperatures_C), history.temperature_C.max(), temperatures_C)


def midpoint(history: History) -> Array:
    """Return the midpoint temperature of the conversion in C, the highest of the programme where it is not reached."""
    return capped(history.crossing_C(product_share(history), 0.5), history)


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
