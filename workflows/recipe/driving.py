"""What drives a part of a model besides the bath: a hot spot, as a current makes it, and an electric field."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from nanokiln.structures.schema.number_types import Number, Positive
from nanokiln.workflows.recipe.programme import Settings

Axis = Literal["x", "y", "z"]
Share = Annotated[Number, Field(ge=0, le=1)]


class _Slab(Settings):
    """A slab across an axis; `share` says from where to where, in parts of the length of the model as it was built."""

    axis: Axis = "z"
    share: tuple[Share, Share]

    @model_validator(mode="after")
    def _has_a_width(self) -> "_Slab":
        if self.share[0] >= self.share[1]:
            raise ValueError(f"share: from low to high was expected, not {self.share[0]:g} to {self.share[1]:g}")
        return self

    def bounds_A(self, extent_A: tuple[tuple[float, float], ...]) -> tuple[float, float]:
        """Return where the slab begins and ends in a model that reaches from low to high along each axis."""
        low, high = extent_A["xyz".index(self.axis)]
        return low + self.share[0] * (high - low), low + self.share[1] * (high - low)


class HotSpot(_Slab):
    """Atoms that begin in the slab have a bath of their own, hotter by `above_bath_K` once equilibration is over."""

    above_bath_K: Positive
    damping_ps: Positive = 0.1


class ElectricField(_Slab):
    """A constant force on every atom that is in the slab: its formal charge (e) times `volt_per_nm` along the axis.

    `charges` are stated, by element; they do not feel each other, and the metal outside the slab screens the field. The
    model as a whole is held along the axis, as by its electrodes.
    """

    volt_per_nm: Number
    charges: dict[str, Number] = Field(min_length=1)
