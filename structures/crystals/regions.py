"""Regions of space that grains are carved from: half-spaces, prisms, ellipsoids, rods, and their combinations."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import ConvexHull, HalfspaceIntersection

from nanokiln.structures.crystals.frame import Frame

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
class Rod:
    """A round rod along z between two heights, with flat or with round (hemispherical) ends."""

    radius_A: float
    z_A: tuple[float, float]
    round_ends: bool = False

    def contains(self, points_A: Points) -> Mask:
        """Tell for each of the points (n, 3) whether it lies inside."""
        inset = self.radius_A if self.round_ends else 0.0
        beyond = points_A[:, 2] - np.clip(points_A[:, 2], self.z_A[0] + inset, self.z_A[1] - inset)
        reach = self.radius_A**2 - (beyond**2 if self.round_ends else np.where(np.abs(beyond) > _EDGE_A, np.inf, 0.0))
        return np.asarray(points_A[:, 0] ** 2 + points_A[:, 1] ** 2 <= reach)

    def bounds_A(self) -> tuple[Points, Points]:
        """Return the corners of the box around it."""
        r = self.radius_A
        return np.array([-r, -r, self.z_A[0]]), np.array([r, r, self.z_A[1]])

    def volume_A3(self) -> float:
        """Return the volume of the cylinder, less what the round ends leave off."""
        length = self.z_A[1] - self.z_A[0] - (2 / 3 * self.radius_A if self.round_ends else 0.0)
        return float(np.pi * self.radius_A**2 * length)


@dataclass(frozen=True, eq=False)
class Slice:
    """The part of a region between two heights."""

    region: Region
    z_A: tuple[float, float]

    def contains(self, points_A: Points) -> Mask:
        """Tell for each of the points (n, 3) whether it lies inside."""
        z = points_A[:, 2]
        return np.asarray(self.region.contains(points_A) & (z >= self.z_A[0] - _EDGE_A) & (z < self.z_A[1] - _EDGE_A))

    def bounds_A(self) -> tuple[Points, Points]:
        """Return the box around it."""
        low, high = (corner.copy() for corner in self.region.bounds_A())
        low[2], high[2] = max(low[2], self.z_A[0]), min(high[2], self.z_A[1])
        return low, high

    def volume_A3(self) -> float:
        """Return the volume: exact for ellipsoids and polyhedra, else by counting points (about 0.1 %)."""
        low, high = self.z_A
        if isinstance(self.region, Polyhedron):
            return self._bounded(self.region).volume_A3()
        if isinstance(self.region, Ellipsoid):
            a, b, c = self.region.half_axes_A
            t = np.clip((np.array([low, high]) - self.region.centre_A[2]) / c, -1.0, 1.0)
            return float(np.pi * a * b * c * np.diff(t - t**3 / 3)[0])
        return counted_volume_A3(self)

    def _bounded(self, inner: Polyhedron) -> Polyhedron:
        normals = np.vstack([inner.normals, [[0.0, 0.0, 1.0], [0.0, 0.0, -1.0]]])
        return Polyhedron(normals, np.concatenate([inner.offsets_A, [self.z_A[1], -self.z_A[0]]]))


@dataclass(frozen=True, eq=False)
class Placed:
    """A region moved and turned into a frame."""

    region: Region
    frame: Frame

    def contains(self, points_A: Points) -> Mask:
        """Tell for each of the points (n, 3) whether it lies inside."""
        return self.region.contains(self.frame.to_local_A(points_A))

    def bounds_A(self) -> tuple[Points, Points]:
        """Return the box around the turned box of the region."""
        low, high = self.region.bounds_A()
        corners = np.array(np.meshgrid(*zip(low, high, strict=True), indexing="ij")).reshape(3, -1).T
        turned = self.frame.to_lab_A(corners)
        return turned.min(axis=0), turned.max(axis=0)

    def volume_A3(self) -> float:
        """Return the volume of the region, which moving does not change."""
        return self.region.volume_A3()


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
        """Return the volume by counting points (about 0.1 %)."""
        return counted_volume_A3(self)


def meet(one: Region, two: Region) -> bool:
    """Tell whether two regions have space in common, on a grid of 30 points along each edge of their common box."""
    (low, high), (other_low, other_high) = one.bounds_A(), two.bounds_A()
    low, high = np.maximum(low, other_low), np.minimum(high, other_high)
    if not (low < high).all():
        return False
    points = _grid(low, high, 30)
    return bool((one.contains(points) & two.contains(points)).any())


def counted_volume_A3(region: Region, edge: int = 125) -> float:
    """Return a region's volume by counting the midpoints of edge**3 equal boxes inside it.

    >>> import numpy as np
    >>> from nanokiln.structures.crystals import Ellipsoid, counted_volume_A3
    >>> ball = Ellipsoid(np.zeros(3), np.full(3, 10.0))
    >>> round(counted_volume_A3(ball) / ball.volume_A3(), 3)
    1.001
    """
    low, high = region.bounds_A()
    return float(np.mean(region.contains(_grid(low, high, edge))) * np.prod(high - low))


def _grid(low: Points, high: Points, edge: int) -> Points:
    axes = [a + (np.arange(edge) + 0.5) * (b - a) / edge for a, b in zip(low, high, strict=True)]
    return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
