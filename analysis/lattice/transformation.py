"""Transformations: how much has transformed at each temperature, when it began, and how that moves with the rate."""

from dataclasses import dataclass

import numpy as np
from ase.units import kB
from numpy.typing import NDArray

from nanokiln.analysis.measured import Result

Array = NDArray[np.float64]
Index = NDArray[np.int64]

ONSET, MIDPOINT = 0.10, 0.50
_DRAWS = 500


@dataclass(frozen=True)
class Progress:
    """Fraction transformed of each unit at each temperature: `fraction` (n_units, n_T) against `temperature_K` (n_T,).

    A unit is a layer of a particle of a replica: `replica` (n_units,) and `particle` (n_units,) say of which. Units
    of the same replica share one simulation, so replicas are resampled first, then particles, then layers within them.
    """

    temperature_K: Array
    fraction: Array
    replica: Index
    particle: Index


def crossing_K(temperature_K: Array, fraction: Array, level: float) -> float:
    """Return where a mean curve reaches a level for good, by isotonic regression and interpolation; NaN if never.

    >>> import numpy as np
    >>> from nanokiln.analysis.lattice import crossing_K
    >>> crossing_K(np.array([500.0, 600, 700, 800]), np.array([0.0, 0.2, 0.8, 1.0]), level=0.5)
    650.0
    """
    smooth = _isotonic(np.asarray(fraction, dtype=float))
    above = np.flatnonzero(smooth >= level)
    if len(above) == 0:
        return float("nan")
    k = int(above[0])
    if k == 0:
        return float(temperature_K[0])
    low, high = smooth[k - 1], smooth[k]
    return float(temperature_K[k - 1] + (level - low) / (high - low) * (temperature_K[k] - temperature_K[k - 1]))


def _isotonic(y: Array) -> Array:
    from scipy.optimize import isotonic_regression

    return np.asarray(isotonic_regression(y).x)


def compute_transformation(progress: Progress, name: str, level: float = MIDPOINT, seed: int = 0) -> Result:
    """Return the temperature at which a share of the material has transformed, with a 95 % block-bootstrap interval.

    Without at least three replicas there is no interval: one run says nothing about how another would have gone.
    """
    value = crossing_K(progress.temperature_K, progress.fraction.mean(axis=0), level)
    about = {"replicas": len(np.unique(progress.replica)), "units": len(progress.fraction), "level": level}
    if not np.isfinite(value):
        reached = float(progress.temperature_K.max())
        return Result(
            name, None, "K", "measured", None, (reached, float("inf")), method="not reached", provenance=about
        )
    method = "isotonic regression of the mean fraction; 95 % by bootstrap over replicas, particles and layers"
    if about["replicas"] < 3:
        return Result(name, value, "K", "measured", method="one run: no interval can be given", provenance=about)
    draws = np.array([crossing_K(progress.temperature_K, f, level) for f in _resampled_means(progress, seed)])
    draws = np.where(np.isnan(draws), np.inf, draws)
    low, high = np.quantile(draws, [0.025, 0.975], method="inverted_cdf")
    # The spread of k replicas understates the error by sqrt((k - 1) / k) and by the normal against Student's t.
    from scipy import stats

    k = int(about["replicas"])
    wider = np.sqrt(k / (k - 1)) * stats.t.ppf(0.975, k - 1) / stats.norm.ppf(0.975)
    interval = (float(value - wider * (value - low)), float(value + wider * (high - value)))
    return Result(name, value, "K", "measured", None, interval, None, method, about)


def _resampled_means(progress: Progress, seed: int) -> Array:
    """Return bootstrap means of the fraction, (draws, n_T): replicas with replacement, then particles, then layers."""
    rng = np.random.default_rng(seed)
    replicas = np.unique(progress.replica)
    weights = np.zeros((_DRAWS, len(progress.fraction)))
    times = rng.multinomial(len(replicas), np.full(len(replicas), 1 / len(replicas)), size=_DRAWS)
    for r, replica in enumerate(replicas):
        own = progress.replica == replica
        particles = np.unique(progress.particle[own])
        # Drawing k of k things c times over is one draw of c k things.
        copies = rng.multinomial(times[:, r] * len(particles), np.full(len(particles), 1 / len(particles)))
        for p, particle in enumerate(particles):
            layers = np.flatnonzero(own & (progress.particle == particle))
            weights[:, layers] = rng.multinomial(copies[:, p] * len(layers), np.full(len(layers), 1 / len(layers)))
    return np.asarray(weights @ progress.fraction / weights.sum(axis=1, keepdims=True))


@dataclass(frozen=True)
class Kissinger:
    """ln(rate / T^2) = constant - Ea / kT: the activation energy (eV), its `error`, and what it says of other rates."""

    Ea_eV: float
    error_eV: float
    log_constant: float
    rates_K_per_s: Array
    draws: Array

    def temperature_at(self, rate_K_per_s: float) -> Result:
        """Return the temperature expected at another rate, with a 95 % interval and the decades it crosses."""
        outside = np.log10([self.rates_K_per_s.min() / rate_K_per_s, rate_K_per_s / self.rates_K_per_s.max()])
        decades = float(max(outside.max(), 0.0))
        value = _solve(self.Ea_eV, self.log_constant, rate_K_per_s)
        spread = [_solve(Ea, constant, rate_K_per_s) for Ea, constant in self.draws if Ea > 0]
        low, high = np.quantile(spread, [0.025, 0.975])
        return Result(
            f"temperature at {rate_K_per_s:g} K/s",
            value,
            "K",
            "extrapolated" if decades > 0 else "measured",
            interval=(float(low), float(high)),
            decades=decades,
            method="Kissinger analysis of several ramp rates; assumes that one step limits at all rates",
        )


def fit_kissinger(rates_K_per_s: Array, temperatures_K: Array, errors_K: Array, seed: int = 0) -> Kissinger:
    """Fit Kissinger's line to transformation temperatures (n,) at ramp rates (n,), with their standard errors (n,).

    Errors come from redrawing the temperatures within theirs, and from the scatter about the line where that is larger.
    ValueError: fewer than three rates, or less than a decade between them. Kissinger, Anal. Chem. 29 (1957) 1702.
    """
    if len(rates_K_per_s) < 3 or rates_K_per_s.max() < 9.9 * rates_K_per_s.min():
        raise ValueError("Kissinger analysis needs three ramp rates that span a decade")
    rng = np.random.default_rng(seed)

    def line(T: Array) -> tuple[Array, Array, float]:
        x, y = 1 / (kB * T), np.log(rates_K_per_s / T**2)
        weight = (T**2 * kB / errors_K) ** 2
        centre = np.average(x, weights=weight, axis=-1)[..., None]
        slope = ((x - centre) * y * weight).sum(-1) / ((x - centre) ** 2 * weight).sum(-1)
        constant = np.average(y, weights=weight, axis=-1) - slope * centre[..., 0]
        off = y - constant[..., None] - slope[..., None] * x
        pull = off * np.sqrt(weight) / np.maximum(abs(slope), 1e-9)[..., None]
        return -slope, constant, float(np.sqrt((pull**2).sum(-1).mean() / max(len(rates_K_per_s) - 2, 1)))

    Ea, constant, scatter = line(temperatures_K)
    redrawn = temperatures_K + rng.normal(0, 1, (_DRAWS, len(temperatures_K))) * errors_K * max(1.0, scatter)
    energies, constants, _ = line(redrawn)
    draws = np.column_stack([energies, constants])
    return Kissinger(float(Ea), float(energies.std(ddof=1)), float(constant), rates_K_per_s, draws)


def _solve(Ea_eV: float, log_constant: float, rate: float) -> float:
    from scipy.optimize import brentq

    def excess(T: float) -> float:
        return float(log_constant - Ea_eV / (kB * T) - np.log(rate / T**2))

    return float(brentq(excess, 1.0, 1e5))
