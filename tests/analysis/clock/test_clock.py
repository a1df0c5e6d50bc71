"""The minutes clock: limits, conservation, exact solutions, and errors that go through it as they should."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.optimize import brentq

from nanokiln.analysis.clock.clock import default_inputs, run_clock
from nanokiln.analysis.clock.contents import fed_rod, phosphide_particle, rod
from nanokiln.analysis.clock.distributions import Distribution, Draws, draw
from nanokiln.analysis.clock.heating import ZERO_C_K, Heating
from nanokiln.analysis.clock.outcome import (
    diffusion_check,
    limiting_step,
    plateau_probabilities,
    product_share,
    reaches,
    sensitivity,
    weighted_quantile,
)
from nanokiln.analysis.clock.rates import END, Rates
from nanokiln.analysis.review2019.scenes import RAMP, SCENES, STAIRS, lead_dumbbell, own_sandwich


@pytest.fixture(scope="module")
def draws() -> Draws:
    return draw(default_inputs(), 200, seed=5)


def means(samples: int = 2, **changed: float) -> Draws:
    """Every input at its mean, but for those named."""
    values = {name: entry.mean for name, entry in default_inputs().items()} | changed
    return {name: np.full(samples, value) for name, value in values.items()}


@pytest.mark.parametrize("name", ["sandwich", "sandwich-fed", "rod", "Cu3P-nucleating", "lead-ramp", "CdSe-alone"])
def test_every_element_is_conserved_and_no_extent_leaves_its_range(name: str, draws: Draws) -> None:
    history = SCENES[name].run(draws)
    assert history.extents.min() >= 0.0
    assert history.extents.max() <= 1.0
    assert (history.extents[:, 0] + history.extents[:, 1]).max() <= 1.0 + 1e-12
    assert all(np.abs(column).max() < 1e-10 for column in history.ledger().values())


def test_without_vacuum_nothing_leaves(draws: Draws) -> None:
    history = run_clock(own_sandwich(draws), STAIRS, draws, vacuum=False)
    assert np.abs(history.extents).max() < 1e-12


def test_an_infinite_barrier_stops_the_exchange_and_nothing_else(draws: Draws) -> None:
    stopped = {**draws, "E_Cu kick-out of Cd": np.full(200, np.inf)}
    history = run_clock(own_sandwich(draws), STAIRS, stopped)
    assert np.abs(history.converted).max() < 1e-12
    assert history.extents[-1, 0].max() > 0.1


def test_below_freezing_nothing_happens_in_a_year() -> None:
    history = run_clock(rod(), Heating(((0.0, 0.0), (525600.0, 0.0))), means())
    assert history.extents.max() < 1e-12


def test_one_step_at_one_temperature_has_its_exact_solution() -> None:
    """A shortening rod obeys du/dt = -K u^2/(u + END), so ln u - END/u falls by K t: an exponential but for its end."""
    heating = Heating(((0.0, 450.0), (60.0, 450.0)))
    sample = means(log10_alpha_CdSe=-1.5)
    history = run_clock(rod(35.0, 5.0), heating, sample, holder_K=0.0, rtol=1e-5)
    K = Rates(rod(35.0, 5.0), sample).sublimation_per_s(np.zeros((3, 2)), np.full(2, 450 + ZERO_C_K))[0] / rod().host
    for minute, left in list(zip(history.minutes, history.anion_left[:, 0], strict=True))[1:]:
        target = -END - K * minute * 60
        exact = brentq(lambda u, target=target: np.log(u) - END / u - target, 1e-5, 1.0)
        assert left == pytest.approx(exact, abs=5e-4)
    early = history.anion_left[1, 0]
    assert early == pytest.approx(np.exp(-K * history.minutes[1] * 60), rel=0.06)


def test_each_sample_is_what_scipy_gives_alone(draws: Draws) -> None:
    heating = Heating(((0.0, 360.0), (15.0, 360.0)))
    some = {name: column[:12] for name, column in draws.items()} | {"log10_hold": np.zeros(12)}
    together = run_clock(own_sandwich(some), heating, some, rtol=1e-4).extents[-1]
    for i in range(12):
        one = {name: column[i : i + 1] for name, column in some.items()}
        rates = Rates(own_sandwich(one), one)
        kelvin = ZERO_C_K + 360.0 + 10.0 * one["holder"]

        def speed(_: float, y: np.ndarray, rates: Rates = rates, kelvin: np.ndarray = kelvin) -> np.ndarray:
            return rates.speeds(y[:, None], kelvin)[:, 0]

        alone = solve_ivp(speed, (0, 900), np.zeros(3), method="LSODA", rtol=1e-7, atol=1e-9)
        assert together[:, i] == pytest.approx(alone.y[:, -1], abs=3e-3)


def test_the_outcome_widens_with_the_input() -> None:
    """With all else exact, T50 is nearly linear in ln(alpha): twice the sigma gives twice the spread."""
    spreads = []
    for factor in (1.0, 2.0):
        inputs = {name: Distribution(value=entry.mean) for name, entry in default_inputs().items()}
        inputs["log10_alpha_CdSe"] = Distribution(value=-2.0, sigma=0.3 * factor)
        sample = draw(inputs, 400, seed=1)
        history = run_clock(fed_rod(sample, 400.0, 35.0), RAMP, sample)
        spreads.append(np.nanstd(history.crossing_C("product", 0.5)))
    assert spreads[1] / spreads[0] == pytest.approx(2.0, rel=0.05)


def test_a_tenth_of_an_ev_moves_the_transition_by_about_thirty_kelvin() -> None:
    middles = []
    for barrier in (1.75, 1.85):
        sample = means(**{"E_Cu kick-out of Cd": barrier, "log10_alpha_CdSe": 0.0, "H_Cu2Se": -110.0})
        history = run_clock(fed_rod(sample, 400.0, 35.0), RAMP, sample, holder_K=0.0)
        middles.append(history.crossing_C("product", 0.5)[0])
    assert middles[1] - middles[0] == pytest.approx(31.0, abs=6.0)


def test_copper_that_cannot_nucleate_protects_the_phosphide() -> None:
    sample = means(H_Cu3P=-40.0, log10_alpha_P=0.0, phosphide_start=0.0)
    alone, free = (
        run_clock(phosphide_particle(12.0, nucleates=n), STAIRS, sample).extents[-1, 2, 0] for n in (False, True)
    )
    assert alone < 0.2 < free


def test_lead_replaces_cadmium_before_copper_does(draws: Draws) -> None:
    lead, copper = (run_clock(p, RAMP, draws) for p in (lead_dumbbell(draws), fed_rod(draws, 400.0, 35.0)))
    shift = lead.crossing_C("product", 0.5) - copper.crossing_C("product", 0.5)
    assert np.nanquantile(shift, 0.9) < 0


def test_starved_rods_end_with_the_copper_they_had(draws: Draws) -> None:
    history = run_clock(fed_rod(draws, 10.0, 35.0), STAIRS, draws)
    given = np.asarray(history.particle.metal) * draws["selenide_width"]
    assert np.all(2.0 * history.converted[-1] * history.particle.host <= given + 0.006 * history.particle.host)


def test_probabilities_sum_to_one_and_follow_the_weights(draws: Draws) -> None:
    history = SCENES["rod-ample"].run(draws)
    share = product_share(history)
    first = share[history.at_plateau_end(400.0)]
    for plateau in plateau_probabilities(history, share):
        assert sum(plateau.probabilities) == pytest.approx(1.0)
    only = (first > 0.95).astype(float)
    assert plateau_probabilities(history, share, only)[-1].probabilities == (0.0, 0.0, 1.0)
    with pytest.raises(ValueError, match="no hold at 999"):
        history.at_plateau_end(999.0)


@pytest.mark.parametrize("level", [0.10, 0.50, 0.95])
def test_crossing_temperatures_do_not_depend_on_the_output_grid(level: float, draws: Draws) -> None:
    coarse, fine = (run_clock(fed_rod(draws, 400.0, 35.0), RAMP, draws, points=n) for n in (2, 64))
    shift = coarse.crossing_C("product", level) - fine.crossing_C("product", level)
    assert np.isfinite(shift).sum() > 100
    assert np.nanmax(abs(shift)) < 0.5
    # Where they are is what a fine grid brackets.
    share = product_share(fine)
    first = np.argmax(share >= level, axis=0)
    there = (share >= level).any(axis=0)
    assert np.array_equal(there, np.isfinite(fine.crossing_C("product", level)))
    late = fine.temperature_C[first] + 0.05
    early = fine.temperature_C[np.maximum(first - 1, 0)] - 0.05
    assert np.all(
        (fine.crossing_C("product", level) <= late)[there] & (fine.crossing_C("product", level) >= early)[there]
    )


def test_never_is_a_share_of_samples_and_no_temperature(draws: Draws) -> None:
    history = run_clock(rod(), STAIRS, {**draws, "log10_alpha_CdSe": np.where(np.arange(200) < 150, -30.0, 0.0)})
    onset, _, completion = reaches(history, "CdSe loss")
    assert onset.never >= 0.75
    assert onset.temperature is not None
    assert onset.temperature.interval[1] <= 400.0
    frozen = run_clock(rod(), STAIRS, {**draws, "log10_alpha_CdSe": np.full(200, -30.0)})
    for one in reaches(frozen, "CdSe loss"):
        assert one.never == 1.0
        assert one.temperature is None
        assert one.minutes is None
        assert "400" not in one.words
    assert "never in" in completion.words


def test_a_level_that_was_not_looked_for_is_refused(draws: Draws) -> None:
    history = run_clock(rod(), STAIRS, draws, levels=(0.45,))
    assert history.crossing_min("CdSe loss", 0.45).shape == (200,)
    with pytest.raises(ValueError, match="looked for the shares"):
        history.crossing_min("CdSe loss", 0.5)


def test_the_slowest_step_is_the_one_made_slow() -> None:
    sample = means(**{"E_Cu kick-out of Cd": 2.4})
    history = run_clock(fed_rod(sample, 400.0, 35.0), STAIRS, sample)
    assert limiting_step(history, 350.0)["kick-out"] == 1.0
    assert diffusion_check(history, 350.0).value < 0


def test_sensitivity_names_the_only_uncertain_input() -> None:
    inputs = {name: Distribution(value=entry.mean) for name, entry in default_inputs().items()}
    inputs["H_Cu2Se"] = Distribution(value=-66.1, sigma=6.0)
    sample = draw(inputs, 100, seed=2)
    history = run_clock(fed_rod(sample, 400.0, 35.0), RAMP, sample)
    found = sensitivity(history, history.crossing_C("product", 0.5))
    assert found == [("H_Cu2Se", pytest.approx(1.0, abs=0.01))]


def test_weighted_quantiles_of_equal_weights_are_the_usual_ones() -> None:
    values = np.random.default_rng(0).normal(size=4001)
    assert weighted_quantile(values, (0.1, 0.5))[1] == pytest.approx(np.median(values), abs=1e-3)
    doubled = np.concatenate([values, values[values > 0]])
    weights = np.where(values > 0, 2.0, 1.0)
    assert weighted_quantile(values, (0.25,), weights) == pytest.approx(np.quantile(doubled, 0.25), abs=2e-3)


@pytest.mark.parametrize("knots", [((0.0, 20.0),), ((0.0, 20.0), (0.0, 30.0)), ((0.0, 20.0), (1.0, -300.0))])
def test_a_senseless_programme_is_refused(knots: tuple[tuple[float, float], ...]) -> None:
    with pytest.raises(ValueError, match=r"heating programme"):
        Heating(knots)


def test_particles_cut_to_samples_keep_what_is_shared(draws: Draws) -> None:
    particle = replace(own_sandwich(draws), radius_nm=4.0)
    cut = particle.of_samples(slice(3, 5), 200)
    assert cut.radius_nm == 4.0
    assert np.array_equal(cut.host, np.asarray(particle.host)[3:5])
