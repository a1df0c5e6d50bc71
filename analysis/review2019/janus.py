"""What the minutes clock says about Cu-Cu3P particles (rows B)."""

from dataclasses import replace

import numpy as np
from ase.units import kB
from numpy.typing import NDArray

from nanokiln.analysis.clock.barriers import computed_beside
from nanokiln.analysis.clock.clock import History, run_clock
from nanokiln.analysis.clock.distributions import Draws
from nanokiln.analysis.clock.heating import ZERO_C_K, Heating
from nanokiln.analysis.clock.rates import Rates
from nanokiln.analysis.clock.thermochemistry import COPPER_EVAPORATION, hertz_knudsen_per_nm2_s, pressure_Pa
from nanokiln.analysis.experiment.evidence import Evidence, answers
from nanokiln.analysis.experiment.verdict import Answer
from nanokiln.analysis.measured import Result
from nanokiln.analysis.review2019.scenes import RAMP, janus

Array = NDArray[np.float64]
HOLDER_K = 10.0
DAY = Heating(((0.0, 25.0), *((8.0 + t, 500.0) for t in (0.0, 20.0, 60.0, 180.0, 600.0, 1440.0))))


def _draws(evidence: Evidence) -> Draws | None:
    return next(iter(evidence.histories.values())).rates.draws if evidence.histories else None


def _clock(evidence: Evidence, diameter_nm: float, heating: Heating, draws: Draws) -> History:
    name = f"Cu-Cu3P {diameter_nm} nm {heating.knots}"
    return evidence.variation(name, lambda: run_clock(janus(draws, diameter_nm), heating, draws, HOLDER_K))


@answers("B4")
def _partly_fcc(evidence: Evidence) -> Answer | None:
    if (draws := _draws(evidence)) is None:
        return None
    return Answer(
        (evidence.result("P_barrier", draws["E_P escape from Cu3P"], "eV", "a stated range, not computed", "input"),),
        reason=computed_beside("P escape from Cu3P"),
    )


@answers("B6", "B7")
def _shown_group(evidence: Evidence) -> Answer | None:
    if (history := evidence.histories.get("janus")) is None:
        return None
    arrival = int(np.argmax(history.temperature_C >= 450.0))
    left = history.phosphorus_left
    return Answer(
        (
            evidence.result("P_left_450C_largest", left[arrival], method="15 nm, on arrival"),
            evidence.result(
                "P_left_500C_15nm", left[history.at_plateau_end(500.0)], method="15 nm, after about 10 min"
            ),
        ),
        figure="janus",
    )


@answers("B10")
def _size(evidence: Evidence) -> Answer | None:
    if (draws := _draws(evidence)) is None:
        return None
    sizes = (6.0, 10.0, 15.0)
    middles = []
    for size in sizes:
        history = _clock(evidence, size, RAMP, draws)
        lost = history.crossing_C("P loss", 0.5)
        middles.append(lost)
    slopes = [(b - a) / (t - s) for a, b, s, t in zip(middles, middles[1:], sizes, sizes[1:], strict=False)]
    smallest = np.min(slopes, axis=0)
    known = 100 * np.average(np.isfinite(smallest), weights=evidence.weights)
    method = f"10 C/min, 6, 10 and 15 nm; {known:.0f} % of the samples lose half of their P below 700 C"
    return Answer((evidence.result("smallest_dT50_dD", smallest, "K/nm", method),), figure="janus")


@answers("B11")
def _large_ones(evidence: Evidence) -> Answer | None:
    if (draws := _draws(evidence)) is None:
        return None
    history = _clock(evidence, 16.0, DAY, draws)
    time = history.crossing_min("P loss", 0.95) - history.heating.minutes[1]
    return Answer((evidence.result("t95_16nm_min", time, "min", "16 nm, up to a day at 500 C"),), figure="janus")


@answers("B12")
def _activation(evidence: Evidence) -> Answer | None:
    if (draws := _draws(evidence)) is None:
        return None
    rates = Rates(janus(draws, 12.0), draws)
    start = np.zeros((3, len(draws["holder"])))
    temperatures = np.array([400.0, 450.0, 500.0]) + ZERO_C_K
    logs = np.array([np.log(rates.phosphorus_per_s(start, np.full(start.shape[1], T))) for T in temperatures])
    inverse = -1.0 / (kB * temperatures)
    low, high = (logs[1] - logs[0]) / (inverse[1] - inverse[0]), (logs[2] - logs[1]) / (inverse[2] - inverse[1])
    method = "P loss on copper, 400 to 500 C"
    return Answer(
        (
            evidence.result("P_loss_activation", (low + high) / 2.0, "eV", method),
            evidence.result("curvature_over_slope", (high - low) / (high + low), method=method),
        ),
        figure="janus",
    )


@answers("B14")
def _contact(evidence: Evidence) -> Answer | None:
    """Compare the rate on copper with that alone after 2 % P loss, copper nucleating at once or not at all."""
    if (draws := _draws(evidence)) is None:
        return None
    extents = np.zeros((3, len(draws["holder"])))
    extents[2] = 0.02
    hot = np.full(extents.shape[1], 500.0 + ZERO_C_K)
    touching = janus(draws, 12.0)
    alone = replace(touching, metal=0.0)
    contact, free, blocked = (
        Rates(particle, draws).phosphorus_per_s(extents, hot)
        for particle in (touching, alone, replace(alone, nucleates=False))
    )
    both = (
        ("bulk thermochemistry", evidence.result("bulk", contact / free)),
        ("copper that cannot nucleate", evidence.result("kinetic", contact / blocked)),
    )
    told = (f"{name} {r.value:.2g} ({r.interval[0]:.2g} to {r.interval[1]:.2g})" for name, r in both if r.interval)
    method = f"hypotheses as likely as each other: {', '.join(told)}"
    result = evidence.result("contact_over_alone", np.stack([contact / free, contact / blocked]), method=method)
    return Answer((result,), reason=f"{method}; bulk thermochemistry alone has the opposite sign", figure="janus")


@answers("B15")
def _vapour(evidence: Evidence) -> Answer | None:
    if (draws := _draws(evidence)) is None:
        return None
    rates = Rates(janus(draws, 12.0), draws)
    start = np.zeros((3, len(draws["holder"])))
    hot = np.full(start.shape[1], 500.0 + ZERO_C_K)
    area = np.asarray(rates.particle.phosphide_area_nm2)
    copper = area * hertz_knudsen_per_nm2_s(pressure_Pa(COPPER_EVAPORATION, "Cu(g)", hot, draws), hot, "Cu(g)")
    ratio = np.log10(rates.phosphorus_per_s(start, hot) / copper)
    return Answer((evidence.result("log10_P_over_Cu_flux", ratio, method="fluxes at 500 C, copper coefficient 1"),))


@answers("B9")
def _melting(_: Evidence) -> Answer:
    """Gibbs and Thomson for a free copper sphere of 5 nm, with the literature's spread of interface energies."""
    heat_J_m3 = 13.26e3 / 7.11e-6
    terms = np.array([4.0 * (1.79 - 1.30 * 0.96), 4.0 * 0.78]) / (heat_J_m3 * 5e-9)
    low, high = (float(t) for t in np.sort(1357.8 * (1.0 - terms)))
    method = "1357.8 K, 13.26 kJ/mol, surface 1.79 solid and 1.30 J/m2 liquid (Tyson 1977; Keene 1993)"
    return Answer(
        (
            Result(
                "melting_temperature_5nm_K",
                (low + high) / 2,
                "K",
                "thermochemistry",
                interval=(low, high),
                method=method,
            ),
        ),
        reason=f"by Gibbs and Thomson a copper sphere of 5 nm melts at {low:.0f} to {high:.0f} K",
    )


ANSWERERS = (
    _partly_fcc,
    _shown_group,
    _size,
    _large_ones,
    _activation,
    _contact,
    _vapour,
    _melting,
)
