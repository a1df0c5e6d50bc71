"""Arrhenius: activation energy and prefactor from D at several temperatures, refused across a change of phase."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from ase.units import kB
from numpy.typing import NDArray
from scipy import stats

from nanokiln.analysis.measured import Result


@dataclass(frozen=True)
class Isotherm:
    """One isothermal run: D with its error (any unit), its temperature, and the phase the material was in."""

    temperature_K: float
    D: float
    error: float
    phase: str


def fit_arrhenius(runs: Sequence[Isotherm], name: str, unit: str = "cm2/s") -> tuple[Result, Result]:
    """Return Ea (eV) and D0 by a weighted fit of ln D against 1/kT; the error grows with the scatter about the line.

    ValueError: fewer than three temperatures, runs in different phases, or points that no single line describes (chi
    squared beyond its 0.01 % level), as across a change of mechanism.

    >>> import numpy as np
    >>> from nanokiln.analysis.motion import Isotherm, fit_arrhenius
    >>> from ase.units import kB
    >>> D = {T: 1e-3 * np.exp(-0.2 / (kB * T)) for T in (500.0, 600.0, 750.0)}  # 0.2 eV
    >>> Ea, D0 = fit_arrhenius([Isotherm(T, value, 0.1 * value, "Cu2Se") for T, value in D.items()], "Cu")
    >>> round(Ea.value, 3), round(D0.value, 5)
    (0.2, 0.001)
    """
    phases = sorted({run.phase for run in runs})
    if len(phases) > 1:
        raise ValueError(f"these runs are of {', '.join(phases)}: fit each phase on its own, for Ea is not the same")
    line = _line(runs, name)
    method = "weighted fit of ln D over isothermal runs; error widened by the scatter about the line"
    about = {"temperatures_K": [run.temperature_K for run in runs], "phase": phases[0], "chi2": line.chi2}
    spread = 1.96 * float(np.sqrt(line.covariance[0, 0]))
    bounds = (float(np.exp(line.log_D - spread)), float(np.exp(line.log_D + spread)))
    error = float(np.sqrt(line.covariance[1, 1]))
    return (
        Result(f"Ea of {name}", line.Ea_eV, "eV", "measured", error, None, None, method, about),
        Result(f"D0 of {name}", float(np.exp(line.log_D)), unit, "measured", None, bounds, None, method, about),
    )


def diffusion_at(runs: Sequence[Isotherm], name: str, temperature_K: float, unit: str = "cm2/s") -> Result:
    """Return D at a temperature from the same line, with a 95 % interval; ValueErrors as in `fit_arrhenius`."""
    line = _line(runs, name, temperature_K)
    spread = 1.96 * float(np.sqrt(line.covariance[0, 0]))
    bounds = (float(np.exp(line.log_D - spread)), float(np.exp(line.log_D + spread)))
    method = f"weighted line of ln D through {len(runs)} holds, read at {temperature_K:g} K"
    return Result(name, float(np.exp(line.log_D)), unit, "measured", None, bounds, None, method)


@dataclass(frozen=True)
class _Line:
    """ln D at the reference temperature and Ea, their covariance widened by the scatter, and chi squared."""

    log_D: float
    Ea_eV: float
    covariance: NDArray[np.float64]
    chi2: float


def _line(runs: Sequence[Isotherm], name: str, reference_K: float = np.inf) -> _Line:
    if len({run.temperature_K for run in runs}) < 3:
        raise ValueError("an Arrhenius fit needs three temperatures; two points always lie on a line")
    x = np.array([1 / reference_K - 1 / run.temperature_K for run in runs]) / kB
    y = np.log([run.D for run in runs])
    sigma: NDArray[np.float64] = np.array([run.error / run.D for run in runs])
    design = np.column_stack([np.ones_like(x), x]) / sigma[:, None]
    covariance = np.linalg.inv(design.T @ design)
    log_D, Ea = covariance @ design.T @ (y / sigma)
    chi2 = float((((y - log_D - Ea * x) / sigma) ** 2).sum())
    freedom = len(runs) - 2
    if stats.chi2.sf(chi2, freedom) < 1e-4:
        raise ValueError(
            f"{name}: no single line describes these points (chi squared {chi2:.0f} for {freedom} degrees of freedom); "
            "look for a change of phase or mechanism between them"
        )
    return _Line(float(log_D), float(Ea), np.asarray(covariance * max(1.0, chi2 / freedom), dtype=np.float64), chi2)


def temperature_to_travel_K(
    barrier_eV: float, attempts_per_s: float, hop_A: float, distance_A: float, seconds: float
) -> float:
    """Return the temperature at which hops over one barrier cover a distance in a time: attempts hop2 t exp(-E/kT) =
    distance2. Without a barrier it is 1 K: no temperature is too low.

    >>> from nanokiln.analysis.motion.arrhenius import temperature_to_travel_K
    >>> round(temperature_to_travel_K(1.0, 1e13, 2.4, 50.0, 600.0))
    384
    """
    decades = np.log(attempts_per_s * hop_A**2 * seconds / distance_A**2)
    if barrier_eV <= 0:
        return 1.0
    if decades <= 0:
        raise ValueError(f"{attempts_per_s:g} attempts per second never cover {distance_A:g} A in {seconds:g} s")
    return float(barrier_eV / (kB * decades))
