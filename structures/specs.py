"""What a person may ask for: one pydantic model per kind of structure, units in the names, unknown keys refused."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from nanokiln.structures.phases import load_phase
from nanokiln.structures.relation import load_relation

Positive = Annotated[float, Field(gt=0)]


class _Spec(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class LayerSpec(_Spec):
    """One layer of a stack: a phase, its thickness, and the cuts that bound it (by label, such as Cd|Se)."""

    phase: str
    thickness_nm: Positive | None = None
    periods: Positive | None = Field(None, description="thickness in plane periods, c for (0001)")
    bottom: str | None = None
    top: str | None = None
    name: str | None = None

    @field_validator("phase")
    @classmethod
    def _known(cls, value: str) -> str:
        load_phase(value)
        return value

    @model_validator(mode="after")
    def _one_thickness(self) -> "LayerSpec":
        if (self.thickness_nm is None) == (self.periods is None):
            raise ValueError("give either thickness_nm or periods for a layer")
        return self


class _LayeredSpec(_Spec):
    """What stacks and plates have in common."""

    name: str
    relation: str = Field(description="orientation relation between the two phases, such as S1")
    layers: tuple[LayerSpec, ...] = Field(min_length=1)
    touch: Positive = Field(1.0, description="closest contact across an interface, in covalent radius sums")
    vacuum_nm: Positive = 1.0

    @field_validator("relation")
    @classmethod
    def _known(cls, value: str) -> str:
        load_relation(value)
        return value

    @model_validator(mode="after")
    def _phases_of_relation(self) -> "_LayeredSpec":
        relation = load_relation(self.relation)
        pair = (relation.substrate.name, relation.film.name)
        for layer in self.layers:
            if layer.phase not in pair:
                raise ValueError(f"relation {relation.name} joins {pair[0]} and {pair[1]}, not {layer.phase}")
        return self


class StackSpec(_LayeredSpec):
    """A stack of coherent layers, periodic in the plane, and along z too unless vacuum is asked for."""

    kind: Literal["stack"]
    max_strain: Positive = 0.08
    max_area_A2: Positive = 400.0
    max_twist_deg: Positive = 0.1
    film_share: Annotated[float, Field(ge=0, le=1)] = Field(1.0, description="part of the mismatch the film carries")
    repeats: tuple[Annotated[int, Field(ge=1)], Annotated[int, Field(ge=1)]] = (1, 1)
    registry: Literal["atop", "deep"] = "atop"
    along_z: Literal["periodic", "vacuum"] = "periodic"


class PlateSpec(_LayeredSpec):
    """A free hexagonal plate (or pillar) of unstrained layers, its side faces normal to planes of the substrate."""

    kind: Literal["plate"]
    across_nm: Positive = Field(description="distance between opposite side faces, taken to the nearest whole plane")
    side_plane: str = Field("(10-10)", description="plane of the substrate phase parallel to the first side face")
    charge: Literal["as-cut", "neutral"] = "neutral"
    least_bonds: int = Field(2, ge=0, description="atoms with fewer bonds inside their domain are trimmed")


Spec = Annotated[StackSpec | PlateSpec, Field(discriminator="kind")]


def as_plain(spec: BaseModel) -> dict[str, Any]:
    """Return a spec as plain data, defaults left out, as it would stand in a YAML file."""
    return spec.model_dump(mode="json", exclude_defaults=True)
