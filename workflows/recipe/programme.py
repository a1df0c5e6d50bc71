"""Thermal programmes: what the heating holder does, and the stages that simulate it."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from nanokiln.structures.schema.number_types import Number, Positive

BathKind = Literal["nose-hoover", "csvr", "langevin"]
Axes = Literal["stacking", "inplane", "all"]
Temperature = Annotated[Positive, Field(le=1e6)]  # far above what any potential means
NOTICED = 0.01  # what a rounding may change of what was asked without a word


class Settings(BaseModel):
    """The manner of every section of a recipe: frozen, and an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Bath(Settings):
    """A thermostat. Nose-Hoover and CSVR keep total momentum; Langevin drags and kicks every atom."""

    kind: BathKind = "csvr"
    damping_ps: Positive = 0.1


class Barostat(Settings):
    """Zero (or given) pressure along periodic axes: the `stacking` axis, the two `inplane` ones, or `all`."""

    pressure_bar: Number = 0.0
    axes: Axes = "stacking"
    damping_ps: Positive = 1.0


class _Step(Settings):
    bath: Bath | None = None
    barostat: Barostat | None = None


class Equilibrate(_Step):
    """Relax, then hold at one temperature until the potential energy is steady, or for `at_most_ps`.

    Steady: over the last `window_ps` the two halves of the potential energy agree within two standard errors,
    and the mean temperature is within 5 % of the target.
    """

    kind: Literal["equilibrate"]
    temperature_K: Temperature
    at_most_ps: Positive = 10.0
    window_ps: Positive = 2.0


class Ramp(_Step):
    """Move the bath steadily to `to_K`, up or down, at a rate that is always positive."""

    kind: Literal["ramp"]
    to_K: Temperature
    rate_K_per_ps: Positive


class Hold(_Step):
    """Keep the bath where it is."""

    kind: Literal["hold"]
    duration_ps: Positive


class Jump(_Step):
    """Set the bath to `to_K` at once, as a MEMS heater does on the time scale of atoms' neighbours, and hold."""

    kind: Literal["jump"]
    to_K: Temperature
    hold_ps: Positive


class Plateaus(_Step):
    """A series of temperatures, each reached by a ramp and held, as 300/350/400 C in the furnace holder."""

    kind: Literal["plateaus"]
    temperatures_K: Annotated[tuple[Temperature, ...], Field(min_length=1)]
    rate_K_per_ps: Positive
    hold_ps: Positive


Item = Annotated[Equilibrate | Ramp | Hold | Jump | Plateaus, Field(discriminator="kind")]


@dataclass(frozen=True)
class Stage:
    """One stretch of dynamics under one bath whose target goes from `start_K` to `stop_K` in `steps` steps.

    `window_steps` > 0 lets the stage end early, once it is steady; `asked_ps` is its length before it was rounded to
    whole frames.
    """

    name: str
    start_K: float
    stop_K: float
    steps: int
    bath: Bath
    barostat: Barostat | None
    window_steps: int = 0
    asked_ps: float = 0.0

    def target_K(self, step: int) -> float:
        """Return the bath's temperature `step` steps after the stage began."""
        return self.start_K + (self.stop_K - self.start_K) * min(max(step / self.steps, 0.0), 1.0)


@dataclass(frozen=True)
class _Leg:
    label: str
    start_K: float
    stop_K: float
    duration_ps: float
    window_ps: float = 0.0


def stages(
    items: tuple[Item, ...], *, timestep_ps: float, grain: int, bath: Bath, barostat: Barostat | None
) -> tuple[Stage, ...]:
    """Return the stages of a programme; durations are rounded to whole multiples of `grain` steps.

    ValueError for a stage shorter than that: it would be stretched.
    """
    out: list[Stage] = []
    now_K = 0.0
    for item in items:
        for leg in _legs(item, now_K):
            name = f"{len(out) + 1:02d}-{leg.label}-{leg.stop_K:g}K"
            steps = grain * max(1, round(leg.duration_ps / timestep_ps / grain))
            if leg.duration_ps < (1 - NOTICED) * grain * timestep_ps:
                raise ValueError(
                    f"programme: {name} would last {leg.duration_ps:g} ps, less than one frame of "
                    f"{grain * timestep_ps:g} ps: lengthen it, or write frames more often (output.frame_ps)"
                )
            window = grain * max(1, round(leg.window_ps / timestep_ps / grain)) if leg.window_ps else 0
            settings = (item.bath or bath, item.barostat or barostat)
            out.append(Stage(name, leg.start_K, leg.stop_K, steps, *settings, window, leg.duration_ps))
            now_K = leg.stop_K
    return tuple(out)


def _legs(item: Item, now_K: float) -> tuple[_Leg, ...]:
    match item:
        case Equilibrate():
            return (_Leg("equilibrate", item.temperature_K, item.temperature_K, item.at_most_ps, item.window_ps),)
        case Ramp():
            return _ramp(now_K, item.to_K, item.rate_K_per_ps)
        case Hold():
            return (_Leg("hold", now_K, now_K, item.duration_ps),)
        case Jump():
            return (_Leg("jump", item.to_K, item.to_K, item.hold_ps),)
        case Plateaus():
            legs: list[_Leg] = []
            for to_K in item.temperatures_K:
                legs += [*_ramp(now_K, to_K, item.rate_K_per_ps), _Leg("hold", to_K, to_K, item.hold_ps)]
                now_K = to_K
            return tuple(legs)


def _ramp(from_K: float, to_K: float, rate_K_per_ps: float) -> tuple[_Leg, ...]:
    """A ramp to where the bath already is takes no time."""
    return (_Leg("ramp", from_K, to_K, abs(to_K - from_K) / rate_K_per_ps),) if to_K != from_K else ()
