"""Transformations: how much has transformed at each temperature, when it began, and how that moves with the rate."""

from dataclasses import dataclass

import numpy as np
from ase.units import kB
from numpy.typing import NDArray

from nanokiln.analysis.measured import Result

Array = NDArray[np.float64]
Index = NDArray[np.int64]

ONSET, MIDPOINT = 0.10, 0.50
_FEWEST = 3  # replicas that give an interval
_DRAWS = 500


@dataclass(frozen=True)
class Progress:
    """Fraction transformed of each unit at each temperature: `fraction` (n_units, n_T) against `temperature_K` (n_T,).

    A unit is a part of a replica, such as a domain; `replica` (n_units,) says of which. Units of one replica share one
    simulation, so that only replicas count as independent.
    """

    temperature_K: Array
    fraction: Array
    replica: Index


def crossing_K(temperature_K: Array, fraction: Array, level: float) -> float:
    """Return where a mean curve reaches a level for good, by isotonic regression and interpolation; NaN if never.

    >>> import numpy as np
    >>> from nanokiln.analysis.lattice import crossing_K
    >>> crossing_K(np.array([500.0, 600, 700, 800]), np.array([0.0, 0.2, 0.8, 1.0]), level=0.5)
    650.0
    """
    smooth = isotonic(np.asarray(fraction, dtype=float))
    above = np.flatnonzero(smooth >= level)
    if len(above) == 0:
        return float("nan")
    k = int(above[0])
    if k == 0:
        return float(temperature_K[0])
    low, high = smooth[k - 1], smooth[k]
    return float(temperature_K[k - 1] + (level - low) / (high - low) * (temperature_K[k] - temperature_K[k - 1]))


def isotonic(y: Array) -> Array:
    """Return the least-squares fit to (n,) that never falls."""
    from scipy.optimize import isotonic_regression

    return np.asarray(isotonic_regression(y).x)


def compute_transformation(progress: Progress, name: str, level: float = MIDPOINT) -> Result:
    """Return the temperature at which a replica has transformed by `level`: their mean, 95 % by Student's t.

    Without at least three replicas there is no interval: one run says nothing about how another would have gone. Where
    a replica did not get there, the temperature is only known from below.
    """
    replicas = np.unique(progress.replica)
    means = [progress.fraction[progress.replica == one].mean(axis=0) for one in replicas]
    reached = np.array([crossing_K(progress.temperature_K, mean, level) for mean in means])
    n, there = len(reached), np.isfinite(reached)
    about = {"replicas": n, "level": level}
    if not there.all():
        low = float(min([progress.temperature_K.max(), *reached[there]]))
        method = f"reached in {there.sum()} of {n} runs" if n > 1 else "not reached"
        return Result(name, None, "K", "measured", None, (low, float("inf")), None, method, about)
    value, method = float(reached.mean()), "isotonic regression of the fraction of each run"
    if n < _FEWEST:
        method = f"{method}; {'one run' if n == 1 else f'{n} runs'}: no interval can be given"
        return Result(name, value, "K", "measured", method=method, provenance=about)
    from scipy import stats

    error = float(reached.std(ddof=1) / np.sqrt(n))
    half = float(stats.t.ppf(0.975, n - 1)) * error
    method = f"{method}; mean and Student's t over {n} runs"
    return Result(name, value, "K", "measured", error, (value - half, value + half), None, method, about)


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
