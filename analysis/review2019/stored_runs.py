"""What runs of nanoseconds can say about rows, shipped records among them (A13, A14, B2, B8, C3, C4, D5, D8, F1...).

Where a run cannot decide a row, its numbers stand in the reason instead of an answer.
"""

import re
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from nanokiln.analysis.experiment.evidence import Evidence, answers
from nanokiln.analysis.experiment.facts import Answer, bounds
from nanokiln.analysis.experiment.record import Record
from nanokiln.analysis.lattice.melting import MELTED
from nanokiln.analysis.measured import Result
from nanokiln.analysis.motion.arrhenius import Isotherm, diffusion_at, fit_arrhenius
from nanokiln.structures.crystals.phases import load_phase

Array = NDArray[np.float64]
SANDWICH = {"CdSe-wz", "Cu3P"}
HOTTEST_SEEN_K = 723.15  # 450 C: hotter runs show what the microscope did not look at


def runs_of(evidence: Evidence, phases: set[str], *needed: str) -> list[Record]:
    """Return the records of models with exactly these phases that hold the results or series, the longest first."""
    return [
        r for r in evidence.records if set(r.phases) == phases and all(n in r.results or n in r.series for n in needed)
    ]


def _as(record: Record, source: str, quantity: str) -> Result:
    """Return a result of a record under the name that a row asks for."""
    found = record.results[source]
    return replace(found, name=quantity, method=f"{found.method}; {record.told}", decades=_decades(record))


def _decades(record: Record) -> float:
    """Return by how many decades a run is shorter than the ten minutes of a hold."""
    return round(float(np.log10(600.0 / max(record.time_ps * 1e-12, 1e-15))), 1)


@answers("A13")
def _gold_pair(evidence: Evidence) -> Answer | None:
    """Two gold particles of one run: the neck and the atoms of the boundary."""
    for record in runs_of(evidence, {"Au"}, "neck_growth", "boundary_atoms"):
        shown = (_as(record, "neck_growth", "neck_growth"), _as(record, "boundary_atoms", "grain_boundary_atoms"))
        if _molten(record):
            return Answer(reason=f"the gold of the run is molten by its Lindemann index ({record.told})")
        return Answer(shown, reason="one pair in one orientation, a fraction of a nanosecond for minutes")
    return None


def _molten(record: Record) -> bool:
    index = record.results.get("lindemann")
    return index is not None and index.value is not None and index.value - 2 * (index.error or 0.0) > MELTED


@answers("B8")
def _annealed_copper(evidence: Evidence) -> Answer | None:
    for record in runs_of(evidence, {"Cu"}, "grains", "fcc_metal", "asphericity"):
        fcc = _as(record, "fcc_metal", "fcc_fraction")
        low = bounds(fcc)[0]
        # Annealing has only begun: twins and faults that are left after a nanosecond may still go in minutes.
        fcc = replace(fcc, interval=(low, 1.0), method=f"{fcc.method}; a lower bound, faults may still anneal out")
        shown = (fcc, _as(record, "grains", "grains"), _as(record, "asphericity", "asphericity"))
        return Answer(shown, reason="began as a bicrystal of copper, not from Cu3P")
    return None


@answers("B2")
def _relaxed_planes(evidence: Evidence) -> Answer | None:
    for record in runs_of(evidence, {"Cu", "Cu3P"}, "plane_angle"):
        return Answer((_as(record, "plane_angle", "relaxed_plane_angle_deg"),))
    return None


@answers("A14", "C4")
def _wurtzite_kept(evidence: Evidence) -> Answer | None:
    """What is left of the wurtzite at 400 C in a rod alone, and at 300 C in a sandwich."""
    shown = []
    for phases, quantity, upto_K in (
        ({"CdSe-wz"}, "wurtzite_fraction", 678.15),
        (SANDWICH, "wurtzite_fraction_300C", 578.15),
    ):
        for record in runs_of(evidence, phases, "phase_wz"):
            if (result := _left(record, quantity, upto_K)) is not None:
                shown.append(result)
                break
    return Answer(tuple(shown), reason="structure from a run; the losses of minutes from the clock") if shown else None


def _left(record: Record, quantity: str, upto_K: float) -> Result | None:
    """Return the wurtzite in the hottest bin up to a temperature over that in the coldest, or None without either.

    Cu3P counts among the anions too, so what is judged is how much of the wurtzite at the start is left.
    """
    curve = record.series["phase_wz"]
    below = (curve.x <= upto_K) & np.isfinite(curve.y)
    if not below.any():
        return None
    first, last = int(np.argmin(curve.x)), int(np.flatnonzero(below)[np.argmax(curve.x[below])])
    if not curve.y[first] > 0:
        return None
    error = None if curve.error is None else float(np.hypot(*curve.error[[first, last]]) / curve.y[first])
    method = f"wurtzite at {curve.x[last]:.0f} K over that at {curve.x[first]:.0f} K, template matching; {record.told}"
    left = float(curve.y[last] / curve.y[first])
    return Result(quantity, left, "", "measured", error, decades=_decades(record), method=method)


@answers("C3")
def _domain_edges(evidence: Evidence) -> Answer | None:
    """Where the Cu and Cd profiles cross, last frame against first; a plate may drift, so each pair from its centre."""
    records = runs_of(evidence, SANDWICH, "profile_after_Cd", "profile_before_Cd")
    cool = [record for record in records if record.hottest_K <= HOTTEST_SEEN_K]
    if not cool:
        return Answer(reason=f"{records[0].told}: hotter than the microscope looked") if records else None
    width = [_width_A(cool[0], when) for when in ("before", "after")]
    if None in width:
        return Answer(reason="a composition profile of the run has no two edges between Cu and Cd")
    cell_A = float(np.linalg.norm(load_phase("CdSe-wz").lattice_A[2]))
    offset = abs(width[1] - width[0]) / 2.0 / cell_A  # type: ignore[operator]
    method = f"edges where the Cu and Cd profiles cross, last frame against first; {cool[0].told}"
    return Answer((Result("worst_edge_offset_cells", float(offset), "cells", "measured", method=method),))


def _width_A(record: Record, when: str) -> float | None:
    cadmium, copper = record.series[f"profile_{when}_Cd"], record.series[f"profile_{when}_Cu"]
    edges = _crossings(copper.x, np.nan_to_num(copper.y) - np.nan_to_num(cadmium.y))
    return float(edges[-1] - edges[0]) if len(edges) > 1 else None


def _crossings(x: Array, y: Array) -> Array:
    """Return where a sampled curve crosses zero, by linear interpolation."""
    at = np.flatnonzero(np.sign(y[:-1]) * np.sign(y[1:]) < 0)
    return x[at] - y[at] * (x[at + 1] - x[at]) / (y[at + 1] - y[at])


@answers("D5")
def _selenide_sphere(evidence: Evidence) -> Answer | None:
    for record in runs_of(evidence, {"Cu2Se"}, "stacking_fcc"):
        change = next((k for k in record.results if k.startswith("Rg_change_")), None)
        if change is None or record.hottest_K > HOTTEST_SEEN_K:
            continue
        curve = record.series["stacking_fcc"]
        last = int(np.nanargmax(curve.x))
        error = None if curve.error is None else float(curve.error[last])
        method = f"fcc share of the complete-shell Se at {curve.x[last]:.0f} K; {record.told}"
        share = float(curve.y[last])
        fcc = Result("fcc_fraction", share, "", "measured", error, decades=_decades(record), method=method)
        return Answer((fcc, _as(record, change, "Rg_change_percent")), reason="the sphere of the run keeps its copper")
    return None


@answers("D8")
def _superionic(evidence: Evidence) -> Answer | None:
    """D of copper in a periodic Cu2Se crystal: every hold of every run, and one Arrhenius line through them."""
    holds: list[Isotherm] = []
    told = []
    for record in runs_of(evidence, {"Cu2Se"}):
        # Not the holds of a free particle, whose surface is not the crystal.
        if not any(key.startswith("Rg_change_") for key in record.results):
            found = list(_isotherms(record))
            holds += found
            told += [record.told] if found else []
    if len({hold.temperature_K for hold in holds}) < 3:
        return None
    try:
        Ea, D = fit_arrhenius(holds, "Cu")[0], diffusion_at(holds, "D_Cu_675K", 675.0)
    except ValueError as error:
        return Answer(reason=f"D(Cu) of the runs follows no one Arrhenius law: {error}")
    runs = "; ".join(told)
    return Answer((replace(Ea, name="Ea_Cu", method=f"{Ea.method}; {runs}"), replace(D, method=f"{D.method}; {runs}")))


def _isotherms(record: Record) -> Iterator[Isotherm]:
    """Yield the holds between 450 and 950 K of a run in which copper diffused."""
    for key, result in record.results.items():
        if re.fullmatch(r"D_Cu_\d+K", key) and result.value and result.error:
            temperature_K = float(result.provenance["temperature_K"])
            if 450.0 < temperature_K < 950.0:
                yield Isotherm(temperature_K, result.value, result.error, "Cu2Se")


@answers("F1")
def _cations_move(evidence: Evidence) -> Answer | None:
    for record in runs_of(evidence, {"CdSe-wz", "PbSe"}, "msd_Cd", "msd_Pb", "msd_Se"):
        last = {e: float(record.series[f"msd_{e}"].y[-1]) for e in ("Cd", "Pb", "Se")}
        ratio = float(np.sqrt(min(last["Cd"], last["Pb"]) / last["Se"]))
        method = f"root of the mean square displacements at the longest lag, the slower cation; {record.told}"
        return Answer((Result("cation_over_anion_displacement", ratio, "", "measured", method=method),))
    return None


@answers("C19", "E11")
def _axes_stay(evidence: Evidence) -> Answer | None:
    """The orientation of a run's couple was put in, so that it stays proves nothing about how it came to be."""
    for record in runs_of(evidence, {"CdSe-wz", "Cu2Se"}):
        names = [k for k in record.results if k.startswith("axis_angle_")]
        if names:
            worst = max(names, key=lambda k: record.results[k].value or 0.0)
            reason = "the couple of the run began in this relation: it could be lost, not found"
            return Answer((_as(record, worst, "axis_angle_deg"),), reason=reason, conditioned=True)
    return None


@answers("C12")
def _anions_trade(evidence: Evidence) -> Answer | None:
    for record in runs_of(evidence, SANDWICH):
        found = record.results.get("replaced_P_by_Se")
        count = 0.0 if found is None or found.value is None else found.value
        return Answer(
            reason=f"in the longest run ({record.told}) {count:.0f} P sites passed to Se; the fact is the end of "
            "minutes in which P evaporates, and the rate of Se into the emptied centre is not known"
        )
    return None
