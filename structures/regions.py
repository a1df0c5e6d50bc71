"""Regions of space that grains are carved from: half-spaces, prisms, ellipsoids, rods, and what is made of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
Mask = NDArray[np.bool_]
_EDGE_A = 1e-7


class Region(Protocol):
    """A bounded part of space; lengths in angstrom."""

    def contains(self, points_A: Points) -> Mask:
        """Tell for each of the points (n, 3) whether it lies inside."""

    def bounds_A(self) -> tuple[Points, Points]:
        """Return the lower and the upper corner (3,) of a box around the region."""

    def volume_A3(self) -> float:
        """Return the volume."""


@dataclass(frozen=True, eq=False)
class Polyhedron:
    """The points x with normals @ x <= offsets: a bounded intersection of half-spaces (unit normals, rows)."""

    normals: Points
    offsets_A: Points

    def contains(self, points_A: Points) -> Mask:
        """Tell for each of the points (n, 3) whether it lies inside; lower faces belong to it, upper ones do not."""
        inside = np.ones(len(points_A), dtype=bool)
        for normal, offset in zip(self.normals, self.offsets_A, strict=True):
            height = points_A @ normal
            upward = tuple(np.round(normal[::-1], 9)) > (0.0, 0.0, 0.0)
            inside &= height < offset - _EDGE_A if upward else height <= offset + _EDGE_A
        return inside

    def vertices_A(self) -> Points:
        """Return the corners, shape (n, 3)."""
        from scipy.optimize import linprog
        from scipy.spatial import HalfspaceIntersection

        # The centre of the largest inscribed sphere is an interior point.
        rows = np.hstack([self.normals, np.ones((len(self.normals), 1))])
        best = linprog([0, 0, 0, -1], A_ub=rows, b_ub=self.offsets_A, bounds=[(None, None)] * 3 + [(0, None)])
        if best.status != 0 or best.x is None or best.x[3] <= 0:
            raise ValueError("these faces enclose no volume, or not a bounded one: check their normals and distances")
        faces = np.hstack([self.normals, -self.offsets_A[:, None]])
        return np.asarray(HalfspaceIntersection(faces, best.x[:3]).intersections)

    def bounds_A(self) -> tuple[Points, Points]:
        """Return the corners of the box around it."""
        corners = self.vertices_A()
        return corners.min(axis=0), corners.max(axis=0)

    def volume_A3(self) -> float:
        """Return the volume of the convex hull of the corners."""
        from scipy.spatial import ConvexHull

        return float(ConvexHull(self.vertices_A()).volume)


def prism(sides: Points, apothems_A: Points, z_A: tuple[float, float]) -> Polyhedron:
    """Return the prism along z between two heights, with outward side normals (n, 3) at the given distances."""
    ends = np.array([[0.0, 0.0, 1.0], [0.0, 0.0, -1.0]])
    return Polyhedron(np.vstack([sides, ends]), np.concatenate([apothems_A, [z_A[1], -z_A[0]]]))


def regular_sides(count: int, first_deg: float = 0.0) -> Points:
    """Return the outward normals (count, 3) of a regular prism along z, the first at an angle from x."""
    turn = np.radians(first_deg) + 2 * np.pi * np.arange(count) / count
    return np.stack([np.cos(turn), np.sin(turn), np.zeros(count)], axis=1)


@dataclass(frozen=True, eq=False)
class Ellipsoid:
    """An ellipsoid with its half axes along x, y, z; a sphere when they are equal."""

    centre_A: Points
    half_axes_A: Points

    def contains(self, points_A: Points) -> Mask:
        """Tell for each of the points (n, 3) whether it lies inside."""
        scaled = (points_A - self.centre_A) / self.half_axes_A
        return np.asarray(np.einsum("ij,ij->i", scaled, scaled) <= 1.0)

    def bounds_A(self) -> tuple[Points, Points]:
        """Return the corners of the box around it."""
        return self.centre_A - self.half_axes_A, self.centre_A + self.half_axes_A

    def volume_A3(self) -> float:
        """Return 4/3 pi a b c."""
        return float(4 / 3 * np.pi * np.prod(self.half_axes_A))


@dataclass(frozen=True, eq=False)
class Cut:
    """The points of one region that are not inside any of the others."""

    region: Region
    others: Sequence[Region]

    def contains(self, points_A: Points) -> Mask:
        """Tell for each of the points (n, 3) whether it lies inside."""
        inside = self.region.contains(points_A)
        for other in self.others:
            inside[inside] &= ~other.contains(points_A[inside])
        return inside

    def bounds_A(self) -> tuple[Points, Points]:
        """Return the box around the region that is cut."""
        return self.region.bounds_A()

    def volume_A3(self) -> float:
        """Return the volume by counting a regular grid of 125 points along each edge of the box."""
        return counted_volume_A3(self)


@dataclass(frozen=True, eq=False)
class Common:
    """The points inside all of the regions."""

    regions: Sequence[Region]

    def contains(self, points_A: Points) -> Mask:
        """Tell for each of the points (n, 3) whether it lies inside."""
        return np.asarray(np.all([r.contains(points_A) for r in self.regions], axis=0))

    def bounds_A(self) -> tuple[Points, Points]:
        """Return the box common to all of them."""
        lows, highs = zip(*(r.bounds_A() for r in self.regions), strict=True)
        return np.max(lows, axis=0), np.min(highs, axis=0)

    def volume_A3(self) -> float:
        """Return the volume by counting a regular grid of 125 points along each edge of the box."""
        return counted_volume_A3(self)


def counted_volume_A3(region: Region, edge: int = 125) -> float:
    """Return a region's volume by counting the midpoints of edge**3 equal boxes inside it (about 0.1 %)."""
    low, high = region.bounds_A()
    axes = [a + (np.arange(edge) + 0.5) * (b - a) / edge for a, b in zip(low, high, strict=True)]
    points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    return float(np.mean(region.contains(points)) * np.prod(high - low))
