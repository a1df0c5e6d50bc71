"""The minutes clock: any heating programme, any particle, every uncertain input, solved by a stiff integrator.

Every sample is integrated on its own by compiled code, so that ten thousand of them take a second or two.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from nanokiln.analysis.clock.barriers import barrier_inputs, kinetic_inputs
from nanokiln.analysis.clock.contents import Particle
from nanokiln.analysis.clock.distributions import Distribution, Draws
from nanokiln.analysis.clock.heating import Heating
from nanokiln.analysis.clock.rate_law import integrate_samples
from nanokiln.analysis.clock.rates import Rates
from nanokiln.analysis.clock.thermochemistry import elements, thermochemical_inputs

Array = NDArray[np.float64]
EXTENTS = ("sublimed", "exchanged", "P lost")
Rising = Literal["product", "CdSe loss", "P loss"]
RISING: tuple[Rising, ...] = ("product", "CdSe loss", "P loss")
LEVELS = (0.10, 0.50, 0.95)


def default_inputs() -> dict[str, Distribution]:
    """Return every uncertain input of the clock."""
    return {**thermochemical_inputs(), **barrier_inputs(), **kinetic_inputs()}


@dataclass(frozen=True)
class History:
    """What the samples of a particle did: `extents` (times, 3, samples) against `minutes` and `temperature_C` (times,).

    Time and temperature are those the experimenter noted; the holder's error and longer holds are inside the samples.
    `crossings` (3, levels, samples) are the minutes at which each of `RISING` reached each of `levels`, located within
    the steps of the integrator and therefore the same whatever times are looked at; NaN where it never did.
    """

    particle: Particle
    rates: Rates
    heating: Heating
    minutes: Array
    temperature_C: Array
    extents: Array
    levels: tuple[float, ...]
    crossings: Array

    @property
    def converted(self) -> Array:
        """Share of the CdSe that became the product, (times, samples)."""
        return self.extents[:, 1]

    @property
    def cadmium_left(self) -> Array:
        """Share of the Cd still there."""
        return 1.0 - self.extents[:, 0] - self.extents[:, 1]

    @property
    def anion_left(self) -> Array:
        """Share of the Se still there."""
        return 1.0 - self.extents[:, 0]

    @property
    def phosphorus_left(self) -> Array:
        """Share of the P still there."""
        return 1.0 - self.extents[:, 2]

    def at_plateau_end(self, temperature_C: float) -> int:
        """Return the time index at the end of the hold at a temperature; a ValueError lists the holds there are."""
        holds = {end: i for i, end in self.heating.plateau_ends()}
        if temperature_C not in holds:
            raise ValueError(f"no hold at {temperature_C} C; there are {sorted(holds)}")
        per_segment = (len(self.minutes) - 1) // len(self.heating.segments)
        return (holds[temperature_C] + 1) * per_segment

    def crossing_C(self, what: Rising, level: float) -> Array:
        """Return the noted temperature at which a share reaches a level, NaN where it never does."""
        return self.heating.temperature_C(self.crossing_min(what, level))

    def crossing_min(self, what: Rising, level: float) -> Array:
        """Return the noted minutes at which a share reaches a level, NaN where it never does.

        ValueError: the run was not asked to look for this level.
        """
        if level not in self.levels:
            raise ValueError(f"the run looked for the shares {list(self.levels)}, not for {level:g}")
        return np.asarray(self.crossings[RISING.index(what), self.levels.index(level)])

    def ledger(self) -> dict[str, Array]:
        """Return atoms of every element in all solids and vapours over what there was at the start, minus one."""
        numbers: dict[str, Array] = {}

        def add(name: str, amount: Array) -> None:
            numbers[name] = numbers.get(name, np.zeros(self.extents[:, 0].shape)) + amount

        zero = np.zeros(self.extents[:, 0].shape)
        add("CdSe", zero + self.particle.host)
        add("Cu3P", zero + self.particle.phosphide)
        metal = self.rates.metal_name if self.particle.pool != "selenide" else "Cu2Se"
        add(metal, zero + self.particle.metal)
        start = _elements_of(numbers)
        for species, number in (("CdSe", -1.0), ("Cd(g)", 1.0), ("Se2(g)", 0.5)):
            add(species, number * self.extents[:, 0] * self.particle.host)
        for species, number in self.particle.exchange.numbers:
            add(species, number * self.extents[:, 1] * self.particle.host)
        for species, number in (("Cu3P", -1.0), ("Cu", 3.0), ("P2(g)", 0.5)):
            add(species, number * self.extents[:, 2] * self.particle.phosphide)
        end = _elements_of(numbers)
        return {element: end[element] / np.where(start[element] > 0, start[element], 1.0) - 1.0 for element in start}


def _elements_of(amounts: Mapping[str, Array]) -> dict[str, Array]:
    total: dict[str, Array] = {}
    for name, amount in amounts.items():
        for element, count in elements(name).items():
            total[element] = total.get(element, 0.0) + count * amount
    return {element: amount for element, amount in total.items() if np.any(amount > 0)}


def run_clock(
    particle: Particle,
    heating: Heating,
    draws: Draws,
    holder_K: float = 10.0,
    vacuum: bool = True,
    points: int = 16,
    rtol: float = 1e-3,
    levels: tuple[float, ...] = LEVELS,
) -> History:
    """Integrate a particle through a heating programme for every sample, `points` times per piece of the programme.

    The holder may be wrong by up to `holder_K`. Without `vacuum` nothing leaves. The state is three extents per sample,
    so elements are conserved whatever the tolerance. When a share reaches each of `levels` is located exactly.
    """
    rates = Rates(particle, draws, vacuum)
    hold, offset_K = 10.0 ** draws["log10_hold"], holder_K * draws["holder"]
    grid, programme, wanted = np.linspace(0.0, 1.0, points + 1), np.array(heating.segments), np.array(levels)
    extents, crossings = integrate_samples(rates.records, rates.heat, programme, hold, offset_K, grid, wanted, rtol)
    edges = np.concatenate([[0.0], *[t + d * grid[1:] for t, d in _pieces(heating)]])
    return History(particle, rates, heating, edges, heating.temperature_C(edges), extents, levels, crossings)


def _pieces(heating: Heating) -> list[tuple[float, float]]:
    return list(zip(heating.minutes[:-1], np.diff(heating.minutes), strict=True))
