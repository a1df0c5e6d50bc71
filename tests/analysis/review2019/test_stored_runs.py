"""Rows answered from what was measured on runs, as far as they honestly can be."""

from dataclasses import replace

import numpy as np
import pytest
from ase.units import kB

from nanokiln.analysis.experiment import Evidence, Verdict, load_experiment
from nanokiln.analysis.experiment.evidence import Panel
from nanokiln.analysis.experiment.verdict import judge
from nanokiln.analysis.measured import Measured, Origin, Result, Series
from nanokiln.analysis.motion.arrhenius import Isotherm, diffusion_at, fit_arrhenius

REVIEW = load_experiment("review2019")
ORIGIN = Origin("r", "m", atoms=900, time_ps=200.0, hottest_K=900.0, potential="p", validated_K=(0.0, 600.0))


def run_of(
    phases: tuple[str, ...],
    *rows: Result,
    curves: tuple[Series, ...] = (),
    time_ps: float = 200.0,
    hot_K: float = 900.0,
) -> Measured:
    return Measured(replace(ORIGIN, phases=phases, time_ps=time_ps, hottest_K=hot_K), rows, curves)


def diffusion(temperature_K: float, D: float) -> Result:
    about = {"quantity": "D", "species": "Cu", "temperature_K": temperature_K}
    return Result("D of Cu", D, "cm2/s", "measured", 0.1 * D, **about)


def number(quantity: str, value: float, error: float, **columns: str) -> Result:
    return Result(quantity, value, "", "measured", error, quantity=quantity, **columns)


def curve(x: list[float], y: list[float], error: float = 0.01, **columns: str) -> Series:
    return Series("curve", "x", "K", np.array(x), np.array(y), "", np.full(len(x), error), **columns)


def verdict(row: str, *runs: Measured) -> Verdict:
    fact = next(fact for fact in REVIEW.table.facts if fact.id == row)
    return judge(fact, Panel(REVIEW.answerers, Evidence(runs=runs)).answer(row))


def test_copper_in_selenide_is_read_at_675_K_off_its_own_line() -> None:
    holds = [diffusion(T, 4e-4 * np.exp(-0.14 / (kB * T))) for T in (500, 600, 700, 800, 900)]
    found = verdict("D8", run_of(("Cu2Se",), *holds))
    told = {r.name: r for r in found.results}
    assert told["Ea_Cu"].value == pytest.approx(0.14, abs=1e-6)
    assert told["D_Cu_675K"].value == pytest.approx(4e-4 * np.exp(-0.14 / (kB * 675)), rel=1e-6)
    assert found.outcome in ("consistent", "agrees")
    free = run_of(("Cu2Se",), *holds, number("Rg_change", 0.0, 0.1, domain="sphere"))
    assert verdict("D8", free).outcome == "not testable"


def test_a_point_on_the_line_has_the_error_of_the_line_there() -> None:
    runs = [Isotherm(T, 4e-4 * np.exp(-0.2 / (kB * T)), 1e-6, "a") for T in (600.0, 700.0, 800.0)]
    near, far = (diffusion_at(runs, "D", T) for T in (700.0, 400.0))
    widths = [np.log(r.interval[1] / r.interval[0]) for r in (near, far)]  # type: ignore[index]
    assert widths[1] > widths[0]
    assert fit_arrhenius(runs, "Cu")[0].value == pytest.approx(0.2, abs=1e-6)


def test_a_relation_that_was_put_in_never_counts_as_agreeing() -> None:
    couple = ("CdSe-wz", "Cu2Se")
    kept = number("axis_angle", 0.4, 0.2, domain="a", other="b")
    assert verdict("C19", run_of(couple, kept)).outcome == "consistent"
    assert verdict("E11", run_of(couple, replace(kept, value=9.0))).outcome == "disagrees"


def test_edges_are_measured_from_the_centre_of_a_plate_that_drifted() -> None:
    x = np.linspace(0, 60, 61).tolist()

    def profiles(frame: str, low: float, high: float) -> tuple[Series, ...]:
        copper = [float(low < v < high) for v in x]
        cadmium = [1.0 - c for c in copper]
        about = {"quantity": "profile", "stage": frame}
        return curve(x, copper, species="Cu", **about), curve(x, cadmium, species="Cd", **about)

    sandwich = ("CdSe-wz", "Cu3P")
    before = profiles("first", 19.5, 40.5)
    drifted = run_of(sandwich, curves=(*before, *profiles("last", 29.5, 50.5)), hot_K=573.0)
    assert verdict("C3", drifted).outcome == "agrees"
    spread = run_of(sandwich, curves=(*before, *profiles("last", 4.5, 55.5)), hot_K=573.0)
    assert verdict("C3", spread).outcome == "disagrees"
    hot = replace(spread, origin=replace(spread.origin, hottest_K=1000.0))
    assert verdict("C3", hot).outcome == "not testable"
    unvalidated = replace(drifted, origin=replace(drifted.origin, validated_K=(0.0, 0.0)))
    told = verdict("C3", unvalidated).results[0].method
    assert told.endswith("its potential has no validated range")
    assert "above the 0 K" not in told


def test_wurtzite_that_is_mostly_gone_disagrees_and_claims_no_minutes() -> None:
    phase = curve([300, 570], [1.0, 0.42], 0.31 / 2**0.5, quantity="phase_share", phase="wz")
    found = verdict("C4", run_of(("CdSe-wz", "Cu3P"), curves=(phase,), time_ps=10.0))
    left = next(r for r in found.results if r.name == "wurtzite_fraction_300C")
    assert found.outcome == "disagrees"
    assert (left.error, left.obtained) == (pytest.approx(0.31), "measured")
    assert (left.decades, left.time_ps) == (None, 10.0)


def test_the_longest_run_speaks() -> None:
    gold = (number("neck_growth", 8.0, 0.5), number("boundary_atoms", 60.0, 9.0))
    shrunk = tuple(replace(row, value=-5.0) for row in gold)
    runs = (run_of(("Au",), *shrunk, time_ps=10.0), run_of(("Au",), *gold, time_ps=400.0))
    assert verdict("A13", *runs).outcome == "agrees"
    assert verdict("A13").outcome == "not testable"
    melted = run_of(("Au",), *gold, number("lindemann", 0.3, 0.01))
    assert "molten" in verdict("A13", melted).reason


def test_a_lost_lattice_answers_nothing() -> None:
    fallen = number("lattice_lost", 500.0, 0.0)
    gone = {"lattice_lost_K": 500.0}
    holds = [replace(diffusion(T, 1e-5), provenance=gone) for T in (500, 600, 700)]
    assert verdict("D8", run_of(("Cu2Se",), fallen, *holds)).outcome == "not testable"
    assert "lost its lattice at 500 K" in verdict("D8", run_of(("Cu2Se",), fallen, *holds)).reason
    flat = number("roughness", 1.0, 0.2, domain="rod", other="tip", stage="last")
    rod = ("Au", "CdSe-wz")
    assert verdict("A11", run_of(rod, flat)).outcome == "agrees"
    assert verdict("A11", run_of(rod, replace(flat, provenance=gone))).outcome == "not testable"
    msd = [
        curve([1.0, 2.0], [0.1, d], quantity="msd", species=one) for one, d in (("Cd", 9.0), ("Pb", 9.0), ("Se", 0.1))
    ]
    dumbbell = ("CdSe-wz", "PbSe")
    assert verdict("F1", run_of(dumbbell, curves=tuple(msd))).results
    assert not verdict("F1", run_of(dumbbell, fallen, curves=tuple(msd))).results


def test_relaxed_structures_answer_and_a_lost_framework_does_not() -> None:
    def record(name: str, *rows: Result) -> Measured:
        return Measured(replace(ORIGIN, run=f"relax-{name}", phases=(), time_ps=0.0), rows)

    low = number("tip_minus_side_energy", -0.5, 0.05)
    assert verdict("A15", record("gold-contacts", low)).outcome == "agrees"
    assert verdict("A15", record("gold-contacts", replace(low, value=0.5))).outcome == "disagrees"
    bridge = number("bridge_energy_minus_tip_energy", -0.1, 0.01)
    assert verdict("A7", record("gold-contacts", bridge)).outcome == "consistent"  # growth itself is put in
    assert verdict("A7", record("gold-contacts", replace(bridge, value=0.1))).outcome == "disagrees"
    shrinks = number("contraction_percent", -10.0, 0.5)
    assert verdict("E7", record("exchanged-crystals", shrinks)).outcome == "agrees"
    nothing = replace(low, value=None, error=None, method="a framework was lost, so there is no number")
    assert "framework was lost" in verdict("A15", record("gold-contacts", nothing)).reason


def copper(index: float, atoms: int = 1014, hot_K: float = 773.0) -> Measured:
    """A free copper particle, by its Lindemann index."""
    run = run_of(("Cu",), number("lindemann", index, 0.002), number("Rg_change", 0.0, 0.1), hot_K=hot_K)
    return replace(run, origin=replace(run.origin, atoms=atoms))


def test_copper_that_stays_solid_says_that_larger_copper_does() -> None:
    found = verdict("B9", copper(0.13))
    assert found.outcome == "agrees" and found.results[0].interval == (773.0, np.inf)
    assert "2.8 nm" in found.results[0].method
    assert verdict("B9", copper(0.2, atoms=9000, hot_K=700.0)).outcome == "disagrees"
    # A small molten particle says nothing of one of 5 nm, nor does a colder or a larger solid one.
    for run in (copper(0.2), copper(0.13, hot_K=673.0), copper(0.13, atoms=9000)):
        assert [one.obtained for one in verdict("B9", run).results] == ["thermochemistry"]


def test_planes_of_a_liquid_have_no_angle() -> None:
    angle = number("plane_angle", 1.0, 0.5)
    assert verdict("B2", run_of(("Cu", "Cu3P"), angle)).results
    assert not [
        one
        for one in verdict("B2", run_of(("Cu", "Cu3P"), angle, number("lindemann", 0.28, 0.004))).results
        if one.name == "relaxed_plane_angle_deg"
    ]


def test_without_one_line_the_hold_beside_675_K_speaks_for_itself() -> None:
    scattered = [diffusion(T, D) for T, D in ((473.0, 7.7e-6), (573.0, 1.07e-5), (674.0, 2.2e-5))]
    scattered = [replace(row, error=0.02 * row.value) for row in scattered]  # type: ignore[operator]
    found = verdict("D8", run_of(("Cu2Se",), *scattered))
    assert {r.name: r.value for r in found.results} == {"D_Cu_675K": 2.2e-5}
    assert found.outcome == "consistent" and "no one Arrhenius law" in found.reason and "Ea Cu" in found.reason
    slow = [replace(row, value=1e-2 * row.value, error=1e-2 * row.error) for row in scattered]  # type: ignore[operator]
    assert verdict("D8", run_of(("Cu2Se",), *slow)).outcome == "disagrees"
    assert verdict("D8", run_of(("Cu2Se",), *scattered[:2])).outcome == "not testable"
    gone = [replace(row, provenance={"lattice_lost_K": 600.0}) for row in scattered]
    assert verdict("D8", run_of(("Cu2Se",), *gone)).outcome == "not testable"


def test_sulphur_is_asked_for_only_where_lead_has_left() -> None:
    off = curve([300.0, 600.0], [0.0, 0.04], quantity="phase_share", phase="disordered")
    left, stayed = (number("lost", n, 1.0, species="Pb") for n in (7.0, 0.0))
    lead = ("Cd", "PbS")
    assert verdict("F8", run_of(lead, left, curves=(off,))).outcome == "agrees"
    assert verdict("F8", run_of(lead, left, curves=(replace(off, y=np.array([0.0, 0.8])),))).outcome == "disagrees"
    assert "no Pb left" in verdict("F8", run_of(lead, stayed, curves=(off,))).reason
