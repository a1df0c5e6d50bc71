"""Tempering reaches the exact posterior of a problem that has one, and says what its samples are worth."""

import numpy as np
import pytest

from nanokiln.analysis.clock.distributions import Distribution, Draws
from nanokiln.analysis.clock.smc import MOST_MOVES, mean_likelihood, temper

PRIOR = {"x": Distribution(value=1.0, sigma=2.0), "y": Distribution(low=0.0, high=1.0), "z": Distribution(value=3.0)}
SEEN, NOISE = -2.5, 0.2


def seen(draws: Draws) -> np.ndarray:
    return np.stack([-0.5 * ((draws["x"] - SEEN) / NOISE) ** 2])


def test_the_posterior_of_a_normal_prior_is_the_normal_one_of_the_textbook() -> None:
    """Precisions add: variance 1/(1/4 + 1/0.04), mean weighted by them; twelve ensembles against it in sigmas."""
    variance = 1.0 / (1.0 / 4.0 + 1.0 / NOISE**2)
    mean = variance * (1.0 / 4.0 + SEEN / NOISE**2)
    ensembles = [temper(PRIOR, seen, 200, seed) for seed in range(12)]
    means = np.array([e.draws["x"].mean() for e in ensembles])
    worth = np.array([e.effective_samples() for e in ensembles])
    assert abs(means.mean() - mean) < 4 * means.std(ddof=1) / np.sqrt(12)
    # What an ensemble says it is worth must not be more than the scatter between ensembles shows, within that test.
    scatter = means.var(ddof=1) / variance
    assert np.median(worth) < 2.5 / scatter
    assert 0.7 < np.mean([e.draws["x"].var() for e in ensembles]) / variance < 1.3


def test_more_samples_of_the_prior_find_what_is_rare_in_it() -> None:
    """Two peaks, one in a thousandth of the prior and a thousand times as high: half of the evidence each."""

    def peaks(draws: Draws) -> np.ndarray:
        return np.stack([np.where(draws["y"] < 0.001, np.log(1000.0), 0.0)])

    exact = np.log(2.0 - 0.001)
    many = [temper(PRIOR, peaks, 100, seed, first=8000).log_evidence for seed in range(8)]
    few = [temper(PRIOR, peaks, 100, seed).log_evidence for seed in range(8)]
    assert abs(np.mean(many) - exact) < 0.3
    assert abs(np.mean(few) - exact) > 0.3


@pytest.mark.parametrize("most_moves", [4, MOST_MOVES], ids=["few moves", "until forgotten"])
def test_the_evidence_of_a_normal_prior_is_that_of_the_textbook_within_its_own_error(most_moves: int) -> None:
    """Z = integral of N(x; 1, 2) exp(-(x - SEEN)^2/2/NOISE^2); the stated error covers what forty ensembles scatter."""
    total = 4.0 + NOISE**2
    exact = np.log(NOISE / np.sqrt(total)) - 0.5 * (1.0 - SEEN) ** 2 / total
    ensembles = [temper(PRIOR, seen, 200, seed, most_moves=most_moves) for seed in range(40)]
    found = np.array([e.log_evidence for e in ensembles])
    errors = np.array([e.log_evidence_error for e in ensembles])
    assert abs(found.mean() - exact) < 4 * found.std(ddof=1) / np.sqrt(40)
    assert 0.5 < errors.mean() / found.std(ddof=1) < 3.0
    assert np.mean(abs(found - exact) < 2 * errors) > 0.85


def test_plain_sampling_of_the_prior_gives_the_same_evidence() -> None:
    total = 4.0 + NOISE**2
    exact = np.log(NOISE / np.sqrt(total)) - 0.5 * (1.0 - SEEN) ** 2 / total
    x = 1.0 + 2.0 * np.random.default_rng(1).standard_normal((200, 2000))
    pairs = [mean_likelihood(-0.5 * ((row - SEEN) / NOISE) ** 2) for row in x]
    found, errors = np.array(pairs).T
    assert abs(np.log(np.exp(found).mean()) - exact) < 0.03
    assert errors.mean() == pytest.approx(found.std(ddof=1), rel=0.2)


def test_a_model_that_predicts_worse_has_less_evidence_by_the_known_factor() -> None:
    """Twice the prior's width halves the evidence of what lies in its middle."""
    wide = PRIOR | {"x": Distribution(value=SEEN, sigma=4.0)}
    narrow = PRIOR | {"x": Distribution(value=SEEN, sigma=2.0)}
    one, other = (temper(prior, seen, 600, 2) for prior in (narrow, wide))
    exact = 0.5 * np.log((16.0 + NOISE**2) / (4.0 + NOISE**2))
    error = np.hypot(one.log_evidence_error, other.log_evidence_error)
    assert abs(one.log_evidence - other.log_evidence - exact) < 3 * error


def test_what_is_not_seen_stays_the_prior() -> None:
    ensemble = temper(PRIOR, seen, 600, 3)
    error = np.sqrt(1 / 12 / ensemble.effective_samples())
    assert abs(ensemble.draws["y"].mean() - 0.5) < 4 * error
    assert np.all(ensemble.draws["z"] == 3.0)
    assert ensemble.powers[0] == 0.0
    assert ensemble.powers[-1] == 1.0
    assert np.all(np.diff(ensemble.powers) > 0)


def test_intervals_cover_the_truth_as_often_as_they_say() -> None:
    random = np.random.default_rng(5)
    covered = []
    for trial in range(60):
        truth = 1.0 + 2.0 * random.standard_normal()
        data = truth + NOISE * random.standard_normal()
        ensemble = temper(PRIOR, lambda d, data=data: np.stack([-0.5 * ((d["x"] - data) / NOISE) ** 2]), 120, trial)
        low, high = np.quantile(ensemble.draws["x"], (0.025, 0.975))
        covered.append(low <= truth <= high)
    assert abs(np.mean(covered) - 0.95) < 3.5 * np.sqrt(0.95 * 0.05 / len(covered))


def test_nothing_seen_needs_one_step_and_costs_no_sample() -> None:
    ensemble = temper(PRIOR, lambda d: np.zeros((1, len(d["x"]))), 100, 1)
    assert ensemble.powers == (0.0, 1.0)
    assert ensemble.effective_samples() > 50


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="twenty"):
        temper(PRIOR, seen, 5, 1)
    with pytest.raises(ValueError, match="no sample"):
        temper(PRIOR, lambda d: np.full((1, len(d["x"])), -np.inf), 50, 1)
