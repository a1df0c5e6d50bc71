"""Budgets and campaigns: copper, selenium and gold are counted exactly."""

import numpy as np
import pytest

from nanokiln.analysis.clock.contents import (
    VOLUME_NM3,
    contraction,
    copper_per_selenium,
    donors_per_rod,
    particles_given_up,
    product_volume_ratio,
    sphere_units,
    sufficient_phosphide_share,
)


def test_the_budget_of_equal_domains() -> None:
    """Two CdSe domains to one Cu3P: Cu/Se = (3/v(Cu3P)) / (2/v(CdSe))."""
    expected = 3 / VOLUME_NM3["Cu3P"] / (2 / VOLUME_NM3["CdSe"])
    assert copper_per_selenium(1 / 3) == pytest.approx(expected, rel=1e-12)
    assert particles_given_up(1 / 3) == pytest.approx(1 - expected / 2, rel=1e-12)
    enough = sufficient_phosphide_share()
    assert copper_per_selenium(enough) == pytest.approx(2.0, rel=1e-12)
    assert particles_given_up(enough) == pytest.approx(0.0, abs=1e-12)
    assert product_volume_ratio(enough) == pytest.approx((1 - enough) * (1 + contraction()), rel=1e-12)


def test_donors_give_exactly_the_copper_that_a_rod_needs() -> None:
    donors = donors_per_rod(35.0, 5.0, copper_given=0.1)
    copper = donors * 2 * sphere_units(7.0, "Cu2Se") * 0.1
    assert copper == pytest.approx(2 * np.pi / 4 * 25 * 35 / VOLUME_NM3["CdSe"], rel=1e-12)
