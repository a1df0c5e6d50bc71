"""From the prior to the posterior in steps that keep enough samples alive: tempering with moves.

Sequential Monte Carlo (P. Del Moral, A. Doucet, A. Jasra, J. R. Stat. Soc. B 68 (2006) 411): the likelihood is raised
to a power that grows to one; between the powers samples are drawn anew by their weights and moved by Metropolis steps
that leave the distribution of that power as it is.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular
from scipy.optimize import brentq
from scipy.stats import norm

from nanokiln.analysis.clock.distributions import Distribution, Draws

Array = NDArray[np.float64]
LogLikelihood = Callable[[Draws], Array]
KEPT = 0.5  # times the samples is what every step in power must leave effective
FORGOTTEN, MOST_MOVES = 0.5, 60  # samples move until nothing of where they began shows, or so often
FARTHEST = 5.0  # of a normal score, so that no quantile is infinite


@dataclass(frozen=True)
class Ensemble:
    """Equally weighted samples of the posterior: `draws` by input, `terms` (observations, samples) of the
    log-likelihood, `founders` (samples,) the samples of the prior they descend from, `powers`, `accepted` shares.

    `log_evidence` is the logarithm of the mean likelihood over the prior, `log_evidence_error` its standard error.
    """

    draws: Draws
    terms: Array
    founders: NDArray[np.intp]
    powers: tuple[float, ...]
    accepted: tuple[float, ...]
    log_evidence: float
    log_evidence_error: float

    def effective_samples(self) -> float:
        """Return how many independent samples these are worth, the median over the inputs.

        From how much families with one founder differ (A. Lee, N. Whiteley, Biometrika 105 (2018) 609): samples with a
        common founder are not independent, so that few families are worth few samples however many there are.
        """
        worth = []
        for column in self.draws.values():
            away = column - column.mean()
            if away.any():
                families = np.bincount(self.founders, away, minlength=len(away))
                worth.append(float(len(away) ** 2 * away.var() / max((families**2).sum(), 1e-300)))
        return float(np.median(np.minimum(worth, len(self.founders)))) if worth else float(len(self.founders))


def temper(
    inputs: Mapping[str, Distribution],
    log_likelihood: LogLikelihood,
    samples: int,
    seed: int,
    moves: int = 4,
    first: int | None = None,
    most_moves: int = MOST_MOVES,
) -> Ensemble:
    """Return samples of the posterior of independent inputs under `log_likelihood`, terms (observations, samples).

    `first` samples of the prior begin it, as many as `samples` without it: more find what is rare in the prior. From
    step to step samples move `moves` times, and go on until they have forgotten where they began or `most_moves` are
    made; the evidence is right on the average with any number, samples are independent only once they have forgotten.
    ValueError: fewer than twenty samples, or a likelihood that is zero for all of the prior.
    """
    if samples < 20:
        raise ValueError(f"tempering needs twenty samples or more, not {samples}")
    random = np.random.default_rng(seed)
    names = sorted(inputs)

    def drawn(scores: Array) -> Draws:
        return {name: inputs[name].quantile(norm.cdf(row)) for name, row in zip(names, scores, strict=True)}

    scores = np.clip(random.standard_normal((len(names), max(first or 0, samples))), -FARTHEST, FARTHEST)
    terms = log_likelihood(drawn(scores))
    if not np.isfinite(terms.sum(axis=0)).any():
        raise ValueError("no sample of the prior has a likelihood above zero")
    founders = np.arange(scores.shape[1])
    powers, accepted, reach, steps = [0.0], [], 0.5, []
    while powers[-1] < 1.0:
        powers.append(_next_power(terms.sum(axis=0), powers[-1], KEPT * samples))
        steps.append(mean_likelihood((powers[-1] - powers[-2]) * terms.sum(axis=0)))
        chosen = systematic(_weights(terms.sum(axis=0), powers[-1] - powers[-2]), samples, random)
        scores, terms, founders = scores[:, chosen], terms[:, chosen], founders[chosen]
        began = scores
        for done in range(most_moves):
            scores, terms, share = _move(scores, terms, powers[-1], reach, drawn, log_likelihood, random)
            accepted.append(share)
            reach = float(np.clip(reach * np.exp(share - 0.3), 0.05, 0.95))
            if done + 1 >= moves and _likeness(began, scores) < FORGOTTEN:
                break
    log_evidence = sum(logarithm for logarithm, _ in steps)
    error = _evidence_error([one for _, one in steps], founders)
    return Ensemble(drawn(scores), terms, founders, tuple(powers), tuple(accepted), log_evidence, error)


def mean_likelihood(log_likelihood: Array) -> tuple[float, float]:
    """Return the logarithm of the mean of a likelihood over samples, and its standard error by their scatter."""
    logs = np.where(np.isfinite(log_likelihood), log_likelihood, -np.inf)
    shares = np.exp(logs - logs.max())
    error = shares.std(ddof=1) / shares.mean() / np.sqrt(len(shares))
    return float(np.log(shares.mean()) + logs.max()), float(error)


def _evidence_error(steps: Sequence[float], founders: NDArray[np.intp]) -> float:
    """Return the larger of two errors of the logarithm of the evidence: that of independent samples at every step, and
    that of families, samples with a common founder not being independent (Lee and Whiteley)."""
    families = np.bincount(founders, minlength=len(founders)) / len(founders)
    kinship = float((families**2).sum() - 1.0 / len(founders))
    return float(max(np.sqrt(np.square(steps).sum()), np.sqrt(max(kinship, 0.0))))


def _likeness(before: Array, after: Array) -> float:
    """Return the largest correlation, over the inputs, between samples and what their moves have made of them."""
    before, after = (one - one.mean(axis=1, keepdims=True) for one in (before, after))
    size = np.sqrt((before**2).sum(axis=1) * (after**2).sum(axis=1))
    return float(np.max((before * after).sum(axis=1) / np.maximum(size, 1e-300)))


def _weights(total: Array, power: float) -> Array:
    logs = np.where(np.isfinite(total), power * total, -np.inf)
    weights = np.exp(logs - logs.max())
    return np.asarray(weights / weights.sum())


def _next_power(total: Array, power: float, kept: float) -> float:
    """Return the power that leaves that many samples effective, or one."""

    def excess(step: float) -> float:
        return float(1.0 / (_weights(total, step) ** 2).sum() - kept)

    rest = 1.0 - power
    return 1.0 if excess(rest) >= 0 else power + float(brentq(excess, 1e-9, rest, xtol=1e-6))


def systematic(weights: Array, number: int, random: np.random.Generator) -> NDArray[np.intp]:
    """Return the indices of a draw by weight with equally spaced pointers."""
    pointers = (np.arange(number) + random.random()) / number
    return np.minimum(np.searchsorted(np.cumsum(weights), pointers), len(weights) - 1)


def _move(
    scores: Array,
    terms: Array,
    power: float,
    reach: float,
    drawn: Callable[[Array], Draws],
    log_likelihood: LogLikelihood,
    random: np.random.Generator,
) -> tuple[Array, Array, float]:
    """Return samples after one Metropolis step each, and the share that was accepted.

    The proposal leaves a normal distribution with the samples' own means and covariance as it is (S. L. Cotter et al.,
    Stat. Sci. 28 (2013) 424), so only what the target adds to that is weighed.
    """
    mean, root = _reference(scores)
    noise = root @ random.standard_normal(scores.shape)
    proposed = np.clip(mean + np.sqrt(1.0 - reach**2) * (scores - mean) + reach * noise, -FARTHEST, FARTHEST)

    def beyond(at: Array, of: Array) -> Array:
        away = solve_triangular(root, at - mean, lower=True)
        normal = -0.5 * (at**2).sum(axis=0) + 0.5 * (away**2).sum(axis=0)
        return np.asarray(power * of.sum(axis=0) + normal)

    new = log_likelihood(drawn(proposed))
    with np.errstate(invalid="ignore"):
        gain = np.nan_to_num(beyond(proposed, new) - beyond(scores, terms), nan=-np.inf)
    taken = np.log(random.random(len(gain))) < gain
    return np.where(taken, proposed, scores), np.where(taken, new, terms), float(taken.mean())


def _reference(scores: Array) -> tuple[Array, Array]:
    """Return mean (inputs, 1) and a root of the covariance of samples, the prior's where they do not differ from it.

    What so few samples show by chance (below three of its errors) would only make moves short. Correlations are kept
    between those inputs that do differ.
    """
    count = scores.shape[1]
    mean, spread = scores.mean(axis=1), np.maximum(scores.std(axis=1), 0.02)
    told = (abs(mean) > 3.0 / count**0.5) | (abs(spread - 1.0) > 3.0 / (2.0 * count) ** 0.5)
    mean, spread = np.where(told, mean, 0.0), np.where(told, spread, 1.0)
    correlation = np.eye(len(scores))
    if told.sum() > 1:
        found = np.corrcoef(scores[told])
        correlation[np.ix_(told, told)] = np.where(abs(found) > 3.0 / count**0.5, found, 0.0)
    values, vectors = np.linalg.eigh(correlation)
    correlation = (vectors * np.maximum(values, 1e-3)) @ vectors.T
    return mean[:, None], np.asarray(np.linalg.cholesky(correlation * np.outer(spread, spread)))
