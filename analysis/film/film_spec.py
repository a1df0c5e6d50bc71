"""A scene on a film as a YAML file: kinds of particles, where they lie, and how they are heated."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from nanokiln.analysis.clock.clock import default_inputs
from nanokiln.analysis.clock.contents import Particle, rod, sphere_units
from nanokiln.analysis.clock.distributions import Distribution
from nanokiln.analysis.clock.spec import HeatingSpec, Size
from nanokiln.analysis.film.layout import Layout, random_layout, read_layout
from nanokiln.structures.schema.explain import faults
from nanokiln.structures.schema.number_types import Integer, NonNegative, Ordinal
from nanokiln.structures.schema.plain_text import Line
from nanokiln.structures.schema.plain_yaml import read_yaml

MOST = 2000
Count = Annotated[Integer, Field(ge=0, le=MOST)]


class _FilmModel(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Kind(_FilmModel):
    """Particles of one sort: CdSe rods that take copper, or spheres of Cu2Se or Cu that give it."""

    kind: Literal["rod", "Cu2Se", "Cu"]
    diameter_nm: Size
    length_nm: Size = 35.0

    @property
    def takes(self) -> bool:
        """Whether it takes copper."""
        return self.kind == "rod"

    @property
    def radius_nm(self) -> float:
        """Radius of the disc that catches as many adatoms: an ellipse catches as a disc of its mean half axis."""
        return (self.length_nm + self.diameter_nm) / 4.0 if self.takes else self.diameter_nm / 2.0

    def host(self) -> Particle:
        """Return the particle of the clock that takes copper from the film."""
        return replace(rod(self.length_nm, self.diameter_nm), pool="metal")

    @property
    def units(self) -> float:
        """Cu2Se units, or copper atoms, of a donor."""
        return float(sphere_units(self.diameter_nm, self.kind))


class RandomLayout(_FilmModel):
    """Particles thrown on a square film, `counts` of each kind, none closer than `gap_nm`; beyond it the film is
    `alike`, or bare."""

    counts: dict[str, Count]
    width_nm: Size
    gap_nm: NonNegative = 1.0
    beyond: Literal["alike", "bare"] = "alike"
    seed: Ordinal = 1


class FileLayout(_FilmModel):
    """Coordinates in a CSV file, in units of `nm_per_unit` (the size of a pixel, for a micrograph's); beyond them the
    film is `alike`, or bare."""

    file: Line
    nm_per_unit: Size = 1.0
    beyond: Literal["alike", "bare"] = "alike"


class FilmSpec(_FilmModel):
    """A film: heating, error of the holder, kinds of particles, layout, and inputs that replace shipped ones."""

    heating: HeatingSpec
    kinds: dict[str, Kind] = Field(min_length=1)
    layout: RandomLayout | FileLayout
    holder_K: NonNegative = 10.0
    samples: Annotated[Integer, Field(ge=10, le=100_000)] = 1000
    seed: Ordinal = 1
    inputs: dict[str, Distribution] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _known(self) -> "FilmSpec":
        if isinstance(self.layout, RandomLayout):
            if unknown := sorted(set(self.layout.counts) - set(self.kinds)):
                raise ValueError(f"no kind is called {unknown[0]!r}; there are: {', '.join(self.kinds)}")
            if sum(self.layout.counts.values()) > MOST:
                raise ValueError(f"at most {MOST} particles lie on a film")
        if unknown := sorted(set(self.inputs) - set(default_inputs())):
            raise ValueError(f"no input is called {unknown[0]!r}")
        return self

    def placed(self, folder: Path) -> Layout:
        """Return where the particles lie; files are looked for in `folder`. ValueError: they cannot be read."""
        found = self._placed(folder)
        return found if self.layout.beyond == "alike" else replace(found, alike_nm2=None)

    def _placed(self, folder: Path) -> Layout:
        if isinstance(self.layout, RandomLayout):
            radii = {name: kind.radius_nm for name, kind in self.kinds.items()}
            counts = self.layout.counts
            return random_layout(counts, radii, self.layout.width_nm, self.layout.gap_nm, self.layout.seed)
        path = folder / self.layout.file
        if not path.is_file():
            raise ValueError(f"there is no file {path}")
        found = read_layout(path, self.layout.nm_per_unit, tuple(self.kinds))
        if len(found.kinds) > MOST:
            raise ValueError(f"{path}: at most {MOST} particles lie on a film, not {len(found.kinds)}")
        return found


def load_film_spec(path: Path) -> FilmSpec:
    """Read a scene; whatever is wrong is one ValueError that names the place."""
    try:
        return FilmSpec.model_validate(read_yaml(path))
    except ValidationError as error:
        raise ValueError(f"{path} is no scene on a film: {'; '.join(faults(error, FilmSpec))}") from error
