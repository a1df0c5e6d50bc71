"""What lattice Monte Carlo says about fronts and stacking faults (rows E14, E15, F3)."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from nanokiln.analysis.clock.barriers import rate_per_s
from nanokiln.analysis.clock.clock import History
from nanokiln.analysis.clock.heating import Heating
from nanokiln.analysis.clock.lattice_monte_carlo import Front, Kinetics, Sites, cation_sites, run_kmc
from nanokiln.analysis.clock.outcome import summary
from nanokiln.analysis.clock.rates import Rates, series
from nanokiln.analysis.experiment.evidence import Evidence, answers
from nanokiln.analysis.experiment.predictive import Sampled
from nanokiln.analysis.experiment.verdict import Answer
from nanokiln.analysis.review2019.on_images import seen_faults
from nanokiln.structures.catalogue import build

Array = NDArray[np.float64]
REPLICAS = 12
# What the review saw: 350 C with the exchange under way, then 400 C. A slow ramp, so that every replica converts.
SLOW = Heating(((0.0, 25.0), (20.0, 350.0), (50.0, 350.0), (55.0, 400.0), (85.0, 400.0), (120.0, 750.0)))
ROD = {
    "kind": "particle",
    "name": "CdSe rod of the lattice runs",
    "parts": [{"name": "rod", "phase": "CdSe-wz", "shape": {"kind": "prism", "across_nm": 5.0, "height_nm": 35.0}}],
}


@cache
def lattice_rod() -> Sites:
    """Return the cation sites of a rod of 5 by 35 nm, as large as those of the experiment."""
    return cation_sites(build(ROD))


def kinetics_of(history: History, sample: int, exposed: int, cooperation_eV: float) -> Kinetics:
    """Return the clock's own rates of one sample, per exposed site, for use on a lattice."""
    one = slice(sample, sample + 1)
    draws = {name: column[one] for name, column in history.rates.draws.items()}
    rates = Rates(history.particle.of_samples(one, history.extents.shape[2]), draws)
    start = np.zeros((3, 1))
    sites = float(np.atleast_1d(rates.area_nm2(start))[0]) * 6.25

    def exchange(temperature_K: float) -> float:
        steps = rates.exchange_steps(start, np.array([temperature_K]))
        return float(series(list(steps.values()))[0]) / max(sites, float(min(exposed, 1)))

    def restack(temperature_K: float) -> float:
        return float(rate_per_s("Se layer restacking", temperature_K, draws)[0])

    return Kinetics(exchange, restack, cooperation_eV)


def fronts(evidence: Evidence, replicas: int = REPLICAS) -> list[Front]:
    """Run the rod for samples drawn by their weights, with cooperation from none to 0.1 eV per neighbour."""
    history = evidence.histories["rod-ample"]
    random = np.random.default_rng(14)
    weights = evidence.weights if evidence.weights is not None else np.ones(history.extents.shape[2])
    chosen = random.choice(len(weights), replicas, p=weights / weights.sum())
    sites = lattice_rod()
    return [
        run_kmc(
            sites, SLOW, kinetics_of(history, int(s), int(sites.exposed.sum()), 0.1 * i / max(replicas - 1, 1)), seed=i
        )
        for i, s in enumerate(chosen)
    ]


@answers("E14", "E15", "F3")
def _front_and_faults(evidence: Evidence) -> Answer | None:
    if "rod-ample" not in evidence.histories:
        return None
    total = len(lattice_rod().atoms)
    finished = [front for front in fronts(evidence) if len(front.order) > 0.9 * total]
    if len(finished) < 4:
        return Answer(reason=f"only {len(finished)} of {REPLICAS} lattice runs came to an end below 750 C")
    layers = int(lattice_rod().layer.max()) + 1
    at_peak = np.array([np.argmax(seen_faults(front.faults / layers)) / total for front in finished])
    fall = np.array([front.faults.max() / max(front.final_faults, 0.5) for front in finished])
    # Depth is compared at tenths of the conversion: single events scatter about a growing shell.
    grid = (np.linspace(0.1, 0.9, 9) * total).astype(int)
    step = np.array([round(np.diff(front.shell_A[grid]).min() / 10.0, 6) for front in finished])
    method = f"{len(finished)} lattice runs on a rod of 5 x 35 nm with the clock's own rates, cooperation 0 to 0.1 eV"
    seen = f"{method}; where a ring pattern of as many faults changes most"
    return Answer(
        (
            _spread("conversion_at_fault_peak", at_peak, "", seen),
            _spread("peak_over_final_faults", fall, "", method),
            _spread("smallest_shell_step_nm", step, "nm", method),
        )
    )


def _spread(name: str, values: Array, unit: str, method: str) -> Sampled:
    """Return the numbers of the lattice runs, which were drawn by their weights, with median and 95 % interval."""
    told = summary(name, values, unit, method=method)
    return Sampled(**vars(told), values=values, of_clock=False)


ANSWERERS = (_front_and_faults,)
