import numpy as np
import pytest

from nanokiln.analysis.lattice.jumps import Hops, find_hops
from nanokiln.analysis.lattice.tracking import Occupation
from nanokiln.analysis.measure.hopping import FASTEST, rate_of


def walkers(rng: np.random.Generator, per_census: float, censuses: int, atoms: int = 60) -> Occupation:
    """Atoms on sites of their own that leave for a free site at random, `per_census` times between two censuses."""
    sites = atoms * 20
    where = np.arange(atoms)
    rows = np.full((censuses, sites), -1)
    for row in rows:
        row[where] = np.arange(atoms)
        for _ in range(rng.poisson(per_census * atoms)):
            free = np.setdiff1d(np.arange(sites), where)
            where[rng.integers(atoms)] = rng.choice(free)
    return Occupation(rows, np.ones(rows.shape, bool))


@pytest.mark.parametrize(("per_census", "censuses"), [(0.01, 8), (0.03, 30)])
def test_intervals_of_jump_rates_cover_the_truth_in_short_holds_too(per_census: float, censuses: int) -> None:
    rng = np.random.default_rng(0)
    rows = [rate_of(find_hops(walkers(rng, per_census, censuses)), 0.5, "Cu") for _ in range(120)]
    told = [row for row in rows if row.value is not None]
    assert len(told) > 100
    assert np.mean([row.value for row in told]) == pytest.approx(per_census / 0.5, rel=0.1)
    inside = np.mean([row.interval[0] <= per_census / 0.5 <= row.interval[1] for row in rows])
    assert inside >= 0.92


def test_what_the_censuses_do_not_resolve_is_a_lower_bound() -> None:
    rng = np.random.default_rng(1)
    truth = 3 * FASTEST
    row = rate_of(find_hops(walkers(rng, truth, 40)), 1.0, "Cu")
    assert row.value is None and row.interval[1] == float("inf") and "resolve up to 0.05 1/ps" in row.method
    assert 0.5 * truth < row.interval[0] < truth


def test_none_seen_is_an_upper_bound() -> None:
    none = np.empty(0, np.int64)
    row = rate_of(Hops(none, none, none, none, seated=300), 0.1, "Se")
    assert row.value is None and row.interval == (0.0, pytest.approx(0.1))
