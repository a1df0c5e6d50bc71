"""Uncertain inputs: normal, flat or exact, sampled together by Latin hypercube."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, model_validator
from scipy.stats import norm, qmc

Draws = dict[str, NDArray[np.float64]]


class Distribution(BaseModel):
    """What is known of a number: `value` and `sigma` (normal), `low` and `high` (flat), or `value` alone (exact)."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    value: float | None = None
    sigma: float | None = None
    low: float | None = None
    high: float | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> "Distribution":
        flat = self.low is not None and self.high is not None and self.value is None and self.sigma is None
        normal = self.value is not None and self.low is None and self.high is None
        if not flat and not normal:
            raise ValueError("give either value (and sigma) or low and high")
        if (self.sigma or 0.0) < 0 or (flat and self.high < self.low):  # type: ignore[operator]
            raise ValueError("sigma must not be negative, and low not above high")
        return self

    def __str__(self) -> str:
        """Return value and deviation, or the two ends."""
        if self.value is None:
            return f"{self.low:.4g} to {self.high:.4g}"
        return f"{self.value:.4g} ± {self.sigma:.2g}" if self.sigma else f"{self.value:.4g}"

    @property
    def mean(self) -> float:
        """The mean."""
        return self.value if self.value is not None else (self.low + self.high) / 2.0  # type: ignore[operator]

    @property
    def deviation(self) -> float:
        """The standard deviation."""
        return self.sigma or 0.0 if self.value is not None else (self.high - self.low) / 12.0**0.5  # type: ignore[operator]

    def quantile(self, share: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the values below which these shares of the distribution lie."""
        if self.value is not None:
            return self.value + (self.sigma or 0.0) * np.asarray(norm.ppf(share))
        return self.low + (self.high - self.low) * share  # type: ignore[operator]

    def log_density(self, at: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the logarithm of the density, up to a constant; outside a flat one it is -inf."""
        if self.value is not None:
            return -0.5 * ((at - self.value) / max(self.sigma or 0.0, 1e-300)) ** 2
        inside = (at >= self.low) & (at <= self.high)  # type: ignore[operator]
        return np.where(inside, 0.0, -np.inf)

    def widened(self, factor: float) -> "Distribution":
        """Return the same mean with the standard deviation times a factor."""
        if self.value is not None:
            return Distribution(value=self.value, sigma=(self.sigma or 0.0) * factor)
        half = (self.high - self.low) / 2.0 * factor  # type: ignore[operator]
        return Distribution(low=self.mean - half, high=self.mean + half)


def draw(inputs: Mapping[str, Distribution], samples: int, seed: int) -> Draws:
    """Return `samples` values of every input, shape (samples,), from one Latin hypercube, so that the same seed
    gives the same shares of each distribution whatever its width.

    >>> from nanokiln.analysis.clock import Distribution, draw
    >>> inputs = {"E": Distribution(value=1.0, sigma=0.1), "nu": Distribution(low=12, high=14)}
    >>> sample = draw(inputs, samples=1000, seed=1)
    >>> round(float(sample["E"].mean()), 3), round(float(sample["nu"].mean()), 3)
    (1.0, 13.0)
    """
    if samples < 1:
        raise ValueError(f"at least one sample is needed, not {samples}")
    shares = qmc.LatinHypercube(len(inputs), rng=np.random.default_rng(seed)).random(samples)
    return {name: inputs[name].quantile(shares[:, i]) for i, name in enumerate(sorted(inputs))}
