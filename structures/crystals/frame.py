"""Frames: where a part of a particle sits and how it is turned."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Frame:
    """A right-handed frame in the laboratory: unit x, y, z are the rows of `axes` (3, 3); `origin_A` is (3,)."""

    axes: Vector
    origin_A: Vector

    @classmethod
    def laboratory(cls) -> "Frame":
        """Return the laboratory frame itself."""
        return cls(np.eye(3), np.zeros(3))

    @classmethod
    def along(cls, axis: Vector, origin_A: Vector, turn_deg: float = 0.0) -> "Frame":
        """Return a frame with z along `axis`, turned about it; for the axis z and no turn the laboratory's."""
        z = np.asarray(axis, dtype=float) / np.linalg.norm(axis)
        start = np.array([1.0, 0.0, 0.0]) if abs(z[0]) < 0.9 else np.array([0.0, 0.0, -1.0])
        x = start - (start @ z) * z
        x /= np.linalg.norm(x)
        turn = np.radians(turn_deg)
        x = np.cos(turn) * x + np.sin(turn) * np.cross(z, x)
        return cls(np.array([x, np.cross(z, x), z]), np.asarray(origin_A, dtype=float))

    def to_lab_A(self, points_A: Vector) -> Vector:
        """Return laboratory coordinates of points given in this frame."""
        return np.asarray(points_A @ self.axes + self.origin_A)

    def to_local_A(self, points_A: Vector) -> Vector:
        """Return coordinates in this frame of points given in the laboratory."""
        return np.asarray((points_A - self.origin_A) @ self.axes.T)

    def inner(self, local: "Frame") -> "Frame":
        """Return, in the laboratory, a frame that is given inside this one."""
        return Frame(local.axes @ self.axes, self.to_lab_A(local.origin_A))

    def inverse(self) -> "Frame":
        """Return the laboratory as seen from this frame."""
        return Frame(self.axes.T, -self.origin_A @ self.axes.T)
