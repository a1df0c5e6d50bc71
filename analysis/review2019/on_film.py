"""What a film says about rods that touch no donor (rows E17 and E20): one rod in a ring of donors, ramped."""

import numpy as np
from numpy.typing import NDArray

from nanokiln.analysis.clock.distributions import Draws
from nanokiln.analysis.clock.outcome import summary
from nanokiln.analysis.experiment.evidence import Evidence, answers
from nanokiln.analysis.experiment.predictive import Sampled
from nanokiln.analysis.experiment.verdict import Answer
from nanokiln.analysis.film.film_answer import ring
from nanokiln.analysis.film.film_run import heat_film
from nanokiln.analysis.film.film_spec import Kind
from nanokiln.analysis.review2019.scenes import RAMP

Array = NDArray[np.float64]
EVERY = 5  # a film costs as much as some tens of single particles
ROD, DONOR, DONORS = Kind(kind="rod", diameter_nm=5.0), Kind(kind="Cu2Se", diameter_nm=22.0), 5
HOP = "log10_nu_Cu detachment to substrate"


@answers("E17", "E20")
def _gaps_and_films(evidence: Evidence) -> Answer | None:
    """Return how the midpoint moves with the gap and with the film's transport; NaN where a rod never gets half way."""
    if (base := evidence.histories.get("rod-ramp")) is None:
        return None
    draws = {name: column[::EVERY] for name, column in base.rates.draws.items()}
    weights = None if evidence.weights is None else evidence.weights[::EVERY]
    try:
        near, far = (_midpoint_C(draws, gap) for gap in (0.5, 50.0))
        slow, fast = (_midpoint_C(draws | {HOP: draws[HOP] + shift}, 5.0) for shift in (-0.5, 0.5))
    except ValueError as error:
        return Answer(reason=str(error))
    with np.errstate(divide="ignore"):
        decades = 10.0 / abs(slow - fast)
    scene = f"a film: one rod in a ring of {DONORS} Cu2Se spheres of 22 nm, 10 C/min"
    return Answer(
        (
            _of(far - near, "T50_shift_50nm_gap_K", "K", f"{scene}; gap of 50 against 0.5 nm", weights),
            _of(decades, "insensitive_decades", "decades", f"{scene}; until T50 moves by 10 K", weights),
        ),
        figure="ramps",
    )


def _midpoint_C(draws: Draws, gap_nm: float) -> Array:
    kinds = {"host": ROD, "donor": DONOR}
    history = heat_film(ring(ROD, DONOR, DONORS, gap_nm), kinds, RAMP, draws, holder_K=10.0)
    return RAMP.temperature_C(history.half_min[0])


def _of(values: Array, name: str, unit: str, method: str, weights: Array | None) -> Sampled:
    told = summary(name, values, unit, weights, method)
    return Sampled(**vars(told), values=values, weights=weights, of_clock=False)


ANSWERERS = (_gaps_and_films,)
