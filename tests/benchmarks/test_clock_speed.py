"""The clock's own integrator beside scipy's, sample by sample, on the same sandwiches and staircase."""

import time

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from nanokiln.analysis.clock.clock import default_inputs, run_clock
from nanokiln.analysis.clock.distributions import draw
from nanokiln.analysis.clock.heating import ZERO_C_K
from nanokiln.analysis.clock.rates import Rates
from nanokiln.analysis.review2019.scenes import STAIRS, own_sandwich

pytestmark = pytest.mark.benchmark
SAMPLES, ALONE = 10_000, 10


def speed(tau: float, y: np.ndarray, rates: Rates, seconds: float, base_K: np.ndarray, rise_K: float) -> np.ndarray:
    return seconds * rates.speeds(y[:, None], base_K + rise_K * tau)[:, 0]


def one_by_one(samples: int) -> float:
    """Return the seconds that scipy's LSODA takes per sample."""
    draws = draw(default_inputs(), samples, seed=1)
    start = time.process_time()
    for i in range(samples):
        one = {name: column[i : i + 1] for name, column in draws.items()}
        rates = Rates(own_sandwich(one), one)
        state, offset = np.zeros(3), 10.0 * one["holder"]
        for minutes, low, high in STAIRS.segments:
            piece = (rates, 60.0 * minutes, ZERO_C_K + low + offset, high - low)
            state = solve_ivp(speed, (0, 1), state, args=piece, method="LSODA", rtol=1e-3, atol=1e-5).y[:, -1]
    return (time.process_time() - start) / samples


def test_ten_thousand_samples_side_by_side() -> None:
    draws = draw(default_inputs(), SAMPLES, seed=1)
    start = time.process_time()
    run_clock(own_sandwich(draws), STAIRS, draws)
    together = time.process_time() - start
    alone = one_by_one(ALONE)
    print(
        f"\n{SAMPLES} samples in {together:.1f} s of one core; one by one {alone * SAMPLES:.0f} s, "
        f"{alone * SAMPLES / together:.0f} times as long"
    )
