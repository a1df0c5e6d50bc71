"""Thermochemistry: balance, measured vapour pressures, Hertz and Knudsen, and what replacing a value does."""

import numpy as np
import pytest
from scipy.constants import R, k

from nanokiln.analysis.clock.distributions import Distribution, draw
from nanokiln.analysis.clock.thermochemistry import (
    COPPER_EXCHANGE,
    PHOSPHIDE_TO_P2,
    congruent_pressure_Pa,
    difference,
    hertz_knudsen_per_nm2_s,
    mass_kg,
    pressure_Pa,
    reaction,
    thermochemical_inputs,
)

MEANS = {name: np.array([entry.mean]) for name, entry in thermochemical_inputs().items()}


def test_an_unbalanced_reaction_is_refused() -> None:
    with pytest.raises(ValueError, match="not balanced: -1 Cu"):
        reaction("wrong", CdSe=-1, Cu=-3, Cu2Se=1, Cd_g=1)


def test_congruent_vapour_obeys_mass_action_and_equal_fluxes() -> None:
    ln_K = np.array([-20.0])
    cadmium = congruent_pressure_Pa(ln_K) / 1e5
    ratio = np.sqrt(mass_kg("Se2(g)") / mass_kg("Cd(g)")) / 2
    assert np.log(cadmium * np.sqrt(ratio * cadmium)) == pytest.approx(ln_K)


def test_hertz_and_knudsen() -> None:
    expected = 1e-18 * 2.0 / np.sqrt(2 * np.pi * mass_kg("Cd(g)") * k * 600.0)
    assert hertz_knudsen_per_nm2_s(np.array([2.0]), 600.0, "Cd(g)")[0] == pytest.approx(expected, rel=1e-14)


def test_pressure_follows_van_t_hoff_and_the_activity() -> None:
    low, high = (pressure_Pa(COPPER_EXCHANGE, "Cd(g)", T, MEANS)[0] for T in (600.0, 600.1))
    slope = -np.log(high / low) / (1 / 600.1 - 1 / 600.0) * R
    free = [COPPER_EXCHANGE.gibbs(T, MEANS)[0] for T in (600.0, 600.1)]
    assert slope == pytest.approx(free[0] - 600.0 * (free[1] - free[0]) / 0.1, rel=1e-4)
    # The transition of Cu2Se lies in between: more heat is used up than at room temperature.
    assert slope > COPPER_EXCHANGE.enthalpy(MEANS)[0] + 6000.0
    poor = pressure_Pa(PHOSPHIDE_TO_P2, "P2(g)", 600.0, MEANS, 3 * np.log(0.1))[0]
    assert poor / pressure_Pa(PHOSPHIDE_TO_P2, "P2(g)", 600.0, MEANS)[0] == pytest.approx(1e6)


def test_a_replaced_value_moves_the_reaction_by_exactly_that() -> None:
    table, other = difference(COPPER_EXCHANGE, 600.0, {"Cu2Se": (-56.1, 129.7)})
    assert other - table == pytest.approx(10.0)
    with pytest.raises(ValueError, match="no species is called"):
        difference(COPPER_EXCHANGE, 600.0, {"CuSe9": (0.0, 0.0)})


@pytest.mark.parametrize("entry", [Distribution(value=3.0, sigma=0.5), Distribution(low=1.0, high=2.0)])
def test_draws_have_the_moments_of_their_distribution_and_doubling_doubles(entry: Distribution) -> None:
    columns = draw({"x": entry, "y": entry.widened(2.0)}, 4000, seed=3)
    assert columns["x"].mean() == pytest.approx(entry.mean, abs=4 * entry.deviation / 63)
    assert columns["x"].std() == pytest.approx(entry.deviation, rel=0.02)
    assert columns["y"].std() == pytest.approx(2 * entry.deviation, rel=0.02)


def test_a_distribution_is_one_kind_only() -> None:
    with pytest.raises(ValueError, match="either value"):
        Distribution(value=1.0, low=0.0, high=2.0)
