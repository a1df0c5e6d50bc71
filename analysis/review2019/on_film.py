"""What films say: rods that touch no donor (rows E17, E20), rods of every direction (E21), sandwiches that others
starve (C14)."""

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2_contingency

from nanokiln.analysis.clock.contents import particles_given_up
from nanokiln.analysis.clock.distributions import Draws
from nanokiln.analysis.clock.outcome import summary
from nanokiln.analysis.experiment.evidence import Evidence, answers
from nanokiln.analysis.experiment.predictive import Sampled
from nanokiln.analysis.experiment.verdict import Answer
from nanokiln.analysis.film.film_answer import ring
from nanokiln.analysis.film.film_run import FilmHistory, heat_film
from nanokiln.analysis.film.film_spec import Kind
from nanokiln.analysis.film.layout import random_layout
from nanokiln.analysis.review2019.scenes import RAMP, STAIRS

Array = NDArray[np.float64]
EVERY = 5  # a film costs as much as some tens of single particles
ROD, DONOR, DONORS = Kind(kind="rod", diameter_nm=5.0), Kind(kind="Cu2Se", diameter_nm=22.0), 5
HOP = "log10_nu_Cu detachment to substrate"
EVERY_CROWD = 25
RODS, SPHERES, RODS_WIDE_NM = 48, 96, 900.0  # 60 rods per um2
FLAT = "from symmetry: the film and the discs that catch as rods do know no direction"
SECTORS = 4
# Seventeen sandwiches whose own copper leaves 15 % of the selenide, and the three given up to feed them: a host with as
# much selenide as that, a donor with as much copper, with rims of about their size, as willing as copper metal.
STARVED, SPENT, SANDWICHES_WIDE_NM = 17, 3, 220.0
HUNGRY, GIVER = Kind(kind="rod", diameter_nm=2.7, length_nm=23.3), Kind(kind="Cu", diameter_nm=8.3)
GIVEN, GONE = (
    0.95,
    0.05,
)  # of the copper of a sandwich that is given up, and left of each element of one that has vanished


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


@answers("E21")
def _directions(evidence: Evidence) -> Answer | None:
    """Test in every sample whether the rods of a crowd that convert have another spread of directions than the rest."""
    if (history := _crowd(evidence)) is None:
        return None
    if isinstance(history, str):
        return Answer(reason=history, follows=FLAT)
    sector = (history.layout.angle_deg[history.hosts] // (180.0 / SECTORS)).astype(int)
    done = history.share[-1] > 0.5
    values = np.array([_flat(sector, column) for column in done.T])
    scene = f"{RODS} rods of random direction among {SPHERES} Cu2Se spheres of 22 nm, {SECTORS} sectors, after 400 C"
    weights = None if evidence.weights is None else evidence.weights[::EVERY_CROWD]
    return Answer((_of(values, "direction_p_value", "", scene, weights),), follows=FLAT)


def _crowd(evidence: Evidence) -> FilmHistory | str | None:
    if (base := evidence.histories.get("rod")) is None:
        return None
    kinds = {"rod": ROD, "donor": DONOR}
    radii = {name: kind.radius_nm for name, kind in kinds.items()}
    layout = random_layout({"rod": RODS, "donor": SPHERES}, radii, RODS_WIDE_NM, 1.0, 21)
    draws = {name: column[::EVERY_CROWD] for name, column in base.rates.draws.items()}
    try:
        return heat_film(layout, kinds, STAIRS, draws, holder_K=10.0)
    except ValueError as error:
        return str(error)


def _flat(sector: NDArray[np.intp], done: NDArray[np.bool_]) -> float:
    """Return the p value of the same spread of directions among rods that converted and those that did not: one where
    all did, NaN where none did."""
    if done.all() or not done.any():
        return 1.0 if done.all() else float("nan")
    table = np.stack([np.bincount(sector[done], minlength=SECTORS), np.bincount(sector[~done], minlength=SECTORS)])
    return float(chi2_contingency(table[:, table.sum(axis=0) > 0]).pvalue)


@answers("C14")
def _vanished(evidence: Evidence) -> Answer | None:
    """Count sandwiches that have first given their copper over the film, and then lost Cd, Se and P."""
    if (alone := evidence.histories.get("sandwich-given-up")) is None:
        return None
    draws = {name: column[::EVERY] for name, column in alone.rates.draws.items()}
    kinds = {"hungry": HUNGRY, "giver": GIVER}
    radii = {name: kind.radius_nm for name, kind in kinds.items()}
    layout = random_layout({"hungry": STARVED, "giver": SPENT}, radii, SANDWICHES_WIDE_NM, 2.0, 14)
    try:
        history = heat_film(layout, kinds, STAIRS, draws, holder_K=30.0)
    except ValueError as error:
        return Answer(reason=str(error))
    gave = (history.gave[-1] >= GIVEN * history.capacity).mean(axis=0)
    at = alone.at_plateau_end(400.0)
    left = np.max((alone.cadmium_left[at], alone.anion_left[at], alone.phosphorus_left[at]), axis=0)[::EVERY]
    share = np.asarray(particles_given_up(draws["phosphide_share"], 3.0 - draws["phosphide_start"]))
    weights = None if evidence.weights is None else evidence.weights[::EVERY]
    chances = [100.0 * float(np.average(each, weights=weights)) for each in (gave, left < GONE)]
    scene = f"{STARVED} sandwiches beside {SPENT} that are given up; less than {100 * GONE:g} % of each element left"
    told = _of(np.where(left < GONE, share * gave, 0.0), "particles_lost", "", scene, weights)
    reason = (
        f"by 400 C {chances[0]:.0f} % of those given up have handed over their copper, as willing as copper metal, and "
        f"in {chances[1]:.2g} % of the samples what is left of them is gone; by their copper alone "
        f"{100 * float(np.average(share, weights=weights)):.0f} % of all would have to be given up"
    )
    return Answer((told,), reason=reason, figure="budget")


def _midpoint_C(draws: Draws, gap_nm: float) -> Array:
    kinds = {"host": ROD, "donor": DONOR}
    history = heat_film(ring(ROD, DONOR, DONORS, gap_nm), kinds, RAMP, draws, holder_K=10.0)
    return RAMP.temperature_C(history.half_min[0])


def _of(values: Array, name: str, unit: str, method: str, weights: Array | None) -> Sampled:
    told = summary(name, values, unit, weights, method)
    return Sampled(**vars(told), values=values, weights=weights, of_clock=False)


ANSWERERS = (_gaps_and_films, _directions, _vanished)
