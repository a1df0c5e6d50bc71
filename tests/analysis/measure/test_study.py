"""Studies of made-up runs whose onsets, rates and D are known."""

from dataclasses import replace

import numpy as np
import pytest
from ase.units import kB
from scipy.optimize import brentq
from scipy.special import expit

from nanokiln.analysis.measure.study import analyse_study
from nanokiln.analysis.measured import Measured, Origin, Result, Series

ENERGY_EV, CONSTANT = 0.6, 22.0
REACHED_K = np.linspace(300, 1200, 60)


def run_of(midpoint_K: float, rng: np.random.Generator, D: float = 1e-5) -> Measured:
    share = expit((REACHED_K - midpoint_K) / 12) + rng.normal(0, 0.02, 60)
    curve = Series("transformed share of core", "temperature_K", "K", REACHED_K, share, "", np.full(60, 0.02))
    curve = replace(curve, quantity="transformed", domain="core", phase="wz", other="zb")
    phase = replace(curve, name="phase zb", quantity="phase_share", domain="", phase="zb", other="")
    value = D + rng.normal(0, 1e-6)
    row = Result("D of Cu at 900 K", value, "cm2/s", "measured", 1e-6, (value - 2e-6, value + 2e-6))
    row = replace(row, quantity="D", species="Cu", stage="03-hold-900K", temperature_K=900.0)
    return Measured(Origin("r", "ball", potential="p", time_ps=10.0, hottest_K=1200.0), (row,), (curve, phase))


def midpoint_at(rate_K_per_ps: float) -> float:
    rate = rate_K_per_ps * 1e12
    return brentq(lambda T: CONSTANT - ENERGY_EV / (kB * T) - np.log(rate / T**2), 100, 3000)


def study_of(rates: list[float], replicas: int, rng: np.random.Generator, spread_K: float = 15.0) -> Measured:
    each = [rate for rate in rates for _ in range(replicas)]
    runs = [run_of(midpoint_at(rate) + rng.normal(0, spread_K), rng) for rate in each]
    return analyse_study("study", runs, each)


@pytest.mark.parametrize("quantity", ["onset", "midpoint"])
def test_the_interval_of_an_onset_over_replicas_covers_the_truth(quantity: str) -> None:
    rng = np.random.default_rng(0)
    truth = midpoint_at(1.0) - (12 * np.log(9) if quantity == "onset" else 0)
    found = [study_of([1.0], 3, rng).one(quantity=quantity, domain="core") for _ in range(80)]
    inside = np.mean([row.interval[0] < truth < row.interval[1] for row in found])
    assert 0.88 <= inside <= 1.0
    assert found[0].stage == "rate-1" and (found[0].phase, found[0].other) == ("wz", "zb")


def test_the_energy_over_rates_is_right_within_its_error_and_tells_the_decades() -> None:
    rng = np.random.default_rng(1)
    found = [study_of([0.01, 0.1, 1.0], 3, rng, spread_K=8.0) for _ in range(60)]
    energies = [study.one(quantity="Ea_kissinger") for study in found]
    inside = np.mean([abs(row.value - ENERGY_EV) < 1.96 * row.error for row in energies])
    assert 0.88 <= inside <= 1.0
    assert np.mean([row.value for row in energies]) == pytest.approx(ENERGY_EV, rel=0.1)
    far = found[0].one(quantity="midpoint_extrapolated")
    assert far.obtained == "extrapolated" and far.decades == pytest.approx(10)
    assert len(found[0].curve(quantity="kissinger").x) == 3


def test_two_rates_draw_points_but_give_no_energy() -> None:
    study = study_of([0.1, 1.0], 3, np.random.default_rng(2))
    assert study.one(quantity="Ea_kissinger") is None and len(study.curve(quantity="kissinger").x) == 2
    assert any("three ramp rates" in warning for warning in study.warnings)


def test_a_midpoint_reached_in_a_hold_gives_no_energy() -> None:
    """At one of the rates the transformation waits for the hold at the end."""
    rng, rates = np.random.default_rng(6), [0.01, 0.1, 1.0]
    runs = [run_of(midpoint_at(rate), rng) for rate in rates for _ in range(3)]
    curve = runs[0].curves[0]
    late = replace(
        curve, x=np.append(curve.x, [1200.0] * 5), y=np.append(np.zeros(60), [0, 0.2, 0.8, 1, 1]), error=None
    )
    runs[-1] = replace(runs[-1], curves=(late,))
    study = analyse_study("study", runs, np.repeat(rates, 3).tolist())
    assert study.one(quantity="Ea_kissinger") is None
    assert any("rate-1 was reached in a hold" in warning for warning in study.warnings)
    assert "in 1 of them while the temperature was held" in study.one(quantity="midpoint", stage="rate-1").method


def test_two_replicas_give_values_without_interval_and_say_so() -> None:
    study = study_of([1.0], 2, np.random.default_rng(3))
    row = study.one(quantity="onset")
    assert row.value is not None and row.interval is None and "2 runs: no interval" in row.method
    assert "onsets have no interval below 3" in study.warnings[0]


def test_diffusion_and_phases_are_taken_over_replicas_at_each_rate() -> None:
    study = study_of([0.1, 1.0], 4, np.random.default_rng(4))
    rows = study.select(quantity="D", species="Cu")
    assert [row.stage for row in rows] == ["rate-0.1 03-hold-900K", "rate-1 03-hold-900K"]
    assert all(row.error < 1e-6 and abs(row.value - 1e-5) < 4 * row.error for row in rows)
    slow, fast = (study.curve(quantity="phase_share", phase="zb", stage=f"rate-{rate}") for rate in ("0.1", "1"))
    assert np.interp(0.5, fast.y, fast.x) > np.interp(0.5, slow.y, slow.x) + 20
    assert study.one(quantity="runs").value == 8 and study.origin.time_ps == 80


def test_D_of_the_heating_is_taken_over_the_replicas_that_have_it() -> None:
    rng, T = np.random.default_rng(9), np.linspace(300, 900, 61)
    D = 1e-3 * np.exp(-0.3 / (kB * T))
    runs = [run_of(700.0, rng) for _ in range(4)]
    for i in range(3):  # the fourth heating was refused: it counts for nothing, least of all for zero
        curve = Series(
            "D of Cu while heated", "temperature_K", "K", T, D * np.exp(rng.normal(0, 0.1)), "cm2/s", 0.1 * D
        )
        curve = replace(curve, quantity="D_heated", species="Cu")
        runs[i] = replace(runs[i], curves=(*runs[i].curves, curve))
    found = analyse_study("study", runs, [1.0] * 4).curve(quantity="D_heated", species="Cu", stage="rate-1")
    assert (abs(np.log(found.y / D)) < 3.5 * found.error / found.y).all()
    assert "3 of 4 runs" in found.method


def test_runs_of_different_models_are_no_study() -> None:
    rng = np.random.default_rng(5)
    one, other = run_of(700, rng), run_of(700, rng)
    other = replace(other, origin=replace(other.origin, model="rod"))
    with pytest.raises(ValueError, match="a study has one of each"):
        analyse_study("study", [one, other], [None, None])
    with pytest.raises(ValueError, match="has no run"):
        analyse_study("study", [], [])
