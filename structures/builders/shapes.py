"""Shapes as a person writes them, and the regions they stand for in a part's own frame (z up, centre on the axis)."""

from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from nanokiln.structures.builders.layers import plane_along, side_cut_A
from nanokiln.structures.crystals.indices import plane_indices
from nanokiln.structures.crystals.phases import Phase
from nanokiln.structures.crystals.regions import Ellipsoid, Polyhedron, Region, Rod, prism, regular_sides
from nanokiln.structures.schema.number_types import Integer, Nanometres, Number, Positive

Heights = tuple[float, float]


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    @property
    def flat(self) -> bool:
        """Whether it ends in two planes normal to z, which are then laid between atomic planes."""
        return False

    def heights_A(self) -> Heights:
        """Return the lowest and highest z, the centre at zero."""
        raise NotImplementedError

    def side_A(self) -> float:
        """Return the distance from the axis to the side."""
        raise NotImplementedError


class SphereShape(_Shape):
    """A sphere."""

    kind: Literal["sphere"]
    diameter_nm: Nanometres

    def heights_A(self) -> Heights:
        """Return minus and plus the radius."""
        return -5 * self.diameter_nm, 5 * self.diameter_nm

    def side_A(self) -> float:
        """Return the radius."""
        return 5 * self.diameter_nm


class EllipsoidShape(_Shape):
    """An ellipsoid with its axes along x, y, z."""

    kind: Literal["ellipsoid"]
    diameters_nm: tuple[Nanometres, Nanometres, Nanometres]

    def heights_A(self) -> Heights:
        """Return minus and plus the half axis along z."""
        return -5 * self.diameters_nm[2], 5 * self.diameters_nm[2]

    def side_A(self) -> float:
        """Return the half axis along x."""
        return 5 * self.diameters_nm[0]


class PrismShape(_Shape):
    """An upright prism with flat ends: a faceted rod, a wire or a platelet; `first_deg` turns its first face from x."""

    kind: Literal["prism"]
    across_nm: Nanometres = Field(
        description="twice the distance from the axis to a side face, to the nearest whole plane"
    )
    height_nm: Nanometres
    sides: Annotated[Integer, Field(ge=3, le=100)] = 6
    first_deg: Number = 30.0

    @property
    def flat(self) -> bool:
        """A prism ends in planes."""
        return True

    def heights_A(self) -> Heights:
        """Return minus and plus half the height."""
        return -5 * self.height_nm, 5 * self.height_nm

    def side_A(self) -> float:
        """Return the distance from the axis to a side face."""
        return 5 * self.across_nm


class RodShape(_Shape):
    """A round rod with flat or round ends."""

    kind: Literal["rod"]
    diameter_nm: Nanometres
    length_nm: Nanometres
    ends: Literal["flat", "round"] = "flat"

    @property
    def flat(self) -> bool:
        """Whether the ends are planes."""
        return self.ends == "flat"

    def heights_A(self) -> Heights:
        """Return minus and plus half the length."""
        return -5 * self.length_nm, 5 * self.length_nm

    def side_A(self) -> float:
        """Return the radius."""
        return 5 * self.diameter_nm


class BoxShape(_Shape):
    """A block with its edges along x, y, z."""

    kind: Literal["box"]
    size_nm: tuple[Nanometres, Nanometres, Nanometres]

    @property
    def flat(self) -> bool:
        """A block ends in planes."""
        return True

    def heights_A(self) -> Heights:
        """Return minus and plus half the height."""
        return -5 * self.size_nm[2], 5 * self.size_nm[2]

    def side_A(self) -> float:
        """Return half the width along x."""
        return 5 * self.size_nm[0]


class WulffShape(_Shape):
    """The equilibrium shape for given surface energies (relative), as large as a sphere of `diameter_nm`."""

    kind: Literal["wulff"]
    diameter_nm: Nanometres
    energies: dict[str, Positive] = Field(description="surface energy of each kind of face, such as (111): 1.0")

    def heights_A(self) -> Heights:
        """Return more than any face may reach."""
        return -10 * self.diameter_nm, 10 * self.diameter_nm

    def side_A(self) -> float:
        """Return the radius of the sphere of equal volume."""
        return 5 * self.diameter_nm


Shape = Annotated[
    SphereShape | EllipsoidShape | PrismShape | RodShape | BoxShape | WulffShape, Field(discriminator="kind")
]

_LENGTHS = ("diameter_nm", "diameters_nm", "across_nm", "height_nm", "length_nm", "size_nm")


def scaled(shape: Shape, factor: float) -> Shape:
    """Return the same shape with every length multiplied."""
    old = {key: getattr(shape, key) for key in _LENGTHS if hasattr(shape, key)}
    new: dict[str, Any] = {
        k: tuple(factor * x for x in v) if isinstance(v, tuple) else factor * v for k, v in old.items()
    }
    return shape.model_copy(update=new)


def region_of(shape: Shape, phase: Phase, lattice_A: NDArray[np.float64], z_A: Heights) -> Region:
    """Return the region of a shape; flat shapes reach between the heights, the others are centred between them.

    `lattice_A` is the crystal's orientation in the part's frame: a Wulff shape turns with it.
    """
    middle = np.array([0.0, 0.0, (z_A[0] + z_A[1]) / 2])
    if isinstance(shape, PrismShape):
        normals = regular_sides(shape.sides, shape.first_deg)
        return prism(normals, np.array([_side(phase, lattice_A, n, shape.side_A()) for n in normals]), z_A)
    if isinstance(shape, BoxShape):
        half = 5 * np.array(shape.size_nm)[[0, 1, 0, 1]]
        return prism(regular_sides(4), half, z_A)
    if isinstance(shape, RodShape):
        return Rod(shape.side_A(), z_A, round_ends=shape.ends == "round")
    if isinstance(shape, WulffShape):
        return _wulff(shape, phase, lattice_A, middle)
    axes = np.full(3, shape.side_A()) if isinstance(shape, SphereShape) else 5 * np.array(shape.diameters_nm)
    return Ellipsoid(middle, axes)


def _side(phase: Phase, lattice_A: NDArray[np.float64], normal: NDArray[np.float64], asked_A: float) -> float:
    """Return a side face's distance from the axis: between atomic planes where it is parallel to low-index ones."""
    plane = plane_along(lattice_A, normal)
    return asked_A if plane is None else side_cut_A(phase, plane, asked_A)


def _wulff(shape: WulffShape, phase: Phase, lattice_A: NDArray[np.float64], middle: NDArray[np.float64]) -> Region:
    from pymatgen.io.ase import AseAtomsAdaptor
    from wulffpack import SingleCrystal

    energies = {plane_indices(face, phase): energy for face, energy in shape.energies.items()}
    volume = np.pi / 6 * (10 * shape.diameter_nm) ** 3
    count = volume / phase.volume_A3 * len(phase.species)
    cell = AseAtomsAdaptor.get_atoms(phase.structure())
    try:
        crystal = SingleCrystal(energies, primitive_structure=cell, natoms=count)
    except ValueError as error:
        raise ValueError(
            f"the faces {', '.join(shape.energies)} of {phase.name} close no shape; a polar crystal needs both ends, "
            "such as (0001) and (000-1)"
        ) from error
    turn = np.linalg.solve(phase.lattice_A, lattice_A)
    faces = [facet for form in crystal.forms for facet in form.facets]
    normals = np.array([facet.normal for facet in faces]) @ turn
    distances = np.array([facet.distance_from_origin for facet in faces])
    return Polyhedron(normals, distances + normals @ middle)
