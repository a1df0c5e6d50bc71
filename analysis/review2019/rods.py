"""What the minutes clock says about rods beside donors (rows E), donors alone (D) and the context rows (F)."""

import numpy as np
from ase.units import kB
from numpy.typing import NDArray
from scipy.constants import k

from nanokiln.analysis.clock.barriers import computed_beside, rate_per_s
from nanokiln.analysis.clock.clock import run_clock
from nanokiln.analysis.clock.contents import contraction, donors_per_rod
from nanokiln.analysis.clock.outcome import midpoint, product_share
from nanokiln.analysis.clock.rates import SITES_PER_NM2
from nanokiln.analysis.clock.thermochemistry import COPPER_EVAPORATION, hertz_knudsen_per_nm2_s, pressure_Pa
from nanokiln.analysis.experiment.evidence import Evidence, answers
from nanokiln.analysis.experiment.verdict import Answer
from nanokiln.analysis.measured import Result
from nanokiln.analysis.review2019.scenes import RAMP, SCENES

Array = NDArray[np.float64]
RODS = "rods of 35 nm beside 5 to 100 Cu2Se spheres, holds of about 15 min"
AT_400_K = 673.15
# Axial and lateral spacing of the Se lattice: c/2 and a of wurtzite against a/sqrt3 and a/sqrt2 of Cu2Se (5.84 A).
AXIAL, LATERAL = 5.84 / 3**0.5 / 3.5075, 5.84 / 2**0.5 / 4.2985


@answers("E3", "E5", "E6", "E8", "E10", "E16")
def _rods_at_400(evidence: Evidence) -> Answer | None:
    if (history := evidence.histories.get("rod")) is None:
        return None
    at = history.at_plateau_end(400.0)
    selenium = history.anion_left[at]
    ledger = max(float(np.abs(column).max()) for column in history.ledger().values())
    # A vapour molecule that hits the film stays as long as its adsorption lets it: 0.5 to 1.5 eV at 1e13/s.
    stay_s = 1e-13 * np.exp(np.array([0.5, 1.5]) / (kB * AT_400_K))
    return Answer(
        (
            evidence.result("Cd_left", history.cadmium_left[at], method=RODS),
            evidence.result(
                "rod_length_nm", 35.0 * AXIAL * selenium, "nm", f"{RODS}; rods shorten at constant diameter"
            ),
            Result(
                "diameter_change_percent", 100 * (LATERAL - 1), "%", "thermochemistry", method="Se spacing of the cells"
            ),
            evidence.result("volume_loss_percent", 100 * (1 - selenium * (1 + contraction())), "%", RODS),
            evidence.result("Se_loss", 1.0 - selenium, method=RODS),
            evidence.result("fcc_end", product_share(history)[at], method=RODS),
            Result("ledger_error", ledger, "", "extrapolated", method="all solids and vapours over the start"),
            evidence.result("Cd_to_vacuum", 1.0 - history.cadmium_left[at], method=RODS),
            Result(
                "Se_on_substrate", float(stay_s[1] / 900.0), "", "extrapolated", method="adsorption of at most 1.5 eV"
            ),
        ),
        reason="35 to 22 nm at constant diameter is 37 % of the volume, the contraction of the lattice 11 % of it",
        figure="plateaus",
    )


@answers("E7")
def _contraction(_: Evidence) -> Answer:
    low = 100 * contraction()
    high = 100 * ((5.859 / 5.84) ** 3 * (1 + contraction()) - 1)
    method = "unit cells: CdSe 4.2985/7.0150, Cu2Se 5.84 to 5.859 A (Gulay 2011)"
    result = Result(
        "contraction_percent", (low + high) / 2, "%", "thermochemistry", interval=(low, high), method=method
    )
    return Answer((result,), reason=f"published cells give {low:.1f} to {high:.1f} %")


@answers("E9")
def _donors_needed(evidence: Evidence) -> Answer | None:
    if (history := evidence.histories.get("rod-ample")) is None:
        return None
    loss = history.extents[history.at_plateau_end(400.0), 0]
    counts = []
    for size in (4, 5, 6):
        few, many = (float(donors_per_rod(35.0, float(size), copper_given=given)) for given in (0.10, 0.05))
        method = "7 nm spheres that give 5 to 10 % of their copper to a 35 nm rod"
        counts.append(
            Result(
                f"donors_needed_{size}nm", (few + many) / 2, "", "thermochemistry", interval=(few, many), method=method
            )
        )
    return Answer(
        (evidence.result("Se_loss_at_ample_supply", loss, method="400 donors per rod"), *counts), figure="donors"
    )


@answers("E4", "D2", "D3")
def _lattice_of_poor_selenide(_: Evidence) -> Answer:
    # Cu2Se 5.84 to 5.859 A, Cu1.8Se 5.74 to 5.76 A: published cells.
    slopes = np.array([(5.74 - 5.859) / 0.2, (5.76 - 5.84) / 0.2])
    source = "published cells of Cu2Se (5.84 to 5.859 A) and Cu1.8Se (5.74 to 5.76 A)"
    shifts = -100.0 * slopes[::-1] * 0.1 / 5.85
    volume = 300.0 * slopes * np.array([0.2, 0.1]) / 5.85
    return Answer(
        (
            Result(
                "da_dx_A",
                float(slopes.mean()),
                "A",
                "thermochemistry",
                interval=(float(slopes[0]), float(slopes[1])),
                method=source,
            ),
            Result(
                "smallest_peak_shift_percent",
                float(shifts.mean()),
                "%",
                "thermochemistry",
                interval=(float(shifts[0]), float(shifts[1])),
                method=f"x = 0.1; every peak of a cubic crystal moves alike; {source}",
            ),
            Result(
                "donor_volume_change_percent",
                float(volume.mean()),
                "%",
                "thermochemistry",
                interval=(float(volume[0]), float(volume[1])),
                method=f"5 to 10 % of the copper; {source}",
            ),
        ),
        reason=f"published cells: {slopes[0]:.2f} to {slopes[1]:.2f} A per x, {volume[0]:.1f} to {volume[1]:.1f} %",
    )


@answers("E13")
def _wires(evidence: Evidence) -> Answer | None:
    if not {"wire-ramp", "rod-ramp"} <= set(evidence.histories):
        return None
    shift = midpoint(evidence.histories["wire-ramp"]) - midpoint(evidence.histories["rod-ramp"])
    return Answer(
        (evidence.result("T50_wire_minus_rod_K", shift, "K", "same samples, 350 against 35 nm"),), figure="ramps"
    )


@answers("F6")
def _holder(evidence: Evidence) -> Answer | None:
    if (base := evidence.histories.get("rod-ramp")) is None:
        return None
    draws = base.rates.draws
    exact = midpoint(evidence.variation("exact holder", lambda: run_clock(base.particle, RAMP, draws, holder_K=0.0)))
    # The holder's error is independent of the rest, so its share of the spread adds in squares.
    known = np.isfinite(midpoint(base) - exact)
    weights = None if evidence.weights is None else evidence.weights[known]
    both = (midpoint(base) - exact, exact)
    moved, spread = (np.sqrt(np.cov(t[known], aweights=weights)) if known.sum() > 1 else np.nan for t in both)
    return Answer(
        (
            Result(
                "widening_by_holder",
                float(np.hypot(1.0, moved / spread)),
                "",
                "input",
                method="spread of T50 with the holder's error over that without",
            ),
        ),
        figure="ramps",
    )


@answers("E18", "E19", "D4")
def _copper_vapour(evidence: Evidence) -> Answer | None:
    if (history := evidence.histories.get("rod")) is None:
        return None
    draws = history.rates.draws
    area = np.pi * 7.0**2
    vapour = area * hertz_knudsen_per_nm2_s(
        pressure_Pa(COPPER_EVAPORATION, "Cu(g)", AT_400_K, draws), AT_400_K, "Cu(g)"
    )
    surface = rate_per_s("Cu detachment to substrate", AT_400_K, draws) * np.pi / 2.0 / np.log1p(draws["gap_nm"] / 3.5)
    beam = history.rates.records["beam_desorption"] + history.rates.records["beam_reduction"]
    lost = np.minimum((vapour + area * SITES_PER_NM2 * beam) * 1800.0 / 7200.0, 1.0)
    activity = np.exp(history.rates.ln_copper_activity(history.extents[-1], np.full(len(area * vapour), AT_400_K)))
    return Answer(
        (
            evidence.result(
                "log10_vapour_share", np.log10(vapour / (vapour + surface)), method="one 7 nm donor at 400 C"
            ),
            evidence.result(
                "adatom_supersaturation", activity, method="adatoms in equilibrium with Cu2-xSe, against copper"
            ),
            evidence.result("Cu_loss", lost, method="vapour in 30 min at 400 C, coefficient 1, and what a beam takes"),
        ),
        reason="by vapour and beam alone; what the film itself takes up is not known",
    )


@answers("E23")
def _copper_donors(evidence: Evidence) -> Answer | None:
    if not {"rod-copper-ramp", "rod-ramp"} <= set(evidence.histories):
        return None
    shift = midpoint(evidence.histories["rod-copper-ramp"]) - midpoint(evidence.histories["rod-ramp"])
    result = evidence.result("T50_Cu_minus_T50_Cu2Se_K", np.round(shift, 1), "K", "same samples, to 0.1 K")
    return Answer((result,), figure="ramps")


@answers("E24")
def _perfect_sink(_: Evidence) -> Answer:
    path_m = k * 300.0 / (2**0.5 * np.pi * 0.4e-9**2 * np.array([1e-6, 1e-4]))
    share = 0.1 / path_m
    method = "collisions on 0.1 m to the trap at 1e-6 to 1e-4 Pa"
    return Answer(
        (
            Result(
                "redeposited_share",
                float(share.mean()),
                "",
                "input",
                interval=(float(share[0]), float(share[1])),
                method=method,
            ),
        )
    )


@answers("E12")
def _restacking(evidence: Evidence) -> Answer | None:
    if not evidence.histories:
        return None
    draws = next(iter(evidence.histories.values())).rates.draws
    gap = draws["E_Se layer restacking"] - draws["E_Cu kick-out of Cd"]
    result = evidence.result("restacking_minus_exchange_barrier", gap, "eV", "stated ranges, not computed", "input")
    return Answer((result,), reason=computed_beside("Cu kick-out of Cd"))


@answers("F1")
def _lead(evidence: Evidence) -> Answer | None:
    if not {"lead-ramp", "rod-ramp"} <= set(evidence.histories):
        return None
    lead = midpoint(evidence.histories["lead-ramp"])
    shift = lead - midpoint(evidence.histories["rod-ramp"])
    return Answer(
        (
            evidence.result("T50_C", lead, "C", "10 C/min"),
            evidence.result("T50_minus_T50_Cu_K", shift, "K", "same samples"),
        ),
        figure="ramps",
    )


@answers("F4")
def _cleaning(evidence: Evidence) -> Answer | None:
    if (history := evidence.histories.get("rod-cleaning")) is None:
        return None
    return Answer(
        (evidence.result("conversion_130C_4h", history.converted[-1], method="ample donors at contact to 30 nm"),)
    )


@answers("F5")
def _covered(evidence: Evidence) -> Answer | None:
    if (history := evidence.histories.get("rod")) is None:
        return None
    draws = history.rates.draws
    covered = {**draws, "log10_alpha_CdSe": draws["log10_alpha_CdSe"] - 1.0}
    dirty = evidence.variation("covered rod", lambda: SCENES["rod"].run(covered))
    change = np.round(dirty.converted[-1] - history.converted[-1], 3)
    return Answer(
        (evidence.result("conversion_change_when_covered", change, method="a tenth of the evaporation coefficient"),)
    )


ANSWERERS = (
    _rods_at_400,
    _contraction,
    _donors_needed,
    _lattice_of_poor_selenide,
    _wires,
    _holder,
    _copper_vapour,
    _copper_donors,
    _perfect_sink,
    _restacking,
    _lead,
    _cleaning,
    _covered,
)
