"""The inverse clock recovers known inputs, with intervals that cover them as often as they say."""

import numpy as np
import pytest

from nanokiln.analysis.clock.clock import default_inputs
from nanokiln.analysis.clock.clock_scene import run_scenes
from nanokiln.analysis.clock.distributions import draw
from nanokiln.analysis.clock.inference import (
    FEWEST,
    Observation,
    effective_samples,
    infer,
    likelihood,
    watched,
    weigh,
)
from nanokiln.analysis.clock.outcome import weighted_quantile
from nanokiln.analysis.experiment import load_experiment
from nanokiln.analysis.review2019.scenes import SCENES

SAMPLES = 1500
SEEN = [
    Observation(scene="CdSe-alone", temperature_C=450, watched="CdSe loss", seen="none"),
    Observation(scene="rod-ample", temperature_C=350, watched="product", seen="none"),
    Observation(scene="rod-ample", temperature_C=400, watched="product", seen="partial"),
    Observation(scene="sandwich", temperature_C=400, watched="P loss", seen="none"),
]


@pytest.fixture(scope="module")
def histories():
    return run_scenes(
        SCENES, ["CdSe-alone", "Cu3P-alone", "rod-ample", "sandwich"], draw(default_inputs(), SAMPLES, seed=3)
    )


def test_intervals_cover_the_truth_as_often_as_they_say(histories) -> None:
    """Each truth is a sample of the prior, its experiment is simulated, misreadings too, and the rest infers it."""
    random = np.random.default_rng(8)
    draws = histories["sandwich"].rates.draws
    names = ("log10_alpha_CdSe", "log10_alpha_contact", "H_Cu3P")
    chances = np.array(
        [
            [
                likelihood(o.model_copy(update={"seen": seen}), watched(o, histories[o.scene]))
                for seen in ("none", "partial", "complete")
            ]
            for o in SEEN
        ]
    )
    assert np.allclose(chances.sum(axis=1), 1.0)
    covered: dict[str, list[bool]] = {name: [] for name in names}
    for truth in range(SAMPLES):
        weights = np.ones(SAMPLES)
        for chance in chances:
            weights *= chance[random.choice(3, p=chance[:, truth])]
        weights[truth] = 0.0
        if effective_samples(weights) < FEWEST:  # `infer` refuses these
            continue
        for name in names:
            low, high = weighted_quantile(draws[name], (0.025, 0.975), weights)
            covered[name].append(bool(low <= draws[name][truth] <= high))
    for name in names:
        sigma = np.sqrt(0.95 * 0.05 / len(covered[name]))
        assert abs(np.mean(covered[name]) - 0.95) < 3 * sigma, name


def test_observations_narrow_what_they_are_about(histories) -> None:
    posterior = infer(SEEN[:1], histories)
    alpha = posterior.marginal("log10_alpha_CdSe")
    assert alpha.interval[1] < -1.0
    narrowed = dict(posterior.narrowed(30))
    assert narrowed["log10_alpha_CdSe"] < 0.7
    assert float(posterior.seen_again[0].rsplit(" ", 1)[1]) > 0.8


def test_the_evidence_of_two_observations_multiplies(histories) -> None:
    both = weigh(SEEN[:2], histories)
    product = weigh(SEEN[:1], histories) * weigh(SEEN[1:2], histories)
    assert both == pytest.approx(product / product.mean())
    assert effective_samples(np.ones(7)) == pytest.approx(7.0)


def test_nothing_observed_leaves_the_prior(histories) -> None:
    assert np.array_equal(weigh([], histories), np.ones(SAMPLES))


def test_too_few_samples_that_explain_the_facts_is_one_clear_error(histories) -> None:
    hot = Observation(scene="Cu3P-alone", temperature_C=400, watched="P loss", seen="complete")
    with pytest.raises(ValueError, match="effective samples explain"):
        infer([*SEEN, hot, SEEN[2].model_copy(update={"seen": "complete"})] * 3, histories)
    with pytest.raises(ValueError, match="no group of observations"):
        load_experiment("review2019").observations.of(["control"])


def test_the_shipped_facts_are_those_of_the_experiment(histories) -> None:
    review = load_experiment("review2019")
    ids = {fact.id for fact in review.table.facts}
    for observation in review.observations.of(["controls", "exchange"]):
        assert observation.scene in SCENES
        assert observation.rows
        assert set(observation.rows) <= ids
