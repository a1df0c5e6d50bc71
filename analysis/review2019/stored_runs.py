"""What runs of nanoseconds can say about rows, those kept with the review among them (A13, A14, B2, B8, B9, C3, D5...).

Where a run cannot decide a row, its numbers stand in the reason instead of an answer.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from nanokiln.analysis.experiment.evidence import Evidence, answers
from nanokiln.analysis.experiment.runs import phrase
from nanokiln.analysis.experiment.verdict import Answer
from nanokiln.analysis.lattice.melting import MELTED
from nanokiln.analysis.measured import Measured, Result
from nanokiln.analysis.motion.arrhenius import Isotherm, diffusion_at, fit_arrhenius
from nanokiln.structures.crystals.phases import load_phase

Array = NDArray[np.float64]
SANDWICH = {"CdSe-wz", "Cu3P"}
HOTTEST_SEEN_K = 723.15  # 450 C: hotter runs show what the microscope did not look at
LARGE_NM, NO_MELTING_K = 5.0, 773.0  # row B9: copper of this size is not molten at this temperature
COPPER_ATOM_NM3 = load_phase("Cu").volume_A3 / 4e3
ASKED_K, BESIDE_K = 675.0, 5.0  # row D8: where D is asked for, and how near a hold must be to stand for it


def runs_of(evidence: Evidence, *phases: str) -> list[Measured]:
    """Return the runs of models with exactly these phases: the largest first, which is nearest to what the microscope
    saw, and of one size the longest."""
    found = [run for run in evidence.measured if set(run.origin.phases) == set(phases)]
    return sorted(found, key=lambda run: (-run.origin.atoms, -run.origin.time_ps))


def _whole(run: Measured, quantity: str) -> Result | None:
    """Return what a run measured of its whole model, at the highest temperature where there are several."""
    return run.hottest(quantity=quantity, domain="", region="")


def stands(row: Result) -> bool:
    """Whether a number was measured on a lattice that was there: one from a collapsed framework answers nothing."""
    return "lattice_lost_K" not in row.provenance


def lost(run: Measured) -> Answer | None:
    """Return the answer of a run that lost its lattice, None where it kept it."""
    found = run.one(quantity="lattice_lost")
    if found is None:
        return None
    where = "" if found.value is None else f" at {found.value:.0f} K"
    return Answer(reason=f"{phrase(run)}, lost its lattice{where}: what it shows of a disordered particle is no answer")


def _as(run: Measured, row: Result, quantity: str) -> Result:
    """Return a row of a run under the name that a fact asks for, with the time that the run lasted."""
    told = "; ".join(filter(None, (row.method, phrase(run))))
    return replace(row, name=quantity, method=told, time_ps=run.origin.time_ps)


@answers("A13", of_run=True)
def _gold_pair(evidence: Evidence) -> Answer | None:
    """Two gold particles of one run: the neck and the atoms of the boundary."""
    for run in runs_of(evidence, "Au"):
        neck, boundary = _whole(run, "neck_growth"), _whole(run, "boundary_atoms")
        if neck is None or boundary is None:
            continue
        if _molten(run):
            return Answer(reason=f"the gold of the run is molten by its Lindemann index ({phrase(run)})")
        shown = (_as(run, neck, "neck_growth"), _as(run, boundary, "grain_boundary_atoms"))
        return Answer(shown, reason="one pair in one orientation, a fraction of a nanosecond for minutes")
    return None


def _molten(run: Measured) -> bool:
    index = _whole(run, "lindemann")
    return index is not None and index.value is not None and index.value - 2 * (index.error or 0.0) > MELTED


@answers("B8", of_run=True)
def _annealed_copper(evidence: Evidence) -> Answer | None:
    for run in runs_of(evidence, "Cu"):
        grains, metal, shape = (_whole(run, name) for name in ("grains", "fcc_metal", "asphericity"))
        if grains is None or metal is None or shape is None:
            continue
        shown = (_as(run, metal, "fcc_fraction"), _as(run, grains, "grains"), _as(run, shape, "asphericity"))
        reason = "began as a bicrystal of copper, not from Cu3P; faults left after nanoseconds may anneal in minutes"
        return Answer(shown, reason=reason)
    return None


@answers("B9", of_run=True)
def _solid_copper(evidence: Evidence) -> Answer | None:
    """Copper that stays solid at 773 K: a smaller particle melts lower, so that one of 5 nm does not melt there either.

    A molten particle says something where it is as large as the row asks for.
    """
    for run in runs_of(evidence, "Cu"):
        index = _whole(run, "lindemann")
        free, hot_K = bool(run.select(quantity="Rg_change")), run.origin.hottest_K
        if index is None or index.value is None or not free or not stands(index):
            continue
        across_nm = (6.0 / np.pi * run.origin.atoms * COPPER_ATOM_NM3) ** (1 / 3)
        seen = f"Lindemann index {index.value:.3f}, molten above {MELTED}; {across_nm:.1f} nm; {phrase(run)}"
        if index.value + 2 * (index.error or 0.0) < MELTED and across_nm <= LARGE_NM and hot_K >= NO_MELTING_K:
            return _melts((hot_K, float("inf")), f"solid: {seen}; a smaller particle melts lower", run)
        if _molten(run) and across_nm >= LARGE_NM:
            return _melts((0.0, hot_K), f"molten: {seen}", run)
    return None


def _melts(between_K: tuple[float, float], method: str, run: Measured) -> Answer:
    about = {"method": method, "time_ps": run.origin.time_ps}
    found = Result("melting_temperature_5nm_K", None, "K", "measured", interval=between_K, **about)  # type: ignore[arg-type]
    return Answer((found,), reason="a solid may outlast its melting point for a fraction of a nanosecond")


@answers("B2", of_run=True)
def _relaxed_planes(evidence: Evidence) -> Answer | None:
    for run in runs_of(evidence, "Cu", "Cu3P"):
        if _molten(run):
            continue  # its planes are those of a liquid
        if angles := [row for row in run.select(quantity="plane_angle") if stands(row)]:
            worst = max(angles, key=lambda row: row.value or 0.0)
            return Answer((_as(run, worst, "relaxed_plane_angle_deg"),))
    return None


@answers("A14", "C4", of_run=True)
def _wurtzite_kept(evidence: Evidence) -> Answer | None:
    """What is left of the wurtzite at 400 C in a rod alone, and at 300 C in a sandwich."""
    asked = (({"CdSe-wz"}, "wurtzite_fraction", 678.15), (SANDWICH, "wurtzite_fraction_300C", 578.15))
    found = [
        next(filter(None, (_left(run, quantity, upto_K) for run in runs_of(evidence, *phases))), None)
        for phases, quantity, upto_K in asked
    ]
    shown = tuple(result for result in found if result is not None)
    return (
        Answer(shown, reason="the structure of a run; what is lost in minutes is for the kinetic model")
        if shown
        else None
    )


def _left(run: Measured, quantity: str, upto_K: float) -> Result | None:
    """Return the wurtzite in the hottest bin up to a temperature over that in the coldest, or None without either.

    Cu3P counts among the anions too, so what is judged is how much of the wurtzite at the start is left.
    """
    curve = run.curve(quantity="phase_share", phase="wz", domain="", region="")
    if curve is None:
        return None
    below = (curve.x <= upto_K) & np.isfinite(curve.y)
    if not below.any():
        return None
    first, last = int(np.argmin(curve.x)), int(np.flatnonzero(below)[np.argmax(curve.x[below])])
    if not curve.y[first] > 0:
        return None
    error = None if curve.error is None else float(np.hypot(*curve.error[[first, last]]) / curve.y[first])
    shares = [f"{100 * curve.y[i]:.0f} % of the inner anions at {curve.x[i]:.0f} K" for i in (last, first)]
    method = f"wurtzite left: {shares[0]} over {shares[1]}, template matching; {phrase(run)}"
    left = float(curve.y[last] / curve.y[first])
    return Result(quantity, left, "", "measured", error, method=method, time_ps=run.origin.time_ps)


@answers("C3", of_run=True)
def _domain_edges(evidence: Evidence) -> Answer | None:
    """Where the Cu and Cd profiles cross, last frame against first; a plate may drift, so each pair from its centre."""
    runs = [run for run in runs_of(evidence, *SANDWICH) if run.select_curves(quantity="profile", species="Cd")]
    cool = [run for run in runs if run.origin.hottest_K <= HOTTEST_SEEN_K]
    if not cool:
        return Answer(reason=f"{phrase(runs[0])}: hotter than the microscope looked") if runs else None
    run = next((one for one in cool if lost(one) is None), cool[0])
    if (fallen := lost(run)) is not None:
        return replace(fallen, reason=f"{fallen.reason}; its profiles are drawn, their edges not judged")
    before, after = _width_A(run, "first"), _width_A(run, "last")
    if before is None or after is None:
        return Answer(reason="a composition profile of the run has no two edges between Cu and Cd")
    cell_A = float(np.linalg.norm(load_phase("CdSe-wz").lattice_A[2]))
    offset = abs(after - before) / 2.0 / cell_A
    method = f"edges where the Cu and Cd profiles cross, last frame against first; {phrase(run)}"
    time_ps = run.origin.time_ps
    return Answer((Result("worst_edge_offset_cells", offset, "cells", "measured", method=method, time_ps=time_ps),))


def _width_A(run: Measured, frame: str) -> float | None:
    whole = {"quantity": "profile", "stage": frame, "domain": "", "region": ""}
    cadmium, copper = (run.curve(species=element, **whole) for element in ("Cd", "Cu"))
    if cadmium is None or copper is None:
        return None
    edges = _crossings(copper.x, np.nan_to_num(copper.y) - np.nan_to_num(cadmium.y))
    return float(edges[-1] - edges[0]) if len(edges) > 1 else None


def _crossings(x: Array, y: Array) -> Array:
    """Return where a sampled curve crosses zero, by linear interpolation."""
    at = np.flatnonzero(np.sign(y[:-1]) * np.sign(y[1:]) < 0)
    return x[at] - y[at] * (x[at + 1] - x[at]) / (y[at + 1] - y[at])


@answers("D5", of_run=True)
def _selenide_sphere(evidence: Evidence) -> Answer | None:
    for run in runs_of(evidence, "Cu2Se"):
        curve, changes = (
            run.curve(quantity="stacking_share", phase="fcc", domain="", region=""),
            run.select(quantity="Rg_change"),
        )
        if curve is None or not changes or run.origin.hottest_K > HOTTEST_SEEN_K:
            continue
        last = int(np.nanargmax(curve.x))
        error = None if curve.error is None else float(curve.error[last])
        method = f"fcc share of the complete-shell Se at {curve.x[last]:.0f} K; {phrase(run)}"
        share, time_ps = float(curve.y[last]), run.origin.time_ps
        fcc = Result("fcc_fraction", share, "", "measured", error, method=method, time_ps=time_ps)
        change = _as(run, changes[0], "Rg_change_percent")
        return Answer((fcc, change), reason="the sphere of the run keeps its copper")
    return None


@answers("D8", of_run=True)
def _superionic(evidence: Evidence) -> Answer | None:
    """D of copper in a periodic Cu2Se crystal: every hold of every run, and one Arrhenius line through them.

    Where no line goes through them the hold beside 675 K says what D is there, and nothing its slope.
    """
    holds: list[Isotherm] = []
    told = []
    for run in runs_of(evidence, "Cu2Se"):
        # Not the holds of a free particle, whose surface is not the crystal.
        if not run.select(quantity="Rg_change"):
            found = list(_isotherms(run))
            holds += found
            told += [phrase(run)] if found else []
    if len({hold.temperature_K for hold in holds}) < 3:
        if (beside := _beside(holds, told)) is not None:
            return Answer((beside,), reason="three temperatures are needed for a slope")
        fallen = next(filter(None, map(lost, runs_of(evidence, "Cu2Se"))), None)
        seen = ", ".join(f"{hold.D:.1e} cm2/s at {hold.temperature_K:.0f} K" for hold in holds)
        told_of = f"holds of a crystal with its lattice give {seen or 'no D'}: three temperatures are needed"
        return fallen or (Answer(reason=told_of) if holds else None)
    try:
        Ea, D = fit_arrhenius(holds, "Cu")[0], diffusion_at(holds, "D_Cu_675K", 675.0)
    except ValueError as error:
        beside = _beside(holds, told)
        reason = f"D(Cu) of the runs follows no one Arrhenius law: {error}"
        return Answer(() if beside is None else (beside,), reason=reason)
    runs = "; ".join(told)
    return Answer((replace(Ea, name="Ea_Cu", method=f"{Ea.method}; {runs}"), replace(D, method=f"{D.method}; {runs}")))


def _beside(holds: list[Isotherm], told: list[str]) -> Result | None:
    """Return D of the hold nearest to 675 K, None where none lies within 5 K of it."""
    near = min(holds, key=lambda hold: abs(hold.temperature_K - ASKED_K), default=None)
    if near is None or abs(near.temperature_K - ASKED_K) > BESIDE_K:
        return None
    method = f"as measured in a hold at {near.temperature_K:.0f} K; {'; '.join(told)}"
    return Result("D_Cu_675K", near.D, "cm2/s", "measured", near.error, method=method, temperature_K=near.temperature_K)


def _isotherms(run: Measured) -> Iterator[Isotherm]:
    """Yield the holds between 450 and 950 K of a run in which copper diffused."""
    for row in run.select(quantity="D", species="Cu"):
        at_K = row.temperature_K or 0.0
        if row.value and row.error and stands(row) and 450.0 < at_K < 950.0:
            yield Isotherm(at_K, row.value, row.error, "Cu2Se")


@answers("F8", of_run=True)
def _sulphur_kept(evidence: Evidence) -> Answer | None:
    """The inner sulphur on its lattice at the end over that at the start, in a run in which lead has left."""
    for run in runs_of(evidence, "PbS", "Cd"):
        off = run.curve(quantity="phase_share", phase="disordered", domain="")
        gone = run.one(quantity="lost", species="Pb")
        if off is None or gone is None or not np.isfinite(off.y).any():
            continue
        if not gone.value:
            return Answer(reason=f"no Pb left ({phrase(run)}): what its sulphur did says nothing of an exchange")
        known = np.flatnonzero(np.isfinite(off.y))
        first, last = (1.0 - off.y[known[at]] for at in (np.argmin(off.x[known]), np.argmax(off.x[known])))
        if first > 0:
            method = f"inner S on a lattice, hottest over coldest, {gone.value:.0f} Pb having left; {phrase(run)}"
            kept = Result("sulphur_lattice_kept", float(last / first), "", "measured", method=method)
            kept = replace(kept, time_ps=run.origin.time_ps)
            return Answer(
                (kept,), reason="pairs of Cd stand for the pseudoligands; that layer followed layer is not asked"
            )
    why = "the recipe pbs-cd heats the model under cd-pb-s; no run long enough to exchange its cations has been kept"
    return Answer(reason=why) if evidence.histories else None


@answers("F1", of_run=True)
def _cations_move(evidence: Evidence) -> Answer | None:
    for run in runs_of(evidence, "CdSe-wz", "PbSe"):
        if (fallen := lost(run)) is not None:
            return fallen
        whole = {"quantity": "msd", "domain": "", "region": ""}
        curves = [run.select_curves(species=element, **whole) for element in ("Cd", "Pb", "Se")]
        cadmium, lead, selenium = (float(found[-1].y[-1]) if found else None for found in curves)
        if cadmium is None or lead is None or selenium is None:
            continue
        ratio = float(np.sqrt(min(cadmium, lead) / selenium))
        method = f"root of the mean square displacements at the longest lag, the slower cation; {phrase(run)}"
        time_ps = run.origin.time_ps
        return Answer(
            (Result("cation_over_anion_displacement", ratio, "", "measured", method=method, time_ps=time_ps),)
        )
    return None


@answers("A11", of_run=True)
def _flat_gold(evidence: Evidence) -> Answer | None:
    """The roughness of the faces between a rod and its tips at the end of a run, the worst of them."""
    for run in runs_of(evidence, "Au", "CdSe-wz"):
        faces = [row for row in run.select(quantity="roughness", stage="last") if stands(row)]
        if faces:
            worst = max(faces, key=lambda row: row.value or 0.0)
            return Answer((_as(run, worst, "interface_roughness_A"),), reason="tips of few nanometres, annealed for ps")
    return None


@answers("C19", "E11", of_run=True)
def _axes_stay(evidence: Evidence) -> Answer | None:
    """The orientation of a run's couple was put in, so that it stays proves nothing about how it came to be."""
    for run in runs_of(evidence, "CdSe-wz", "Cu2Se"):
        if angles := [row for row in run.select(quantity="axis_angle") if stands(row)]:
            worst = max(angles, key=lambda row: row.value or 0.0)
            reason = "the couple of the run began in this relation: it could be lost, not found"
            return Answer((_as(run, worst, "axis_angle_deg"),), reason=reason, conditioned=True)
    return None


@answers("C12", of_run=True)
def _anions_trade(evidence: Evidence) -> Answer | None:
    for run in runs_of(evidence, *SANDWICH):
        found = run.one(quantity="replaced", species="Se", other="P", domain="", region="")
        if (fallen := lost(run)) is not None and found is None:
            return fallen
        number = 0.0 if found is None or found.value is None else found.value
        return Answer(
            reason=f"in the longest run ({phrase(run)}) {number:.0f} P sites passed to Se; the fact is the end of "
            "minutes in which P evaporates, and the rate of Se into the emptied centre is not known"
        )
    return None


ANSWERERS = (
    _gold_pair,
    _annealed_copper,
    _solid_copper,
    _relaxed_planes,
    _wurtzite_kept,
    _domain_edges,
    _selenide_sphere,
    _superionic,
    _sulphur_kept,
    _cations_move,
    _flat_gold,
    _axes_stay,
    _anions_trade,
)
