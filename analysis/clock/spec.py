"""One's own experiment for the clock: particles and heating as a YAML file, every key with its unit."""

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import yaml
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from nanokiln.analysis.clock.clock import History, default_inputs
from nanokiln.analysis.clock.clock_scene import ClockScene
from nanokiln.analysis.clock.contents import VOLUME_NM3, Particle, phosphide_particle, rod, sandwich, sphere_units
from nanokiln.analysis.clock.distributions import Distribution, Draws, draw
from nanokiln.analysis.clock.heating import Heating
from nanokiln.analysis.clock.outcome import (
    Plateau,
    capped,
    diffusion_check,
    exchanges,
    limiting_step,
    plateau_probabilities,
    sensitivity,
    summary,
    watched_share,
)
from nanokiln.analysis.measured import Result

Array = NDArray[np.float64]
Size = Annotated[float, Field(gt=0)]


class _ClockModel(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class HeatingSpec(_ClockModel):
    """A staircase: ramp to each plateau at one rate and hold it."""

    plateaus_C: tuple[float, ...] = Field(min_length=1)
    hold_min: Size
    rate_C_per_min: Size = 20.0

    def heating(self) -> Heating:
        """Return the programme."""
        return Heating.plateaus(list(self.plateaus_C), self.hold_min, self.rate_C_per_min)


class ClockParticle(_ClockModel):
    """A particle by kind and size; `donors` spheres of `donor` per particle lie `gap_nm` away."""

    name: str
    kind: Literal["rod", "sandwich", "janus", "phosphide"]
    diameter_nm: Size
    length_nm: Size = 35.0
    phosphide_share: Annotated[float, Field(gt=0, lt=1)] = 1.0 / 3.0
    donor: Literal["Cu2Se", "Cu"] = "Cu2Se"
    donors: Annotated[float, Field(ge=0)] = 0.0
    donor_diameter_nm: Size = 7.0
    gap_nm: Annotated[float, Field(ge=0)] = 0.0

    @property
    def about(self) -> str:
        """What the particle is, in a phrase."""
        fed = f" beside {self.donors:g} spheres of {self.donor}" if self.donors and self.kind == "rod" else ""
        return f"{self.kind} of {self.diameter_nm:g} nm{fed}"

    def scene_particle(self, _: Draws) -> Particle:
        """Return the particle, the same one in every sample."""
        return self.particle()

    def particle(self) -> Particle:
        """Return the particle of the clock."""
        if self.kind == "sandwich":
            return sandwich(self.diameter_nm, self.length_nm, self.phosphide_share)
        if self.kind in ("janus", "phosphide"):
            metal = float(np.asarray(sphere_units(self.diameter_nm, "Cu"))) if self.kind == "janus" else 0.0
            return phosphide_particle(self.diameter_nm, metal, nucleates=self.kind == "janus")
        bare = rod(self.length_nm, self.diameter_nm, self.name)
        if self.donors == 0:
            return bare
        return replace(
            bare,
            metal=float(self.donors * np.asarray(sphere_units(self.donor_diameter_nm, self.donor))),
            pool="selenide" if self.donor == "Cu2Se" else "metal",
            gap_nm=self.gap_nm,
            donors=self.donors,
            donor_radius_nm=self.donor_diameter_nm / 2.0,
        )


class ClockSpec(_ClockModel):
    """An experiment: heating, how wrong the holder may be, particles, and inputs that replace the shipped ones."""

    heating: HeatingSpec
    particles: tuple[ClockParticle, ...] = Field(min_length=1)
    holder_K: Annotated[float, Field(ge=0)] = 10.0
    samples: Annotated[int, Field(ge=10)] = 10_000
    seed: int = 1
    inputs: dict[str, Distribution] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _each_name_once(self) -> "ClockSpec":
        names = [one.name for one in self.particles]
        if twice := {name for name in names if names.count(name) > 1}:
            raise ValueError(f"particles need names of their own; given twice: {', '.join(sorted(twice))}")
        return self

    def scenes(self) -> dict[str, ClockScene]:
        """Return one scene per particle, by the particle's name."""
        heating = self.heating.heating()
        return {one.name: ClockScene(one.about, one.scene_particle, heating, self.holder_K) for one in self.particles}


def load_clock_spec(path: Path) -> ClockSpec:
    """Read an experiment; whatever is wrong is one ValueError that names the place."""
    try:
        spec = ClockSpec.model_validate(yaml.safe_load(path.read_text()))
    except (ValidationError, yaml.YAMLError) as error:
        raise ValueError(f"{path} is no experiment for the clock: {error}") from error
    if unknown := sorted(set(spec.inputs) - set(default_inputs())):
        raise ValueError(f"{path}: no input is called {unknown[0]!r}; there are: {', '.join(sorted(default_inputs()))}")
    return spec


@dataclass(frozen=True)
class Prediction:
    """What the clock says about one particle of an experiment."""

    name: str
    watched: str
    history: History
    share: Array

    @cached_property
    def plateaus(self) -> list[Plateau]:
        """Probabilities of none, partial and complete at the end of every hold."""
        return plateau_probabilities(self.history, self.share)

    @cached_property
    def temperatures(self) -> tuple[Result, ...]:
        """Onset (10 %), midpoint and completion (95 %) in C; the highest temperature stands for never."""
        levels = (("onset", 0.10), ("midpoint", 0.50), ("completion", 0.95))
        return tuple(
            summary(name, capped(self.history.crossing_C(self.share, level), self.history), "C")
            for name, level in levels
        )

    @cached_property
    def sensitivity(self) -> list[tuple[str, float]]:
        """The inputs that move the outcome most, by rank correlation."""
        return sensitivity(self.history, self.share[-1])

    @cached_property
    def limiting_step(self) -> dict[str, float]:
        """How probable it is that each step is the slowest, at the highest temperature; empty without an exchange."""
        return limiting_step(self.history, self._hottest_C) if exchanges(self.history) else {}

    @cached_property
    def diffusion_check(self) -> Result | None:
        """log10 of diffusion over reaction time at the highest temperature, None without an exchange."""
        return diffusion_check(self.history, self._hottest_C) if exchanges(self.history) else None

    @property
    def _hottest_C(self) -> float:
        return float(self.history.temperature_C.max())

    def volume_ratio(self) -> Array:
        """Return the volume of selenides over that of the start, (times, samples); a rod's length goes with it."""
        grown = VOLUME_NM3["Cu2Se"] / VOLUME_NM3["CdSe"]
        return self.history.cadmium_left + grown * self.history.converted

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON types: probabilities, temperatures, limiting step, sensitivities, and courses with time."""
        history = self.history
        columns = {"share": self.share, "Cd_left": history.cadmium_left, "volume_ratio": self.volume_ratio()}
        columns["P_left"] = history.phosphorus_left
        out: dict[str, Any] = {
            "name": self.name,
            "watched": self.watched,
            "plateaus": [plateau.to_json() | {"error": plateau.standard_error} for plateau in self.plateaus],
            "temperatures": [result.to_json() for result in self.temperatures],
            "sensitivity": self.sensitivity,
            "minutes": history.minutes.tolist(),
            "temperature_C": history.temperature_C.tolist(),
            "courses": {
                name: {
                    q: np.quantile(column, s, axis=1).tolist()
                    for q, s in (("low", 0.025), ("median", 0.5), ("high", 0.975))
                }
                for name, column in columns.items()
            },
        }
        if self.diffusion_check is not None:
            out["limiting_step"] = self.limiting_step
            out["diffusion_check"] = self.diffusion_check.to_json()
        return out


def predict(spec: ClockSpec) -> list[Prediction]:
    """Run every particle of an experiment with the same samples."""
    draws = draw({**default_inputs(), **spec.inputs}, spec.samples, spec.seed)
    scenes = spec.scenes()
    predictions = []
    for one in spec.particles:
        history = scenes[one.name].run(draws)
        watched, share = watched_share(history)
        predictions.append(Prediction(one.name, watched, history, share))
    return predictions
