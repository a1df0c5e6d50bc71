"""What thermochemistry and rates say about gold on CdSe rods (rows A)."""

import numpy as np
from numpy.typing import NDArray

from nanokiln.analysis.clock.distributions import Draws
from nanokiln.analysis.clock.heating import Heating
from nanokiln.analysis.experiment.evidence import Evidence, answers
from nanokiln.analysis.experiment.verdict import Answer
from nanokiln.analysis.measured import Result
from nanokiln.analysis.review2019.ripening import crossover_nm, inter_over_intra, ripen

HOLDER_K = 10.0
STAIRS = Heating.plateaus([150.0, 200.0, 250.0, 300.0, 350.0, 400.0], hold_min=5.0, rate_C_per_min=50.0)
METHOD = "2 nm clusters 8 nm from a tip, holds of 5 min; barriers are stated ranges, not computed"


def _draws(evidence: Evidence) -> Draws | None:
    return next(iter(evidence.histories.values())).rates.draws if evidence.histories else None


@answers("A4")
def _programme(_: Evidence) -> Answer:
    heating = Heating.ramp(400.0, 10.0)
    times = np.linspace(0.0, 37.5, 1001)
    worst = float(np.max(np.abs(heating.temperature_C(times) - (25.0 + 10.0 * times))))
    method = "the programme's T(t) against 25 C + 10 C/min at 1001 times"
    return Answer((Result("largest_ramp_error_K", worst, "K", "input", method=method),))


@answers("A5", "A8")
def _body_clusters(evidence: Evidence) -> Answer | None:
    if (draws := _draws(evidence)) is None:
        return None
    gold = ripen(STAIRS, draws, HOLDER_K)

    def left(temperature_C: float) -> NDArray[np.float64]:
        return np.asarray(gold.body_left[np.flatnonzero(gold.temperature_C <= temperature_C)[-1]])

    balance = float(np.max(np.abs(gold.tip_gain[-1] + gold.body_left[-1] - 1.0)))
    return Answer(
        (
            evidence.result("body_Au_left_150C", left(150.0), method=METHOD),
            evidence.result("body_Au_left_250C", left(250.0), method=METHOD),
            Result("tip_gain_over_body_loss", 1.0 + balance, "", "extrapolated", method="the ledger of the network"),
            evidence.result("Au_on_tips", gold.tip_gain[-1], method=f"at 400 C; {METHOD}"),
        ),
        figure="gold",
    )


@answers("A6")
def _between_rods(evidence: Evidence) -> Answer | None:
    if (draws := _draws(evidence)) is None:
        return None
    method = "steps to the substrate per step along the rod at 250 C; stated ranges"
    return Answer((evidence.result("inter_over_intra_flux", inter_over_intra(523.15, draws), method=method),))


@answers("A9")
def _cluster_motion(evidence: Evidence) -> Answer | None:
    if (draws := _draws(evidence)) is None:
        return None
    barrier = draws["E_Au cluster motion"]
    return Answer((evidence.result("cluster_barrier", barrier, "eV", "a stated range, not computed", "input"),))


@answers("A10")
def _crossover(evidence: Evidence) -> Answer | None:
    if (draws := _draws(evidence)) is None:
        return None
    distance = crossover_nm(2.0, 453.15, draws)
    return Answer((evidence.result("crossover_distance_nm", distance, "nm", "2 nm clusters at 180 C; stated ranges"),))


@answers("A12")
def _order_of_events(evidence: Evidence) -> Answer | None:
    if _draws(evidence) is None:
        return None
    return Answer(reason="depends on where the gold particles lay among the rods, which the review does not give")


ANSWERERS = (
    _programme,
    _body_clusters,
    _between_rods,
    _cluster_motion,
    _crossover,
    _order_of_events,
)
