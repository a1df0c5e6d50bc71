import numpy as np
import pytest

from nanokiln.analysis.measure.pooled import pool_curves, pool_rows
from nanokiln.analysis.measured import Result, Series


def rows_of(values: np.ndarray, error: float) -> list[Result]:
    return [
        Result("D", v, "cm2/s", "measured", error, (v - 1.96 * error, v + 1.96 * error), quantity="D") for v in values
    ]


@pytest.mark.parametrize("runs", [2, 3, 6])
@pytest.mark.parametrize("between", [0.0, 2.0])
def test_intervals_cover_the_truth_whether_or_not_runs_differ_by_more_than_their_errors(
    runs: int, between: float
) -> None:
    rng = np.random.default_rng(0)
    inside = []
    for _ in range(400):
        found = pool_rows(rows_of(10 + rng.normal(0, between, runs) + rng.normal(0, 1, runs), 1.0), runs)
        inside.append(found.interval[0] <= 10 <= found.interval[1])
    assert np.mean(inside) >= 0.93


def test_the_better_run_counts_for_more() -> None:
    found = pool_rows([*rows_of(np.array([1.0]), 0.1), *rows_of(np.array([2.0]), 1.0)], 3)
    assert found.value == pytest.approx(1 + 1 / 101) and found.provenance["runs"] == 2
    assert "2 of 3 runs" in found.method


def test_what_cannot_be_negative_has_no_negative_bound() -> None:
    assert pool_rows(rows_of(np.array([1.0, 9.0]), 0.1), 2).interval[0] == 0.0
    assert pool_rows(rows_of(np.array([-1.0, 9.0]), 0.1), 2).interval[0] < 0.0


def test_a_run_with_a_bound_only_leaves_no_value() -> None:
    bound = Result("D", None, "cm2/s", "measured", interval=(0.0, 3.0), quantity="D")
    found = pool_rows([*rows_of(np.array([1.0, 1.2]), 0.1), bound], 3)
    assert found.value is None and found.interval == (0.0, 3.0) and "1 of 3" in found.method


def test_bands_hold_the_mean_curve_and_a_run_without_it_counts_as_zero() -> None:
    x, rng = np.linspace(300, 900, 20), np.random.default_rng(1)
    inside = []
    for _ in range(200):
        shares = [np.clip((x - 300) / 600, 0, 1) + rng.normal(0, 0.1) for _ in range(4)]
        found = pool_curves([Series("s", "temperature_K", "K", x, y, "") for y in shares], 4)
        inside.append(abs(found.y[10] - np.interp(found.x[10], x, (x - 300) / 600)) < 1.96 * found.error[10])
    assert np.mean(inside) >= 0.92
    half = pool_curves([Series("s", "temperature_K", "K", x, np.ones(20), "")], 2)
    assert np.allclose(half.y, 0.5)
