"""What is known of the clock's inputs: the prior, the prior weighed by controls, or a posterior that was kept."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nanokiln.analysis.clock.clock_scene import OF_EACH_EXPERIMENT, Scenes, run_scenes
from nanokiln.analysis.clock.distributions import Distribution, Draws, draw
from nanokiln.analysis.clock.inference import Observations, effective_samples, infer
from nanokiln.analysis.clock.smc import systematic
from nanokiln.analysis.forecast.posterior_record import PosteriorRecord

CONTROLS = "controls"
POOL = 4000


@dataclass(frozen=True)
class Knowledge:
    """Samples of every input with their `weights` (None where equal), what they are worth, and where they come from."""

    draws: Draws
    weights: NDArray[np.float64] | None
    worth: float
    told: str


def of_prior(inputs: Mapping[str, Distribution], samples: int, seed: int) -> Knowledge:
    """Return samples of the stated distributions."""
    return Knowledge(draw(inputs, samples, seed), None, float(samples), "the stated ranges alone")


def of_controls(
    inputs: Mapping[str, Distribution], samples: int, seed: int, observations: Observations, scenes: Scenes
) -> Knowledge:
    """Return samples weighed by how well they explain the controls: particles alone, which did not change.

    The controls had a holder of their own, whose error says nothing of another. Few samples are drawn by weight from
    more of them, so that they are worth their number. ValueError: too few explain.
    """
    before = of_prior(inputs, max(samples, POOL), seed)
    seen = observations.of([CONTROLS])
    apart = draw({name: inputs[name] for name in OF_EACH_EXPERIMENT}, max(samples, POOL), seed + 1)
    posterior = infer(seen, run_scenes(scenes, sorted({one.scene for one in seen}), before.draws | apart))
    worth = effective_samples(posterior.weights)
    told = f"stated ranges and {len(seen)} controls that did not change"
    if samples >= POOL:
        return Knowledge(before.draws, posterior.weights, worth, f"{told}; {samples} samples are worth {worth:.0f}")
    chosen = systematic(posterior.weights / posterior.weights.sum(), samples, np.random.default_rng(seed))
    draws = {name: column[chosen] for name, column in before.draws.items()}
    worth = min(float(samples), worth)
    return Knowledge(draws, None, worth, f"{told}; {samples} samples are worth {worth:.0f}")


def of_record(record: PosteriorRecord, inputs: Mapping[str, Distribution], samples: int, seed: int) -> Knowledge:
    """Return samples of a posterior that was kept."""
    return Knowledge(record.sample(inputs, samples, seed), None, record.effective_samples, record.told)
