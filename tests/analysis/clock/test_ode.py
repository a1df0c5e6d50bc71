"""The stiff integrator against exact solutions and against scipy, one system at a time."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from nanokiln.analysis.clock.ode import integrate


def test_decay_at_rates_over_ten_decades() -> None:
    rates = np.logspace(-4, 6, 40)
    at = np.linspace(0.0, 1.0, 11)
    out, _ = integrate(lambda tau, y: -rates * y, np.ones((1, 40)), at, rtol=1e-5, atol=1e-8)
    assert out[:, 0] == pytest.approx(np.exp(-np.outer(at, rates)), abs=1e-4)


def test_a_driven_system_follows_its_drive() -> None:
    at = np.linspace(0.0, 2.0, 9)
    out, _ = integrate(lambda tau, y: np.cos(3 * tau)[None] + 0 * y, np.zeros((1, 3)), at, rtol=1e-6, atol=1e-8)
    assert out[:, 0, 1] == pytest.approx(np.sin(3 * at) / 3, abs=1e-5)


def test_each_sample_is_what_scipy_gives_alone() -> None:
    """Robertson's kinetics, the classic stiff test, at several speeds side by side."""
    speeds = np.array([1.0, 30.0, 1000.0])

    def slope(tau: np.ndarray, y: np.ndarray, v: np.ndarray = speeds) -> np.ndarray:
        a, b, c = 0.04 * y[0], 1e4 * y[1] * y[2], 3e7 * y[1] ** 2
        return v * np.array([b - a, a - b - c, c])

    start = np.array([1.0, 0.0, 0.0])
    at = np.array([0.0, 0.4, 1.0])
    out, _ = integrate(slope, np.repeat(start[:, None], 3, axis=1), at, rtol=1e-5, atol=1e-9)
    for i, v in enumerate(speeds):
        alone = solve_ivp(
            lambda t, y, v=v: slope(t, y, v), (0, 1), start, method="Radau", t_eval=at, rtol=1e-8, atol=1e-11
        )
        assert pytest.approx(alone.y, abs=2e-5) == out[:, :, i].T


def test_an_event_is_found_where_it_is_whatever_times_are_looked_at() -> None:
    """exp(-k t) falls to a half at ln 2 / k; a sample that does not get there has none."""
    rates = np.array([0.1, 1.0, 3.0, 40.0])

    def fell_to_half(y: np.ndarray) -> np.ndarray:
        return 0.5 - y

    found = []
    for points in (2, 9, 301):
        at = np.linspace(0.0, 1.0, points)
        found.append(
            integrate(lambda tau, y: -rates * y, np.ones((1, 4)), at, rtol=1e-6, atol=1e-9, watch=fell_to_half)[1]
        )
    assert np.isnan(found[0][0, 0])
    assert found[0][0, 1:] == pytest.approx(np.log(2.0) / rates[1:], abs=2e-4)
    assert all(np.array_equal(one, found[0], equal_nan=True) for one in found)


def test_a_bounded_state_stays_where_it_can_be() -> None:
    def bounded(y: np.ndarray) -> np.ndarray:
        return np.clip(y, 0.0, 1.0)

    def speed(tau: np.ndarray, y: np.ndarray) -> np.ndarray:
        return 50.0 * (1.0 - y) / (abs(1.0 - y) + 0.005)

    at = np.linspace(0.0, 1.0, 65)
    free, _ = integrate(speed, np.zeros((1, 1)), at)
    held, _ = integrate(speed, np.zeros((1, 1)), at, bounded=bounded)
    assert free.max() > 1.0
    assert held.max() <= 1.0
    assert held[-1] == pytest.approx(1.0, abs=1e-3)
