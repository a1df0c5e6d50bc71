"""What the minutes clock and the element budget say about the sandwiches (rows C)."""

import numpy as np
from numpy.typing import NDArray

from nanokiln.analysis.clock.contents import (
    copper_per_selenium,
    particles_given_up,
    product_volume_ratio,
    sufficient_phosphide_share,
)
from nanokiln.analysis.clock.outcome import midpoint, product_share
from nanokiln.analysis.experiment.evidence import Evidence, answers
from nanokiln.analysis.experiment.verdict import Answer
from nanokiln.analysis.measured import Result

Array = NDArray[np.float64]
OWN = "sandwich with its own copper, holds of about 15 min"
BUDGET = "volumes of the unit cells, domains of equal volume within 6 %, Cu3-xP as made with x up to 0.1"
FED = "sandwich that takes the copper of those given up, holds of about 15 min"


@answers("C4")
def _nothing_at_300(evidence: Evidence) -> Answer | None:
    if (history := evidence.histories.get("sandwich")) is None:
        return None
    share = product_share(history)[history.at_plateau_end(300.0)]
    return Answer((evidence.result("conversion_300C", share, method=OWN),), figure="plateaus")


@answers("C5")
def _fcc_onset(evidence: Evidence) -> Answer | None:
    if (history := evidence.histories.get("sandwich")) is None:
        return None
    onset = history.crossing_C("product", 0.1)
    note = "a tenth of the selenide converted, the converted part being fcc"
    return Answer((evidence.result("fcc_onset_C", onset, "C", f"{OWN}; {note}"),), figure="plateaus")


@answers("C7", "C8", "C9")
def _halfway(evidence: Evidence) -> Answer | None:
    if (history := evidence.histories.get("sandwich")) is None:
        return None
    at = history.at_plateau_end(350.0)
    extents = history.extents[at]
    depletion = 3.0 - history.rates.copper_per_phosphorus(extents)
    ledger = max(float(np.abs(column).max()) for column in history.ledger().values())
    return Answer(
        (
            evidence.result("P_left_350C", history.phosphorus_left[at], method=OWN),
            evidence.result("x_phosphide_350C", depletion, method=OWN),
            Result("copper_ledger_error", ledger, "", "extrapolated", method="all solids and vapours over the start"),
            evidence.result("Cd_left_350C", history.cadmium_left[at], method=OWN),
            evidence.result("Cu_site_share_350C", history.converted[at], method=OWN),
        ),
        figure="plateaus",
    )


@answers("C10", "C11")
def _complete(evidence: Evidence) -> Answer | None:
    if (history := evidence.histories.get("sandwich-fed")) is None:
        return None
    at = history.at_plateau_end(400.0)
    return Answer(
        (
            evidence.result("conversion_400C", product_share(history)[at], method=FED),
            evidence.result("Cd_left_400C", history.cadmium_left[at], method=FED),
            evidence.result("P_left_400C", history.phosphorus_left[at], method=FED),
        ),
        reason="for sandwiches fed by those given up; their own copper could turn only about 80 % of the selenide",
        figure="plateaus",
    )


@answers("C12")
def _selenium_in_the_centre(evidence: Evidence) -> Answer | None:
    if not evidence.histories:
        return None
    return Answer(
        reason="needs the motion of Se into the centre over minutes; no measured or computed diffusivity of Se in "
        "Cu3P or Cu2Se is at hand, and the clock holds amounts, not positions"
    )


@answers("C13")
def _order(evidence: Evidence) -> Answer | None:
    if (history := evidence.histories.get("sandwich-ramp")) is None:
        return None
    copper = midpoint(history)
    phosphorus = history.crossing_C("P loss", 0.5)
    method = "midpoints on a ramp of 10 C/min to 700 C; copper that never spreads is not first"
    phosphorus = np.where(np.isnan(phosphorus) & np.isfinite(copper), np.inf, phosphorus)
    return Answer((evidence.result("T50_P_minus_T50_Cu_K", phosphorus - copper, "K", method),), figure="ramps")


@answers("C15", "C16")
def _budget(evidence: Evidence) -> Answer | None:
    if not evidence.histories:
        return None
    draws = next(iter(evidence.histories.values())).rates.draws
    share, ratio = draws["phosphide_share"], 3.0 - draws["phosphide_start"]
    lost = np.asarray(particles_given_up(share, ratio))
    return Answer(
        tuple(
            evidence.result(name, np.asarray(values), "", BUDGET)
            for name, values in (
                ("Cu_per_Se", copper_per_selenium(share, ratio)),
                ("product_volume_ratio", product_volume_ratio(share, ratio)),
                ("particles_given_up", lost),
                ("sufficient_Cu3P_fraction", sufficient_phosphide_share(ratio)),
            )
        ),
        figure="budget",
    )


@answers("C17", "A14")
def _bare_CdSe(evidence: Evidence) -> Answer | None:
    if (history := evidence.histories.get("CdSe-alone")) is None:
        return None
    loss = history.extents[:, 0]
    return Answer(
        (
            evidence.result(
                "CdSe_loss_450C", loss[history.at_plateau_end(450.0)], method="rods, holds of about 15 min"
            ),
            evidence.result(
                "CdSe_loss_400C", loss[history.at_plateau_end(400.0)], method="rods, holds of about 15 min"
            ),
        ),
        figure="controls",
    )


@answers("C18", "B13")
def _bare_Cu3P(evidence: Evidence) -> Answer | None:
    if (history := evidence.histories.get("Cu3P-alone")) is None:
        return None
    lost = 1.0 - history.phosphorus_left
    method = "freed copper must find its own nucleus; holds of about 30 min"
    return Answer(
        (
            evidence.result("P_loss_alone_400C", lost[history.at_plateau_end(400.0)], method=method),
            evidence.result("P_loss_alone_550C", lost[history.at_plateau_end(550.0)], method=method),
        ),
        figure="controls",
    )


ANSWERERS = (
    _nothing_at_300,
    _fcc_onset,
    _halfway,
    _complete,
    _selenium_in_the_centre,
    _order,
    _budget,
    _bare_CdSe,
    _bare_Cu3P,
)
