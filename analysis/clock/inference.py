"""The inverse clock: what an experiment saw narrows what is not known.

A few observations weigh the samples of the prior by how well they explain what was seen; many leave too few of those
alive, and then the samples are led from prior to posterior in steps.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from nanokiln.analysis.clock.clock import History
from nanokiln.analysis.clock.clock_scene import Scenes, run_scenes
from nanokiln.analysis.clock.distributions import Distribution, Draws
from nanokiln.analysis.clock.outcome import COMPLETE_ABOVE, NONE_BELOW, Watched, summary
from nanokiln.analysis.clock.outcome import watched as watched_of
from nanokiln.analysis.clock.smc import Ensemble, temper
from nanokiln.analysis.measured import Result
from nanokiln.structures.schema.explain import faults
from nanokiln.structures.schema.number_types import Number
from nanokiln.structures.schema.plain_yaml import read_yaml

Array = NDArray[np.float64]
MISREAD = 0.02
EDGE = 0.02
FEWEST = 30.0


class Observation(BaseModel):
    """What was seen of a scene's particles after a hold: none, partial or complete; `rows` are the facts it repeats."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    scene: str
    temperature_C: Number
    watched: Watched
    seen: Literal["none", "partial", "complete"]
    none_below: Number = Field(default=NONE_BELOW, gt=0, lt=1)
    rows: tuple[str, ...] = ()

    def log_likelihood(self, history: History) -> Array:
        """Return the logarithm of how probable every sample makes it to see this, shape (samples,)."""
        return np.asarray(np.log(likelihood(self, watched(self, history))))

    def told(self, chance: Array, weights: Array) -> str:
        """Return in words what was seen, and how probable it is that the posterior sees it again."""
        again = float(np.average(np.exp(chance), weights=weights))
        what = f"{self.scene} at {self.temperature_C:g} C, {self.watched}: {self.seen}"
        return f"{what}; seen again with probability {again:.2f}"


class Sighting(Protocol):
    """Whatever was seen of the particles of a scene and can be weighed against what the clock's samples do."""

    @property
    def scene(self) -> str:
        """The scene whose particles were seen."""
        ...

    @property
    def rows(self) -> tuple[str, ...]:
        """The facts of an experiment that it repeats."""
        ...

    def log_likelihood(self, history: History) -> Array:
        """Return the logarithm of the likelihood of every sample, shape (samples,)."""
        ...

    def told(self, chance: Array, weights: Array) -> str:
        """Return in words what was seen and how well the posterior explains it, from the log-likelihoods there."""
        ...


class Observations(BaseModel):
    """Observations by group; the group `controls` holds those of particles that exchange nothing."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    groups: dict[str, tuple[Observation, ...]] = Field(default_factory=dict)

    def of(self, groups: Sequence[str]) -> tuple[Observation, ...]:
        """Return the observations of some groups; an unknown group is a ValueError that lists the known ones."""
        if unknown := [g for g in groups if g not in self.groups]:
            raise ValueError(f"no group of observations is called {unknown[0]!r}; there are: {', '.join(self.groups)}")
        return tuple(observation for group in groups for observation in self.groups[group])


def load_observations(path: Path) -> Observations:
    """Read observations; a file that breaks the schema is one ValueError."""
    data = read_yaml(path)
    try:
        return Observations.model_validate(data)
    except ValidationError as error:
        raise ValueError(f"{path} holds no observations: {'; '.join(faults(error, Observations))}") from error


def watched(observation: Observation, history: History) -> Array:
    """Return the share that an observation is about, at the end of its hold, shape (samples,)."""
    return np.asarray(watched_of(observation.watched, history)[history.at_plateau_end(observation.temperature_C)])


def likelihood(observation: Observation, share: Array) -> Array:
    """Return how probable it is to see what was seen, given the share: soft edges, and now and then a misreading."""
    past_none = 1.0 / (1.0 + np.exp(-np.clip((share - observation.none_below) / EDGE * 4, -60, 60)))
    past_partial = 1.0 / (1.0 + np.exp(-np.clip((share - COMPLETE_ABOVE) / EDGE * 4, -60, 60)))
    chance = {"none": 1.0 - past_none, "partial": past_none * (1 - past_partial), "complete": past_none * past_partial}
    return MISREAD / 3.0 + (1.0 - MISREAD) * chance[observation.seen]


def weigh(observations: Sequence[Sighting], histories: Mapping[str, History]) -> Array:
    """Return the weight of every sample, mean 1; equal weights when nothing is observed."""
    if not observations:
        return np.ones(next(iter(histories.values())).extents.shape[2])
    logarithm = np.sum([o.log_likelihood(histories[o.scene]) for o in observations], axis=0)
    weights = np.exp(logarithm - np.max(logarithm))
    return np.asarray(weights / weights.mean())


def effective_samples(weights: Array) -> float:
    """Return how many equally weighted samples the weighted ones are worth (Kish)."""
    return float(weights.sum() ** 2 / (weights**2).sum())


@dataclass(frozen=True)
class Posterior:
    """Weighted samples of the inputs after some observations, and whether they explain what was seen.

    `seen_again` says so for each, in words; `effective_samples` is what they are worth in equal and independent ones.
    """

    draws: Draws
    weights: Array
    observations: tuple[Sighting, ...]
    seen_again: tuple[str, ...]
    effective_samples: float
    prior: dict[str, float] = field(default_factory=dict)

    def marginal(self, name: str) -> Result:
        """Return median and 95 % interval of an input."""
        if name not in self.draws:
            raise ValueError(f"no input is called {name!r}")
        return summary(name, self.draws[name], "", self.weights, method=f"{len(self.observations)} observations")

    def narrowed(self, top: int = 10) -> list[tuple[str, float]]:
        """Return the inputs that the observations narrowed most: (name, posterior over prior standard deviation)."""
        ratios = []
        for name, column in self.draws.items():
            spread = self.prior.get(name, column.std())
            if spread > 0:
                mean = np.average(column, weights=self.weights)
                ratios.append((name, float(np.sqrt(np.average((column - mean) ** 2, weights=self.weights)) / spread)))
        return sorted(ratios, key=lambda pair: pair[1])[:top]


def infer(observations: Sequence[Sighting], histories: Mapping[str, History]) -> Posterior:
    """Return the posterior over every input; too few samples that explain the facts is a ValueError that says so."""
    weights = weigh(observations, histories)
    worth = effective_samples(weights)
    if worth < FEWEST:
        raise ValueError(
            f"only {worth:.0f} effective samples explain the observations, {FEWEST:.0f} are needed: draw more samples, "
            "or the observations contradict the inputs"
        )
    again = tuple(o.told(o.log_likelihood(histories[o.scene]), weights) for o in observations)
    return Posterior(next(iter(histories.values())).rates.draws, weights, tuple(observations), again, worth)


def infer_in_steps(
    observations: Sequence[Sighting],
    inputs: Mapping[str, Distribution],
    scenes: Scenes,
    samples: int = 800,
    seed: int = 1,
) -> Posterior:
    """Return the posterior of many observations at once, by tempering from the prior.

    ValueError: what is left is worth fewer than 30 independent samples, which is too few for an interval.
    """
    names = sorted({o.scene for o in observations})

    def terms(draws: Draws) -> Array:
        histories = run_scenes(scenes, names, draws)
        return np.stack([o.log_likelihood(histories[o.scene]) for o in observations])

    ensemble = temper(inputs, terms, samples, seed)
    worth = ensemble.effective_samples()
    if worth < FEWEST:
        raise ValueError(
            f"{samples} samples led through {len(ensemble.powers) - 1} steps are worth {worth:.0f} independent ones, "
            f"{FEWEST:.0f} are needed: give more samples, or the observations contradict the inputs"
        )
    return _posterior(observations, inputs, ensemble, worth)


def _posterior(
    observations: Sequence[Sighting], inputs: Mapping[str, Distribution], ensemble: Ensemble, worth: float
) -> Posterior:
    prior = {name: one.deviation for name, one in inputs.items()}
    weights = np.ones(ensemble.terms.shape[1])
    again = tuple(o.told(terms, weights) for o, terms in zip(observations, ensemble.terms, strict=True))
    return Posterior(ensemble.draws, weights, tuple(observations), again, worth, prior)
