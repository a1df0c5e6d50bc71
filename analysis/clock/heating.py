"""Heating programmes of an experiment: ramps and holds in minutes, and how wrong the holder may be."""

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.constants import zero_Celsius

Array = NDArray[np.float64]
ZERO_C_K = zero_Celsius


@dataclass(frozen=True)
class Heating:
    """T(t) as straight pieces between `knots` of (minutes since start, temperature in C).

    Times must rise and temperatures lie above absolute zero, or it is a ValueError.
    """

    knots: tuple[tuple[float, float], ...]

    def __post_init__(self) -> None:
        """Check the knots."""
        times = [t for t, _ in self.knots]
        if len(times) < 2 or any(b <= a for a, b in pairwise(times)):
            raise ValueError(f"a heating programme needs two or more rising times in minutes, not {times}")
        if min(T for _, T in self.knots) <= -ZERO_C_K:
            raise ValueError("a temperature of a heating programme lies below absolute zero")

    @classmethod
    def plateaus(
        cls, temperatures_C: list[float], hold_min: float, rate_C_per_min: float, start_C: float = 25.0
    ) -> "Heating":
        """Return a staircase: ramp to each temperature at one rate and hold it.

        >>> from nanokiln.analysis.clock import Heating
        >>> stairs = Heating.plateaus([300, 350], hold_min=10, rate_C_per_min=25)
        >>> stairs.minutes.tolist(), float(stairs.temperature_C(12.0))
        ([0.0, 11.0, 21.0, 23.0, 33.0], 300.0)
        """
        if hold_min <= 0 or rate_C_per_min <= 0:
            raise ValueError(f"hold and rate must be positive, not {hold_min} min and {rate_C_per_min} C/min")
        knots = [(0.0, start_C)]
        for temperature in temperatures_C:
            ramp = abs(temperature - knots[-1][1]) / rate_C_per_min
            if ramp > 0:
                knots.append((knots[-1][0] + ramp, temperature))
            knots.append((knots[-1][0] + hold_min, temperature))
        return cls(tuple(knots))

    @classmethod
    def ramp(cls, end_C: float, rate_C_per_min: float, start_C: float = 25.0, pieces: int = 1) -> "Heating":
        """Return one ramp, cut into equal pieces where its course is to be followed closely."""
        shares = np.linspace(0.0, 1.0, pieces + 1)
        span = end_C - start_C
        return cls(tuple((float(span / rate_C_per_min * s), float(start_C + span * s)) for s in shares))

    @cached_property
    def minutes(self) -> Array:
        """Times of the knots."""
        return np.array([t for t, _ in self.knots])

    @cached_property
    def temperatures_C(self) -> Array:
        """Temperatures of the knots."""
        return np.array([T for _, T in self.knots])

    def temperature_C(self, minutes: Array | float) -> Array:
        """Return the temperature at a time; before and after the programme it stays what it is at the ends."""
        return np.asarray(np.interp(minutes, self.minutes, self.temperatures_C))

    @property
    def segments(self) -> list[tuple[float, float, float]]:
        """Return (minutes, start C, end C) of every piece."""
        return [(b - a, s, e) for (a, s), (b, e) in pairwise(self.knots)]

    def plateau_ends(self) -> list[tuple[int, float]]:
        """Return (segment index, temperature C) of every hold."""
        return [(i, end) for i, (_, start, end) in enumerate(self.segments) if start == end]
