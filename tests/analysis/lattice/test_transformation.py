import numpy as np
import pytest
from ase.units import kB
from scipy.optimize import brentq
from scipy.special import expit

from nanokiln.analysis.lattice.transformation import Progress, compute_transformation, crossing_K, fit_kissinger


def progress(rng, replicas: int, layers: int = 6, truth: float = 700.0) -> Progress:
    """Replicas that transform 15 K apart from one another, their layers another 8 K."""
    T = np.linspace(500, 900, 41)
    own = np.repeat(truth + rng.normal(0, 15, replicas), layers) + rng.normal(0, 8, replicas * layers)
    fraction = expit((T - own[:, None]) / 12) + rng.normal(0, 0.03, (len(own), len(T)))
    return Progress(T, fraction, np.repeat(np.arange(replicas), layers))


@pytest.mark.parametrize("replicas", [3, 6])
@pytest.mark.parametrize(("level", "truth"), [(0.5, 700.0), (0.1, None)])
def test_intervals_over_replicas_cover_the_truth(replicas: int, level: float, truth: float | None) -> None:
    """Onset as well as midpoint, of few replicas; the true onset is that of very many."""
    rng = np.random.default_rng(0)
    truth = truth or compute_transformation(progress(rng, 3000), "T10", level).value
    results = [compute_transformation(progress(rng, replicas), "T", level) for _ in range(150)]
    inside = np.mean([r.interval[0] < truth < r.interval[1] for r in results])
    assert 0.9 <= inside <= 0.99
    assert np.median([np.diff(r.interval)[0] for r in results]) < (90 if replicas == 3 else 40)


def test_a_replica_that_did_not_get_there_leaves_a_lower_bound() -> None:
    rng = np.random.default_rng(4)
    near, far = progress(rng, 2), progress(rng, 1, truth=1500)
    both = Progress(near.temperature_K, np.vstack([near.fraction, far.fraction]), np.repeat([0, 1, 2], 6))
    result = compute_transformation(both, "T50")
    assert result.value is None and 600 < result.interval[0] < 800 and result.interval[1] == float("inf")
    assert "2 of 3" in result.method


def test_one_replica_has_no_interval() -> None:
    result = compute_transformation(progress(np.random.default_rng(1), 1), "T50")
    assert result.value == pytest.approx(700, abs=60)
    assert result.interval is None and result.error is None and "no interval" in result.method


def test_what_is_not_reached_is_a_lower_bound() -> None:
    result = compute_transformation(progress(np.random.default_rng(2), 4, truth=1500), "T50")
    assert result.value is None and result.interval == (900.0, float("inf"))


def test_a_passing_fluctuation_is_no_onset() -> None:
    T = np.arange(10.0)
    assert crossing_K(T, np.array([0, 0.3, 0, 0, 0, 0.2, 0.4, 0.8, 1, 1]), 0.1) > 3


def exact(Ea: float, log_constant: float, rate: float) -> float:
    return brentq(lambda T: log_constant - Ea / (kB * T) - np.log(rate / T**2), 100, 1e4)


def test_kissinger_recovers_energy_and_flags_the_decades() -> None:
    rates = np.logspace(10, 12, 5)
    truth = np.array([exact(0.6, 22.0, r) for r in rates])
    rng = np.random.default_rng(3)
    fits = [fit_kissinger(rates, truth + rng.normal(0, 5, 5), np.full(5, 5.0)) for _ in range(60)]
    Ea = np.array([f.Ea_eV for f in fits])
    assert abs(Ea.mean() - 0.6) < 3 * Ea.std() / np.sqrt(60)
    assert 0.7 < np.mean([f.error_eV for f in fits]) / Ea.std() < 1.6
    slow = fits[0].temperature_at(1.0)
    assert slow.obtained == "extrapolated" and slow.decades == pytest.approx(10)
    assert slow.interval[0] < exact(0.6, 22.0, 1.0) < slow.interval[1]
    assert fits[0].temperature_at(1e11).obtained == "measured"


def test_too_few_rates_are_refused() -> None:
    with pytest.raises(ValueError, match="three ramp rates"):
        fit_kissinger(np.array([1e11, 2e11, 3e11]), np.array([700.0, 710, 720]), np.ones(3))
