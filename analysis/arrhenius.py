"""Arrhenius: activation energy and prefactor from D at several temperatures, refused across a change of phase."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nanokiln.analysis.ramp import BOLTZMANN_EV_PER_K
from nanokiln.analysis.result import Result


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
    """
    phases = sorted({run.phase for run in runs})
    if len(phases) > 1:
        raise ValueError(f"these runs are of {', '.join(phases)}: fit each phase on its own, for Ea is not the same")
    if len({run.temperature_K for run in runs}) < 3:
        raise ValueError("an Arrhenius fit needs three temperatures; two points always lie on a line")
    from scipy import stats

    x = np.array([-1 / (BOLTZMANN_EV_PER_K * run.temperature_K) for run in runs])
    y = np.log([run.D for run in runs])
    sigma: NDArray[np.float64] = np.array([run.error / run.D for run in runs])
    design = np.column_stack([np.ones_like(x), x]) / sigma[:, None]
    covariance = np.linalg.inv(design.T @ design)
    log_D0, Ea = covariance @ design.T @ (y / sigma)
    chi2 = float((((y - log_D0 - Ea * x) / sigma) ** 2).sum())
    freedom = len(runs) - 2
    if stats.chi2.sf(chi2, freedom) < 1e-4:
        raise ValueError(
            f"{name}: no single line describes these points (chi squared {chi2:.0f} for {freedom} degrees of freedom); "
            "look for a change of phase or mechanism between them"
        )
    wider = float(np.sqrt(max(1.0, chi2 / freedom)))
    method = "weighted fit of ln D over isothermal runs; error widened by the scatter about the line"
    about = {"temperatures_K": [run.temperature_K for run in runs], "phase": phases[0], "chi2": chi2}
    spread = 1.96 * wider * float(np.sqrt(covariance[0, 0]))
    bounds = (float(np.exp(log_D0 - spread)), float(np.exp(log_D0 + spread)))
    error = wider * float(np.sqrt(covariance[1, 1]))
    return (
        Result(f"Ea of {name}", float(Ea), "eV", "measured", error, None, None, method, about),
        Result(f"D0 of {name}", float(np.exp(log_D0)), unit, "measured", None, bounds, None, method, about),
    )
