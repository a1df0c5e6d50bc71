"""What the clock predicts for one's own particles: shares against time, when, why, and what a microscope would read."""

from dataclasses import dataclass, replace
from functools import cached_property
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nanokiln.analysis.clock.charts import Curves, Line, Stack, quantile_line
from nanokiln.analysis.clock.clock import History, Rising
from nanokiln.analysis.clock.outcome import (
    CHANGES,
    OUTCOMES,
    Plateau,
    Reach,
    changing,
    diffusion_check,
    exchanges,
    limiting_step,
    percent_of,
    plateau_probabilities,
    reached,
    reaches,
    sensitivity,
    watched,
)
from nanokiln.analysis.clock.spec import ClockSpec
from nanokiln.analysis.forecast.knowledge import Knowledge
from nanokiln.analysis.forecast.observables import observables_of
from nanokiln.analysis.measured import Result

Array = NDArray[np.float64]
BAND = (("low", 0.025), ("median", 0.5), ("high", 0.975))


@dataclass(frozen=True)
class Prediction:
    """What the clock says about one particle of an experiment; `weights` (samples,) where something is known of it."""

    name: str
    history: History
    weights: Array | None = None

    @property
    def what(self) -> Rising:
        """What changes."""
        return changing(self.history)

    @property
    def watched(self) -> str:
        """What changes, in words."""
        return CHANGES[self.what]

    @cached_property
    def share(self) -> Array:
        """The share that changes, (times, samples)."""
        return watched(self.what, self.history)

    @cached_property
    def plateaus(self) -> list[Plateau]:
        """Probabilities of none, partial and complete at the end of every hold."""
        return plateau_probabilities(self.history, self.share, self.weights)

    @cached_property
    def reaches(self) -> tuple[Reach, ...]:
        """Onset (10 %), midpoint and completion (95 %): the share of samples that never get there, and when."""
        return reaches(self.history, self.what, self.weights)

    @cached_property
    def chances(self) -> Array:
        """Probability of none, partial and complete against time, (3, times)."""
        weights = np.ones(self.share.shape[1]) if self.weights is None else self.weights
        state = reached(self.share)
        return np.asarray(np.stack([(state == i) @ weights for i in range(3)]) / weights.sum())

    @cached_property
    def sensitivity(self) -> list[tuple[str, float]]:
        """The inputs that move the outcome most, by rank correlation."""
        return sensitivity(self.history, self.share[-1], self.weights)

    @cached_property
    def limiting_step(self) -> dict[str, float]:
        """How probable it is that each step is the slowest, at the highest temperature; empty without an exchange."""
        return limiting_step(self.history, self._hottest_C, self.weights) if exchanges(self.history) else {}

    @cached_property
    def diffusion_check(self) -> Result | None:
        """log10 of diffusion over reaction time at the highest temperature, None without an exchange."""
        return diffusion_check(self.history, self._hottest_C) if exchanges(self.history) else None

    @property
    def _hottest_C(self) -> float:
        return float(self.history.temperature_C.max())

    @cached_property
    def courses(self) -> dict[str, Line]:
        """Median and 95 % band of the share and of all that a microscope would read, against the noted minutes."""
        columns = {"share": self.share, **observables_of(self.history)}
        return {name: quantile_line(name, self.history.minutes, c, self.weights) for name, c in columns.items()}

    def __repr__(self) -> str:
        """Return a line, not the numbers of all samples."""
        return f"Prediction({self.name!r}, {self.share.shape[1]} samples)"

    def _repr_html_(self) -> str:
        """Return the chances at the end of every hold for a notebook, and when."""
        head = "<tr><th>hold</th><th>none</th><th>partial</th><th>complete</th></tr>"
        lines = ((f"{one.temperature_C:g} °C", *map(percent_of, one.probabilities)) for one in self.plateaus)
        rows = (f"<tr>{''.join(f'<td>{cell}</td>' for cell in line)}</tr>" for line in lines)
        told = "".join(f"<p>{escape(one.words)}</p>" for one in self.reaches)
        return f"<table><caption>{escape(f'{self.name}: {self.watched}')}</caption>{head}{''.join(rows)}</table>{told}"

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON types: probabilities, when, limiting step, sensitivities, and courses with time."""
        history = self.history
        out: dict[str, Any] = {
            "name": self.name,
            "watched": self.watched,
            "plateaus": [plateau.to_json() | {"error": plateau.standard_error} for plateau in self.plateaus],
            "reaches": [one.to_json() for one in self.reaches],
            "sensitivity": self.sensitivity,
            "minutes": history.minutes.tolist(),
            "temperature_C": history.temperature_C.tolist(),
            "chances": dict(zip(OUTCOMES, self.chances.tolist(), strict=True)),
            "courses": {name: _told(line) for name, line in self.courses.items()},
        }
        if self.diffusion_check is not None:
            out["limiting_step"] = self.limiting_step
            out["diffusion_check"] = self.diffusion_check.to_json()
        return out

    def drawing(self) -> Stack:
        """Return the panels over one axis of minutes: chances, what would be read, and T(t) with its holds."""
        history, courses = self.history, self.courses
        chances = (Line(name, history.minutes, row) for name, row in zip(OUTCOMES, self.chances, strict=True))
        panels = [Curves(tuple(chances), "", "probability", (-0.02, 1.02))]
        fractions = tuple(line for name, line in courses.items() if name in ("Cd", "Cu", "Se", "P"))
        panels.append(Curves((replace(courses["share"], label=""),), "", self.watched, (-0.02, 1.02)))
        panels.append(Curves(fractions, "", "atom fraction", (-0.02, 1.02)))
        for name, title in (("length_nm", "length (nm)"), ("volume_ratio", "volume / start")):
            if name in courses:
                panels.append(Curves((replace(courses[name], label=""),), "", title))
        heat = Line("", history.heating.minutes, history.heating.temperatures_C)
        panels.append(Curves((heat,), "time (min)", "T (°C)"))
        ends = history.heating.minutes
        holds = tuple((float(ends[i]), float(ends[i + 1])) for i, _ in history.heating.plateau_ends())
        return Stack(tuple(panels), holds)


def _told(line: Line) -> dict[str, list[float | None]]:
    columns = zip(BAND, (line.low, line.y, line.high), strict=True)
    return {name: [float(v) if np.isfinite(v) else None for v in column] for (name, _), column in columns}  # type: ignore[union-attr]


def predict(spec: ClockSpec, known: Knowledge) -> list[Prediction]:
    """Run every particle of an experiment with the same samples of the inputs."""
    return [Prediction(name, scene.run(known.draws), known.weights) for name, scene in spec.scenes().items()]
