"""The compiled integrator: crossings within its steps, whatever times are looked at (its states: test_clock)."""

import numpy as np
import pytest

from nanokiln.analysis.clock.clock import default_inputs
from nanokiln.analysis.clock.distributions import draw
from nanokiln.analysis.clock.rate_law import integrate_samples
from nanokiln.analysis.clock.rates import Rates
from nanokiln.analysis.review2019.scenes import RAMP, own_sandwich

LEVELS = np.array([0.1, 0.5, 0.95])


def run(points: int, rtol: float) -> tuple[np.ndarray, np.ndarray]:
    draws = draw(default_inputs(), 40, seed=3)
    rates = Rates(own_sandwich(draws), draws)
    grid, programme = np.linspace(0.0, 1.0, points + 1), np.array(RAMP.segments)
    hold, offset_K = 10.0 ** draws["log10_hold"], 30.0 * draws["holder"]
    return integrate_samples(rates.records, rates.heat, programme, hold, offset_K, grid, LEVELS, rtol)


def test_crossings_do_not_depend_on_where_the_course_is_read() -> None:
    (_, few), (_, many) = run(2, 1e-3), run(50, 1e-3)
    assert np.array_equal(few, many, equal_nan=True)


def test_crossings_lie_where_the_course_passes() -> None:
    extents, crossings = run(400, 1e-5)
    minutes = np.linspace(0.0, RAMP.minutes[-1], len(extents))
    shares = (extents[:, 1] / np.maximum(1.0 - extents[:, 0], 1e-9), extents[:, 0], extents[:, 2])
    for which, share in enumerate(shares):
        for i, level in enumerate(LEVELS):
            reached = np.isfinite(crossings[which, i])
            assert np.array_equal(reached, (share >= level).any(axis=0))
            first = minutes[np.argmax(share >= level, axis=0)]
            assert crossings[which, i][reached] == pytest.approx(first[reached], abs=1.01 * minutes[1])


def test_no_more_goes_than_there_was() -> None:
    extents, _ = run(8, 1e-2)
    assert extents.min() >= 0.0
    assert extents.max() <= 1.0
    assert (extents[:, 0] + extents[:, 1]).max() <= 1.0 + 1e-12
