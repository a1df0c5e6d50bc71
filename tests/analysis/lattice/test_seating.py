"""Seats cost as little in all as an exact solver of the whole problem says, and noise costs little time."""

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.sparse.csgraph import min_weight_full_bipartite_matching

from nanokiln.analysis.lattice.seating import cheapest_seats


def whole_problem(cost: np.ndarray, allowed: np.ndarray, outside: float) -> np.ndarray:
    """Everyone has a private place outside besides; scipy solves all at once."""
    people, places = cost.shape
    full = np.zeros((people, places + people))
    full[:, :places][allowed] = cost[allowed]
    full[np.arange(people), places + np.arange(people)] = outside
    row, column = min_weight_full_bipartite_matching(csr_array(full))
    out = np.full(people, -1)
    out[row] = np.where(column < places, column, -1)
    return out


@pytest.mark.parametrize("crowd", [0.5, 1.0, 2.0])
def test_seats_are_those_of_the_whole_problem(crowd: float) -> None:
    rng = np.random.default_rng(0)
    for _ in range(100):
        places = int(rng.integers(1, 30))
        people = max(int(crowd * places), 1)
        cost = rng.random((people, places)) + 1e-9
        allowed = rng.random((people, places)) < rng.random()
        outside = 1.2 * rng.random()
        start = np.concatenate([[0], np.cumsum(allowed.sum(axis=1))])
        found = cheapest_seats(start, np.nonzero(allowed)[1], cost[allowed], places, outside)
        assert found.tolist() == whole_problem(cost, allowed, outside).tolist()


def test_nobody_is_seated_without_places() -> None:
    nothing = np.zeros(0, dtype=np.int64)
    assert cheapest_seats(np.zeros(4, dtype=np.int64), nothing, np.zeros(0), 0, 1.0).tolist() == [-1, -1, -1]
