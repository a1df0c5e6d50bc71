"""The minutes clock: any heating programme, any particle, every uncertain input, solved by a stiff integrator.

All samples are integrated side by side, each with its own step, so that ten thousand of them take seconds.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from nanokiln.analysis.clock.barriers import barrier_inputs, kinetic_inputs
from nanokiln.analysis.clock.contents import Particle
from nanokiln.analysis.clock.distributions import Distribution, Draws
from nanokiln.analysis.clock.heating import ZERO_C_K, Heating
from nanokiln.analysis.clock.ode import Speed, integrate
from nanokiln.analysis.clock.rates import Rates
from nanokiln.analysis.clock.thermochemistry import elements, thermochemical_inputs

Array = NDArray[np.float64]
EXTENTS = ("sublimed", "exchanged", "P lost")
Rising = Literal["product", "CdSe loss", "P loss"]
RISING: tuple[Rising, ...] = ("product", "CdSe loss", "P loss")
LEVELS = (0.10, 0.50, 0.95)
CHUNK = 2500


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
    samples = len(next(iter(draws.values())))
    parts = []
    for start in range(0, samples, CHUNK):
        rows = slice(start, min(start + CHUNK, samples))
        some = {name: values[rows] for name, values in draws.items()}
        parts.append(
            _integrate(Rates(particle.of_samples(rows, samples), some, vacuum), heating, holder_K, points, rtol, levels)
        )
    edges = np.concatenate([[0.0], *[t + d * np.arange(1, points + 1) / points for t, d in _pieces(heating)]])
    rates = Rates(particle, draws, vacuum)
    extents, crossings = (np.concatenate(column, axis=2) for column in zip(*parts, strict=True))
    return History(particle, rates, heating, edges, heating.temperature_C(edges), extents, levels, crossings)


def rising_shares(extents: Array) -> Array:
    """Return the shares of `RISING`, first axis, from extents whose first axis is that of `EXTENTS`."""
    return np.stack([extents[1] / np.maximum(1.0 - extents[0], 1e-9), extents[0], extents[2]])


def _possible(extents: Array) -> Array:
    """Return extents within 0 and 1, and no more CdSe gone than there was."""
    within = np.clip(extents, 0.0, 1.0)
    within[:2] /= np.maximum(within[0] + within[1], 1.0)
    return within


def _pieces(heating: Heating) -> list[tuple[float, float]]:
    return list(zip(heating.minutes[:-1], np.diff(heating.minutes), strict=True))


def _integrate(
    rates: Rates, heating: Heating, holder_K: float, points: int, rtol: float, levels: tuple[float, ...]
) -> tuple[Array, Array]:
    """Return extents (times, 3, samples) and crossings (3, levels, samples) in noted minutes."""
    samples = len(rates.draws["holder"])
    out = [np.zeros((1, 3, samples))]
    crossings = np.full((len(RISING) * len(levels), samples), np.nan)
    hold = 10.0 ** rates.draws["log10_hold"]
    grid = np.linspace(0.0, 1.0, points + 1)
    wanted = np.array(levels)[:, None]

    def watch(extents: Array) -> Array:
        return np.asarray((rising_shares(extents)[:, None] - wanted).reshape(-1, extents.shape[1]))

    for (minutes, start_C, end_C), began in zip(heating.segments, heating.minutes, strict=False):
        seconds = 60.0 * minutes * (hold if start_C == end_C else np.ones(samples))
        speed = _speed(rates, seconds, ZERO_C_K + start_C + holder_K * rates.draws["holder"], end_C - start_C)
        states, at = integrate(speed, out[-1][-1], grid, rtol, rtol * 1e-2, True, _possible, watch)
        out.append(states[1:])
        crossings = np.where(np.isnan(crossings), began + minutes * at, crossings)
    return np.concatenate(out), crossings.reshape(len(RISING), len(levels), samples)


def _speed(rates: Rates, seconds: Array, base_K: Array, rise_K: float) -> Speed:
    """Return the speed along one piece of the programme, whose own time runs from 0 to 1."""

    def speed(tau: Array, extents: Array) -> Array:
        return seconds * rates.speeds(extents, np.maximum(base_K + rise_K * tau, 1.0))

    return speed
