"""One's own experiment for the clock: particles and heating as a YAML file, every key with its unit."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from nanokiln.analysis.clock.clock import default_inputs
from nanokiln.analysis.clock.clock_scene import ClockScene
from nanokiln.analysis.clock.contents import Particle, phosphide_particle, rod, sandwich, sphere_units
from nanokiln.analysis.clock.distributions import Distribution, Draws
from nanokiln.analysis.clock.heating import Heating
from nanokiln.structures.schema.explain import faults
from nanokiln.structures.schema.number_types import Integer, NonNegative, Number, Ordinal, Positive
from nanokiln.structures.schema.plain_text import Line
from nanokiln.structures.schema.plain_yaml import read_yaml

Celsius = Annotated[Number, Field(gt=-273.15, le=5000)]
Size = Annotated[Positive, Field(le=1e6)]


class _ClockModel(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class HeatingSpec(_ClockModel):
    """A staircase: ramp to each plateau at one rate and hold it."""

    plateaus_C: tuple[Celsius, ...] = Field(min_length=1, max_length=1000)
    hold_min: Size
    rate_C_per_min: Size = 20.0

    def heating(self) -> Heating:
        """Return the programme."""
        return Heating.plateaus(list(self.plateaus_C), self.hold_min, self.rate_C_per_min)


class ClockParticle(_ClockModel):
    """A particle by kind and size; `donors` spheres of `donor` per particle lie `gap_nm` away."""

    name: Line
    kind: Literal["rod", "sandwich", "janus", "phosphide"]
    diameter_nm: Size
    length_nm: Size = 35.0
    phosphide_share: Annotated[Number, Field(gt=0, lt=1)] = 1.0 / 3.0
    donor: Literal["Cu2Se", "Cu"] = "Cu2Se"
    donors: NonNegative = 0.0
    donor_diameter_nm: Size = 7.0
    gap_nm: NonNegative = 0.0

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
    holder_K: NonNegative = 10.0
    samples: Annotated[Integer, Field(ge=10, le=1_000_000)] = 10_000
    seed: Ordinal = 1
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
    data = read_yaml(path)
    if not isinstance(data, dict):
        raise ValueError(f"{path}: an experiment for the clock is a mapping of keys such as heating and particles")
    try:
        spec = ClockSpec.model_validate(data)
    except ValidationError as error:
        raise ValueError(f"{path} is no experiment for the clock: {'; '.join(faults(error, ClockSpec))}") from error
    if unknown := sorted(set(spec.inputs) - set(default_inputs())):
        raise ValueError(f"{path}: no input is called {unknown[0]!r}; there are: {', '.join(sorted(default_inputs()))}")
    return spec
