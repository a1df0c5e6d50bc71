"""What if: a campaign over one or two quantities of an experiment or inputs of the clock, each point with all its
uncertainty."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import product
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from nanokiln.analysis.clock.clock import default_inputs
from nanokiln.analysis.clock.distributions import Distribution
from nanokiln.analysis.clock.outcome import OUTCOMES, weighted_quantile
from nanokiln.analysis.clock.spec import ClockParticle, ClockSpec, HeatingSpec
from nanokiln.analysis.forecast.knowledge import Knowledge
from nanokiln.analysis.forecast.prediction import BAND, Prediction
from nanokiln.structures.schema.explain import faults

Array = NDArray[np.float64]
Know = Callable[[Mapping[str, Distribution]], Knowledge]
Tell = Callable[[int, int], None]
OF_HEATING = ("plateau_C", "hold_min", "rate_C_per_min")
OF_PARTICLE = tuple(n for n, f in ClockParticle.model_fields.items() if n not in ("name", "kind", "donor"))
OF_EXPERIMENT = (*OF_PARTICLE, *OF_HEATING, "holder_K")
OTHER_NAMES = {"thickness_nm": "length_nm", "distance_nm": "gap_nm"}
MOST_POINTS = 2000
DEFAULT = ("diameter_nm=3:8:10", "donors=3:300:10:log")
DEFAULT_SPEC = ClockSpec(
    heating=HeatingSpec(plateaus_C=(300.0, 350.0, 400.0), hold_min=15.0),
    particles=(ClockParticle(name="rod", kind="rod", diameter_nm=5.0, donors=40.0, gap_nm=5.0),),
)


@dataclass(frozen=True)
class Varied:
    """A quantity and the values that it takes; `scale` is how they are spread."""

    name: str
    values: tuple[float, ...]
    scale: Literal["linear", "log"] = "linear"


def varied(text: str) -> Varied:
    """Read NAME=LOW:HIGH:POINTS, NAME=LOW:HIGH:POINTS:log or NAME=A,B,C; ValueError says what was given.

    >>> from nanokiln.analysis.forecast import varied
    >>> varied("gap_nm=1:100:3:log").values, varied("hold_min=10,60").values
    ((1.0, 10.0, 100.0), (10.0, 60.0))
    """
    name, _, told = text.partition("=")
    name = OTHER_NAMES.get(name.strip(), name.strip())
    known = [*OF_EXPERIMENT, *OTHER_NAMES, *(n for n in default_inputs() if n not in OF_EXPERIMENT)]
    if name not in known:
        close = get_close_matches(name, known, n=1, cutoff=0.5)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        quantities = ", ".join((*OF_EXPERIMENT, *OTHER_NAMES))
        raise ValueError(f"cannot vary {name!r}{hint} There are {quantities}, and the inputs of the clock")
    wrong = ValueError(f"{text!r}: give {name}=LOW:HIGH:POINTS, {name}=LOW:HIGH:POINTS:log or {name}=A,B,C")
    try:
        parts = told.split(":")
        if len(parts) == 1:
            return Varied(name, tuple(float(v) for v in told.split(",")))
        low, high, points = float(parts[0]), float(parts[1]), int(parts[2])
    except (ValueError, IndexError):
        raise wrong from None
    spread = parts[3] if len(parts) == 4 else "linear"
    sound = np.isfinite([low, high]).all() and high > low and 2 <= points <= MOST_POINTS
    if spread not in ("linear", "log") or len(parts) > 4 or not sound or (spread == "log" and low <= 0.0):
        raise wrong
    found = np.geomspace(low, high, points) if spread == "log" else np.linspace(low, high, points)
    return Varied(name, tuple(float(f"{v:.6g}") for v in found), "log" if spread == "log" else "linear")


@dataclass(frozen=True)
class SweptPoint:
    """One point of a campaign: what was set, and what is predicted for the end of the programme."""

    at: tuple[float, ...]
    chances: tuple[float, float, float]
    share: tuple[float, float, float]
    anion_left: float
    midpoint_never: float


@dataclass(frozen=True)
class WhatIf:
    """A particle of an experiment at every combination of what is varied; `points` in the order of their product."""

    particle: str
    watched: str
    varied: tuple[Varied, ...]
    points: tuple[SweptPoint, ...]
    told: str

    def grid(self, of: Callable[[SweptPoint], float]) -> Array:
        """Return a number of every point, one axis per varied quantity."""
        return np.array([of(point) for point in self.points]).reshape([len(one.values) for one in self.varied])

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON types."""
        names = [one.name for one in self.varied]
        return {
            "particle": self.particle,
            "watched": self.watched,
            "inputs": self.told,
            "varied": {one.name: list(one.values) for one in self.varied},
            "points": [
                {
                    "at": dict(zip(names, point.at, strict=True)),
                    **dict(zip(OUTCOMES, point.chances, strict=True)),
                    "share": dict(zip((name for name, _ in BAND), point.share, strict=True)),
                    "anion_left": point.anion_left,
                    "midpoint_never": point.midpoint_never,
                }
                for point in self.points
            ],
        }


def sweep(spec: ClockSpec, particle: str, over: Sequence[Varied], know: Know, tell: Tell = lambda *_: None) -> WhatIf:
    """Run one particle of an experiment at every combination of one or two varied quantities.

    `know` gives samples of the inputs; ValueError: no such particle, too many points, or a value that cannot be.
    """
    if particle not in (names := [one.name for one in spec.particles]):
        raise ValueError(f"no particle is called {particle!r}; there are: {', '.join(names)}")
    if len({one.name for one in over}) != len(over) or not 1 <= len(over) <= 2:
        raise ValueError("vary one quantity, or two different ones")
    combinations = list(product(*(one.values for one in over)))
    if len(combinations) > MOST_POINTS:
        raise ValueError(f"{len(combinations)} points are too many: {MOST_POINTS} at most")
    points: list[SweptPoint] = []
    watched, told = "", ""
    known: Knowledge | None = None
    for done, at in enumerate(combinations):
        tell(done, len(combinations))
        changes = dict(zip((one.name for one in over), at, strict=True))
        # Gap and share of phosphide are also inputs, those of the review's scenes: here the experiment's own are meant.
        fixed = {name: Distribution(value=v) for name, v in changes.items() if name not in OF_EXPERIMENT}
        if known is None or fixed:
            known = know(default_inputs() | spec.inputs | fixed)
        changed = _changed(spec, particle, {n: v for n, v in changes.items() if n not in fixed})
        prediction = Prediction(particle, changed.scenes()[particle].run(known.draws), known.weights)
        points.append(_point(at, prediction))
        watched, told = prediction.watched, known.told
    tell(len(combinations), len(combinations))
    return WhatIf(particle, watched, tuple(over), tuple(points), told)


def _point(at: tuple[float, ...], prediction: Prediction) -> SweptPoint:
    history, weights = prediction.history, prediction.weights
    low, middle, high = weighted_quantile(prediction.share[-1], tuple(s for _, s in BAND), weights)
    none, partial, complete = prediction.chances[:, -1]
    left = weighted_quantile(history.anion_left[-1], (0.5,), weights)[0]
    share = (float(low), float(middle), float(high))
    return SweptPoint(
        at, (float(none), float(partial), float(complete)), share, float(left), prediction.reaches[1].never
    )


def _changed(spec: ClockSpec, particle: str, changes: Mapping[str, float]) -> ClockSpec:
    """Return the experiment with one particle, its quantities and its programme changed, checked like a file."""
    told = spec.model_dump(exclude={"inputs"})
    chosen = next(one for one in told["particles"] if one["name"] == particle)
    told["particles"] = [chosen]
    for name, value in changes.items():
        if name == "plateau_C":
            told["heating"]["plateaus_C"] = (value,)
        elif name in OF_HEATING:
            told["heating"][name] = value
        elif name == "holder_K":
            told[name] = value
        else:
            chosen[name] = value
    try:
        return ClockSpec.model_validate({name: value for name, value in told.items() if name in ClockSpec.model_fields})
    except ValidationError as error:
        raise ValueError(f"a value that is swept cannot be: {'; '.join(faults(error, ClockSpec))}") from error
