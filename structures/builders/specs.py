"""What a person may ask for: one pydantic model per kind of structure, units in the names, unknown keys refused."""

from typing import Annotated, Any, Literal

import numpy as np
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from nanokiln.structures.builders.contacts import short_contacts
from nanokiln.structures.builders.shapes import Shape
from nanokiln.structures.crystals.phases import PhaseSpec, resolve_phase
from nanokiln.structures.crystals.relation import RelationSpec, resolve_relation
from nanokiln.structures.schema.number_types import Count, Integer, Nanometres, Number, Ordinal, Positive
from nanokiln.structures.schema.plain_text import Line

Stoichiometry = Literal["as-cut", "neutral"] | dict[str, Positive]
Point = tuple[Number, Number, Number]
Repeat = Annotated[Count, Field(le=1000)]


class _Spec(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _sound(value: str | PhaseSpec) -> str | PhaseSpec:
    """Pass on a phase; ValueError where the crystal itself has atoms too close, before any cut is blamed for it."""
    phase = resolve_phase(value)
    if isinstance(value, str):
        return value
    atoms = phase.atoms()
    short = short_contacts(atoms)
    if len(short):
        worst = int(np.argmin(short.ratio))
        pair = f"{atoms.symbols[short.first[worst]]}-{atoms.symbols[short.second[worst]]}"
        raise ValueError(
            f"phase {phase.name}: in the crystal itself {pair} are {short.distance_A[worst]:.2f} A apart; check its "
            f"cell, and whether its sites are for another origin choice of {phase.spacegroup}"
        )
    return value


PhaseName = Annotated[str | PhaseSpec, AfterValidator(_sound)]
RelationName = Annotated[str | RelationSpec, AfterValidator(lambda value: (resolve_relation(value), value)[1])]


def _own_phase(layer: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """The phase of a layer that is called by its name, as it is described."""
    name = layer.get("phase")
    return {"phase": own[name]} if isinstance(name, str) and name in own else {}


class LayerSpec(_Spec):
    """One layer of a stack: a phase, its thickness, and the cuts that bound it (by label, such as Cd|Se)."""

    phase: PhaseName
    thickness_nm: Nanometres | None = None
    periods: Annotated[Positive, Field(le=10_000)] | None = Field(
        None, description="thickness in plane periods, c for (0001)"
    )
    bottom: str | None = None
    top: str | None = None
    name: Line | None = None
    stoichiometry: Stoichiometry | None = Field(
        None, description="as-cut, neutral, or the ratio to reach, {Cu: 2.8, P: 1}"
    )

    @model_validator(mode="after")
    def _one_thickness(self) -> "LayerSpec":
        if (self.thickness_nm is None) == (self.periods is None):
            raise ValueError("give either thickness_nm or periods for a layer")
        return self


class _LayeredSpec(_Spec):
    """What stacks and plates have in common."""

    name: Line
    relation: RelationName = Field(description="orientation relation between the two phases, such as S1")
    layers: tuple[LayerSpec, ...] = Field(min_length=1)
    touch: Positive = Field(1.0, description="closest contact across an interface, in covalent radius sums")
    vacuum_nm: Nanometres = 1.0

    @model_validator(mode="before")
    @classmethod
    def _phases_by_name(cls, data: Any) -> Any:
        """Let layers call a phase that the relation describes by its name."""
        relation, layers = (data.get(key) for key in ("relation", "layers")) if isinstance(data, dict) else (None, None)
        if not isinstance(relation, dict) or not isinstance(layers, list | tuple):
            return data
        told = relation.get("phases")
        own = {str(one.get("name")): one for one in told if isinstance(one, dict)} if isinstance(told, list) else {}
        named = (layer if not isinstance(layer, dict) else layer | _own_phase(layer, own) for layer in layers)
        return {**data, "layers": list(named)}

    @model_validator(mode="after")
    def _phases_of_relation(self) -> "_LayeredSpec":
        relation = resolve_relation(self.relation)
        pair = (relation.substrate.name, relation.film.name)
        for layer in self.layers:
            if resolve_phase(layer.phase).name not in pair:
                raise ValueError(
                    f"relation {relation.name} joins {pair[0]} and {pair[1]}, not {resolve_phase(layer.phase).name}"
                )
        return self


class StackSpec(_LayeredSpec):
    """A stack of coherent layers, periodic in the plane, and along z too unless vacuum is asked for."""

    kind: Literal["stack"]
    max_strain: Positive = 0.08
    max_area_A2: Positive = 400.0
    max_twist_deg: Positive = 0.1
    film_share: Annotated[Number, Field(ge=0, le=1)] | Literal["moduli"] = Field(
        1.0, description="part of the mismatch the film carries, or moduli for the least elastic energy"
    )
    poisson: bool = Field(False, description="let strained layers relax out of the plane, by their stiffness")
    repeats: tuple[Count, Count] = (1, 1)
    registry: Literal["atop", "deep"] = "atop"
    along_z: Literal["periodic", "vacuum"] = "periodic"


class PlateSpec(_LayeredSpec):
    """A free hexagonal plate (or pillar) of unstrained layers, its side faces normal to planes of the substrate."""

    kind: Literal["plate"]
    across_nm: Nanometres = Field(description="distance between opposite side faces, taken to the nearest whole plane")
    side_plane: str = Field("(10-10)", description="plane of the substrate phase parallel to the first side face")
    stoichiometry: Stoichiometry = "neutral"
    least_bonds: Ordinal = Field(2, description="atoms with fewer bonds inside their domain are trimmed")


class PartSpec(_Spec):
    """One crystal of a particle: its phase, its shape, how it lies, and the face of another part it grows on.

    Free parts stand along `axis` with their centre at `centre_nm`; attached parts (`host`) stand on a face, z outward.
    `plane` is normal to z and `direction` along x of that frame, unless a `relation` to the other part is given.
    """

    name: Line
    phase: PhaseName
    shape: Shape
    plane: str | None = None
    direction: str | None = None
    random_orientation: Ordinal | None = Field(None, description="seed of a random crystal orientation")
    axis: Point = (0.0, 0.0, 1.0)
    centre_nm: Point = (0.0, 0.0, 0.0)
    turn_deg: Number = Field(0.0, description="turn of the frame about its z")
    host: str | None = Field(None, description="name of the part whose face carries this one")
    face: Literal["top", "bottom", "side"] = "top"
    around_deg: Number = Field(0.0, description="where on the side: angle from x of the other part")
    along_nm: Number = Field(0.0, description="where on the side: height on the other part")
    relation: RelationName | None = None
    lift_nm: Number | None = Field(None, description="height of a round shape's centre above the face")
    keep_nm: tuple[Number, Number] | None = Field(None, description="slice of a round shape kept, from its centre")
    bottom: str | None = None
    top: str | None = None
    stoichiometry: Stoichiometry = "neutral"
    least_bonds: Ordinal = Field(2)

    @model_validator(mode="after")
    def _relation_needs_a_face(self) -> "PartSpec":
        if self.relation is not None and self.host is None:
            raise ValueError(f"part {self.name} has a relation but no `host`: say which part it grows on")
        if self.relation is not None and resolve_relation(self.relation).film.name != resolve_phase(self.phase).name:
            raise ValueError(f"part {self.name} is not the film of its relation: give that phase, or another relation")
        return self


class ClustersSpec(_Spec):
    """Small spheres scattered over the side of a part, each with a random crystal orientation."""

    name: Line
    phase: PhaseName
    host: str
    count: Annotated[Count, Field(le=1000)]
    diameters_nm: tuple[Nanometres, Nanometres] = Field(description="smallest and largest diameter")
    gap_nm: Nanometres = 0.5
    sunk: Annotated[Number, Field(ge=0, lt=1)] = Field(0.4, description="part of the radius below the face, cut off")
    seed: Ordinal = 1


class ParticleSpec(_Spec):
    """A free particle of one or several crystals, unstrained; where parts overlap, those listed first win."""

    kind: Literal["particle"]
    name: Line
    parts: tuple[PartSpec, ...] = Field(min_length=1)
    clusters: tuple[ClustersSpec, ...] = ()
    scale: Annotated[Positive, Field(le=1000)] = Field(
        1.0, description="multiplies every length of the parts (not of the clusters)"
    )
    touch: Positive = Field(1.0, description="closest contact across an interface, in covalent radius sums")
    vacuum_nm: Nanometres = 1.0

    @model_validator(mode="after")
    def _names_hang_together(self) -> "ParticleSpec":
        seen: list[str] = []
        for part in self.parts:
            if part.host is not None and part.host not in seen:
                raise ValueError(f"part {part.name} stands on {part.host!r}, which is not listed before it")
            if part.name in seen:
                raise ValueError(f"two parts are called {part.name!r}")
            seen.append(part.name)
        for clusters in self.clusters:
            if clusters.host not in seen:
                raise ValueError(
                    f"clusters {clusters.name} sit on {clusters.host!r}, but the parts are: {', '.join(seen)}"
                )
        return self


class ItemSpec(_Spec):
    """Particles of one kind in a scene: how many, how they lie, and where (randomly unless told)."""

    name: Line
    model: dict[str, Any] | str = Field(description="a model's spec or the name of a shipped one")
    count: Annotated[Count, Field(le=1000)] = 1
    pose: Literal["upright", "lying", "random"] = "upright"
    azimuth_deg: Number | None = Field(None, description="turn about the vertical; random when left out")
    at_nm: Point | None = None
    beside: str | None = Field(None, description="name of an item: slide up to it along `direction`, to gap_nm")
    direction: Point = (1.0, 0.0, 0.0)
    gap_nm: Nanometres | None = None

    @model_validator(mode="after")
    def _one_place(self) -> "ItemSpec":
        if self.at_nm is not None and self.beside is not None:
            raise ValueError(f"item {self.name}: give either at_nm or beside")
        return self


class SceneSpec(_Spec):
    """Several particles, apart from each other, on a floor or free, in a box with vacuum around."""

    kind: Literal["scene"]
    name: Line
    items: tuple[ItemSpec, ...] = Field(min_length=1)
    floor: bool = Field(True, description="every particle rests on the plane z = 0")
    box_nm: Point = Field((20.0, 20.0, 20.0), description="where randomly placed centres may lie")
    gap_nm: Nanometres = Field(0.6, description="least distance between atoms of different particles")
    seed: Ordinal = 1
    vacuum_nm: Nanometres = 1.0


class FileSpec(_Spec):
    """A structure from a file of one's own, and the labels it does not bring.

    `path` counts from the recipe's folder. `domains` are told by molecule-id, species, a column `label`, boxes by name
    (two corners each, nm, from the cell's corner), or all is one. A model of ours keeps its own labels.
    """

    kind: Literal["file"]
    name: Line = ""
    path: Line
    domains: Literal["one", "species", "molecule-id", "label"] | dict[str, tuple[Point, Point]] = "one"
    phases: str | dict[str, str] = Field("unknown", description="phase of all domains, or of each by its name")
    elements: tuple[str, ...] = Field((), description="elements of LAMMPS types 1, 2, ... where the file is silent")
    frame: Integer = Field(0, description="which frame of a file that has several; -1 is the last")
    periodic: tuple[bool, bool, bool] | None = Field(None, description="which axes repeat, where the file is wrong")
    repeat: tuple[Repeat, Repeat, Repeat] = (1, 1, 1)


Spec = Annotated[StackSpec | PlateSpec | ParticleSpec | SceneSpec | FileSpec, Field(discriminator="kind")]


def as_plain(spec: BaseModel) -> dict[str, Any]:
    """Return a spec as plain data, defaults left out, as it would stand in a YAML file."""
    return spec.model_dump(mode="json", exclude_unset=True)
