"""Orientation relations: one plane pair and one direction pair fix how a film lies on its substrate."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
import yaml
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from nanokiln.structures.crystals.indices import (
    Indices,
    angle_deg,
    direction_indices,
    direction_vector,
    plane_indices,
    plane_normal,
)
from nanokiln.structures.crystals.phases import DATA, Phase, PhaseSpec, resolve_phase

TILT_LIMIT_DEG = 0.5


class RelationSpec(BaseModel):
    """An orientation relation as written in data/relations.yaml: a plane and a direction each of substrate and film."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = "own"
    phases: tuple[str | PhaseSpec, str | PhaseSpec]
    planes: tuple[str, str]
    directions: tuple[str, str]
    checks: tuple[dict[Literal["planes", "directions"], tuple[str, str]], ...] = ()
    project: bool = Field(False, description="project directions into their planes instead of refusing them")
    source: str = ""


@dataclass(frozen=True)
class Check:
    """A further parallelism that a paper states: two planes or two directions, [substrate, film]."""

    kind: str
    substrate: Indices
    film: Indices


@dataclass(frozen=True)
class OrientationRelation:
    """Substrate and film with parallel plane normals and, within the plane, parallel directions; signs are significant.

    `tilts_deg` says by how much each direction had to be projected into its plane (0 unless projection was asked for).
    """

    name: str
    substrate: Phase
    film: Phase
    planes: tuple[Indices, Indices]
    directions: tuple[Indices, Indices]
    tilts_deg: tuple[float, float] = (0.0, 0.0)
    checks: tuple[Check, ...] = ()
    source: str = ""

    @classmethod
    def of(cls, spec: RelationSpec) -> "OrientationRelation":
        """Return the relation that an entry describes.

        A direction further than 0.5 degrees from its plane is a ValueError, unless the entry asks for projection.
        """
        phases = tuple(map(resolve_phase, spec.phases))
        planes = tuple(plane_indices(w, p) for w, p in zip(spec.planes, phases, strict=True))
        directions = tuple(direction_indices(w, p) for w, p in zip(spec.directions, phases, strict=True))
        tilts = []
        for phase, plane, direction in zip(phases, planes, directions, strict=True):
            tilt = 90.0 - angle_deg(plane_normal(phase.lattice_A, plane), direction_vector(phase.lattice_A, direction))
            if abs(tilt) > TILT_LIMIT_DEG and not spec.project:
                raise ValueError(
                    f"relation {spec.name}: the direction {list(direction)} of {phase.name} lies {abs(tilt):.2f} "
                    f"degrees out of its plane {plane}; give one that lies in it, or ask for projection"
                )
            tilts.append(tilt)
        checks = tuple(_read_check(c, (phases[0], phases[1])) for c in spec.checks)
        return cls(
            spec.name,
            *(phases[0], phases[1], (planes[0], planes[1]), (directions[0], directions[1])),
            tilts_deg=(tilts[0], tilts[1]),
            checks=checks,
            source=spec.source,
        )

    def substrate_lattice_A(self) -> NDArray[np.float64]:
        """Return the substrate's lattice vectors (rows) with the plane normal along +z, the direction along +x."""
        return oriented(self.substrate.lattice_A, self.planes[0], self.directions[0])

    def film_lattice_A(self) -> NDArray[np.float64]:
        """Return the film's lattice vectors (rows) in the same frame as `substrate_lattice_A`."""
        return oriented(self.film.lattice_A, self.planes[1], self.directions[1])

    def film_on(self, substrate_lattice_A: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the film's unstrained lattice vectors on a substrate that lies anyhow in the laboratory."""
        turn = np.linalg.solve(self.substrate_lattice_A(), substrate_lattice_A)
        return self.film_lattice_A() @ turn

    def deviations_deg(self) -> tuple[float, ...]:
        """Return the angle (0 to 90 degrees) by which each extra condition fails to hold."""
        return tuple(deviation_deg(check, self.substrate_lattice_A(), self.film_lattice_A()) for check in self.checks)


def deviation_deg(check: Check, substrate_A: NDArray[np.float64], film_A: NDArray[np.float64]) -> float:
    """Return the angle between the two normals or directions of a check on lattices as they lie (rows)."""
    vector = plane_normal if check.kind == "planes" else direction_vector
    angle = angle_deg(vector(substrate_A, check.substrate), vector(film_A, check.film))
    return min(angle, 180.0 - angle)


def oriented(lattice_A: NDArray[np.float64], plane: Indices, direction: Indices) -> NDArray[np.float64]:
    """Turn lattice vectors (rows) so that the plane normal is +z and the direction, projected into it, +x."""
    z = plane_normal(lattice_A, plane)
    x = direction_vector(lattice_A, direction)
    x = x - (x @ z) * z
    if np.linalg.norm(x) < 1e-6:
        raise ValueError(f"the direction {list(direction)} is the normal of the plane {plane}: it fixes no rotation")
    x /= np.linalg.norm(x)
    return np.asarray(lattice_A @ np.array([x, np.cross(z, x), z]).T)


def _read_check(data: Mapping[Literal["planes", "directions"], tuple[str, str]], phases: tuple[Phase, Phase]) -> Check:
    kind: Literal["planes", "directions"] = "planes" if "planes" in data else "directions"
    read = plane_indices if kind == "planes" else direction_indices
    return Check(kind, read(data[kind][0], phases[0]), read(data[kind][1], phases[1]))


@lru_cache(maxsize=1)
def _table() -> dict[str, RelationSpec]:
    told = yaml.safe_load((DATA / "relations.yaml").read_text(encoding="utf-8"))
    return {name: RelationSpec.model_validate({"name": name} | entry) for name, entry in told.items()}


def relation_names() -> tuple[str, ...]:
    """Return the names of the shipped relations."""
    return tuple(_table())


@lru_cache(maxsize=64)
def load_relation(name: str) -> OrientationRelation:
    """Return a shipped relation by name; an unknown name is a ValueError that lists them.

    >>> from nanokiln.structures.crystals import load_relation
    >>> relation = load_relation("S1")
    >>> relation.substrate.name, relation.film.name
    ('CdSe-wz', 'Cu3P')
    """
    table = _table()
    if name not in table:
        raise ValueError(f"no orientation relation is called {name!r}; there are: {', '.join(table)}")
    return OrientationRelation.of(table[name])


def resolve_relation(relation: str | RelationSpec) -> OrientationRelation:
    """Return the relation of a name or of a person's own entry."""
    return load_relation(relation) if isinstance(relation, str) else OrientationRelation.of(relation)
