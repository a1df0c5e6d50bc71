"""Mechanisms as hypotheses: what each law does where its answer is known, and that the switched off ones do nothing."""

from dataclasses import replace

import numpy as np
import pytest
from ase.units import kB
from scipy.constants import R

from nanokiln.analysis.clock.clock import default_inputs, run_clock
from nanokiln.analysis.clock.contents import Particle, fed_rod, phosphide_particle, rod, sphere_units
from nanokiln.analysis.clock.distributions import Draws, draw
from nanokiln.analysis.clock.heating import ZERO_C_K
from nanokiln.analysis.clock.mechanisms import hypotheses, supposed, supposing
from nanokiln.analysis.clock.rates import BARN_NM2, SITES_PER_NM2, Rates
from nanokiln.analysis.clock.thermochemistry import COPPER_EXCHANGE, SUBLIMATION, bar_Pa, hertz_knudsen_per_nm2_s
from nanokiln.analysis.review2019.scenes import SCENES, STAIRS

HOT = np.full(2, 400.0 + ZERO_C_K)


def means(on: str = "", off: str = "", **changed: float) -> Draws:
    """Every input at its mean under a set of hypotheses, but for those named."""
    inputs = supposing(default_inputs(), [on] if on else [], [off] if off else [])
    values = {name: entry.mean for name, entry in inputs.items()} | changed
    return {name: np.full(2, value) for name, value in values.items()}


def state(sublimed: float = 0.0, exchanged: float = 0.0, lost: float = 0.0) -> np.ndarray:
    return np.tile([[sublimed], [exchanged], [lost]], 2)


def janus(metal: float = 1.0) -> Particle:
    return phosphide_particle(12.0, metal * float(np.asarray(sphere_units(12.0, "Cu"))), nucleates=True)


def test_base_hypotheses_hold_and_rivals_do_not() -> None:
    base = {name for name, one in hypotheses().items() if one.base}
    assert set(supposed(default_inputs())) == base == {"copper must nucleate", "exchange through the bulk"}
    changed = supposing(default_inputs(), ["charge balance"], ["copper must nucleate"])
    assert set(supposed(changed)) == {"exchange through the bulk", "charge balance"}
    assert set(supposed(supposing(changed, off=["charge balance"]))) == {"exchange through the bulk"}


def test_every_hypothesis_has_law_source_and_inputs_of_its_own() -> None:
    own = [name for one in hypotheses().values() for name in one.inputs]
    assert len(own) == len(set(own))
    assert not set(own) & set(default_inputs())
    assert all(one.law and one.source and one.about for one in hypotheses().values())


def test_unknown_and_contradictory_hypotheses_are_refused() -> None:
    with pytest.raises(ValueError, match=r"no hypothesis is called 'magic'; there are: copper must nucleate"):
        supposing(default_inputs(), ["magic"])
    with pytest.raises(ValueError, match="'charge balance' cannot both hold and not hold"):
        supposing(default_inputs(), ["charge balance"], ["charge balance"])


@pytest.mark.parametrize("name", [name for name, one in hypotheses().items() if not one.base])
def test_a_rival_switched_off_is_the_base(name: str) -> None:
    draws = draw(default_inputs(), 30, seed=4)
    off = draws | {f"with {name}": np.zeros(30)}
    for scene in ("sandwich", "rod", "Cu3P-alone"):
        assert np.array_equal(SCENES[scene].run(draws).extents, SCENES[scene].run(off).extents)


@pytest.mark.parametrize("name", list(hypotheses()))
def test_every_element_is_conserved_under_every_hypothesis(name: str) -> None:
    base = hypotheses()[name].base
    draws = draw(supposing(default_inputs(), [] if base else [name], [name] if base else []), 60, seed=5)
    for scene in ("sandwich", "sandwich-fed", "rod", "rod-copper-ramp", "lead-ramp"):
        history = SCENES[scene].run(draws)
        assert all(np.abs(column).max() < 1e-10 for column in history.ledger().values())
        assert np.isfinite(history.extents).all()


def test_without_nucleation_to_wait_for_bare_phosphide_loses_its_phosphorus() -> None:
    held, free = (
        run_clock(phosphide_particle(12.0), STAIRS, means(off=off, H_Cu3P=-44.0, log10_alpha_P=0.0)).extents[-1, 2, 0]
        for off in ("", "copper must nucleate")
    )
    assert held < 0.2 < free


def test_exchange_of_the_surface_alone_knows_no_diffusion() -> None:
    steps = Rates(fed_rod(means(), 400.0, 35.0), means(off="exchange through the bulk")).exchange_steps(state(), HOT)
    assert steps["diffusion"][0] == steps["penetration"][0] == 1e30
    assert steps["kick-out"][0] < 1e30


def test_phosphorus_goes_through_copper_only_where_there_is_some() -> None:
    def loss(particle: Particle, draws: Draws) -> float:
        return float(Rates(particle, draws).phosphorus_per_s(state(), HOT)[0])

    given = means("phosphorus through copper", **{"E_P through copper": 0.5, "log10_alpha_P": -8.0})
    assert loss(janus(), given) > 1e3 * loss(janus(), means(log10_alpha_P=-8.0))
    assert loss(janus(0.0), given) == pytest.approx(loss(janus(0.0), means(log10_alpha_P=-8.0)))
    stopped = given | {"E_P through copper": np.full(2, np.inf)}
    assert loss(janus(), stopped) == pytest.approx(loss(janus(), means(log10_alpha_P=-8.0)))


def test_charge_balance_without_copper_is_congruent_sublimation() -> None:
    """Where nothing arrives Cd and Se leave alike, whose rate has its closed form, with the coefficient of contact."""
    draws = means("charge balance", log10_alpha_CdSe=-2.0, log10_alpha_contact=1.0, tension_J_m2=0.0)
    draws |= {
        "E_Cu kick-out of Cd": np.zeros(2),
        "E_Cu penetration into CdSe": np.zeros(2),
        "diffusion_eV": np.zeros(2),
    }
    starved = replace(fed_rod(draws, 1e-9, 35.0), gap_nm=1.0)
    speeds = Rates(starved, draws).speeds(state(), HOT)[:, 0]
    bare = Rates(rod(35.0, 5.0), means(tension_J_m2=0.0, log10_alpha_CdSe=-2.0)).speeds(state(), HOT)[0, 0]
    assert speeds[1] < 1e-3 * speeds[0]
    assert speeds[0] == pytest.approx(11.0 * bare, rel=0.02)  # ten times by contact, once as bare CdSe


def test_charge_balance_with_ample_copper_loses_no_selenium() -> None:
    draws = means("charge balance", log10_alpha_CdSe=-1.0)
    particle = replace(fed_rod(draws, 4000.0, 35.0, "metal"), gap_nm=0.0)
    with_it, base = (Rates(particle, d).speeds(state(), HOT)[:, 0] for d in (draws, means(log10_alpha_CdSe=-1.0)))
    assert with_it[1] == pytest.approx(base[1], rel=0.01)
    assert with_it[0] == pytest.approx(Rates(rod(35.0, 5.0), means(log10_alpha_CdSe=-1.0)).speeds(state(), HOT)[0, 0])


def test_charges_balance_at_every_supply() -> None:
    """2 Cd that leave = Cu that enters / 1 + 2 Se that leave: the copper taken never exceeds what is supplied."""
    draws = means("charge balance", log10_alpha_CdSe=-0.5, **{"E_Cu kick-out of Cd": 1.2})
    for gap in (0.5, 5.0, 50.0):
        rates = Rates(replace(fed_rod(draws, 50.0, 35.0), gap_nm=gap), draws)
        supply = rates.exchange_steps(state(), HOT)["supply"][0]
        assert rates.speeds(state(), HOT)[1, 0] * rates.records["host"][0] <= supply * (1.0 + 1e-6)


def test_donors_that_vanish_give_more_than_their_range_as_fast_as_their_anions_leave() -> None:
    """Beyond the range of Cu(2-x)Se a donor gives nothing; where it vanishes it gives two Cu with each Se."""
    given = {"H_CdSe": -100.0, "log10_alpha_CdSe": 0.0, "log10_alpha_contact": 0.0, "E_Cu detachment to substrate": 0.3}
    draws = means("donors vanish", **given)
    particle = replace(fed_rod(draws, 20.0, 35.0), gap_nm=1.0)
    base, rates = Rates(particle, means(**given)), Rates(particle, draws)
    record = rates.records[0]
    past = state(exchanged=1.1 * record["capacity"] / record["metal_number"] / record["host"])
    assert base.speeds(past, HOT)[1, 0] == 0.0 < rates.speeds(past, HOT)[1, 0]
    ln_K = SUBLIMATION.gibbs(HOT, draws) - COPPER_EXCHANGE.gibbs(HOT, draws)
    ln_bar = -2.0 * ln_K / (R * HOT) + 4.0 * draws["selenide_cost_eV"] / (kB * HOT)
    left = 1.0 - 0.1 * record["capacity"] / (record["donor_copper"] - record["capacity"])
    flux = hertz_knudsen_per_nm2_s(bar_Pa(ln_bar), HOT, "Se2(g)")
    selenium = 2.0 * flux * 20.0 * np.pi * 7.0**2 * left ** (2.0 / 3.0)
    assert rates.exchange_steps(past, HOT)["supply"] == pytest.approx(selenium, rel=1e-3)


def test_the_beam_knocks_off_what_its_dose_says() -> None:
    draws = means("electron beam", log10_alpha_CdSe=-30.0, log10_dose_rate_nm2_s=4.0, log10_desorption_barn=2.0)
    rates = Rates(rod(35.0, 5.0), draws)
    expected = float(np.asarray(rates.particle.area_nm2)) * SITES_PER_NM2 * 1e4 * 1e2 * BARN_NM2
    assert rates.sublimation_per_s(state(), HOT)[0] == pytest.approx(expected)


def test_copper_that_the_beam_reduces_spreads_when_it_is_cold() -> None:
    cold = np.full(2, 300.0)
    supplies = []
    for dose in (-30.0, 4.0):
        draws = means("electron beam", log10_dose_rate_nm2_s=dose, log10_reduction_barn=3.0)
        supplies.append(Rates(fed_rod(draws, 20.0, 35.0), draws).exchange_steps(state(), cold)["supply"][0])
    assert supplies[0] < 1e-3 < supplies[1]


def test_residue_hinders_in_proportion() -> None:
    clean, dirty = (
        Rates(fed_rod(means(), 20.0, 35.0), means("carbon residue", log10_free_surface=free)) for free in (0.0, -1.0)
    )
    for step in ("desorption", "supply"):
        ratio = dirty.exchange_steps(state(), HOT)[step][0] / clean.exchange_steps(state(), HOT)[step][0]
        assert ratio == pytest.approx(0.1)
    assert dirty.sublimation_per_s(state(), HOT)[0] == pytest.approx(0.1 * clean.sublimation_per_s(state(), HOT)[0])
