"""The specimen under the beam: atoms of one frame or several, turned so that one looks along the beam."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import ase
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
AXES = {"x": (1.0, 0.0, 0.0), "y": (0.0, 1.0, 0.0), "z": (0.0, 0.0, 1.0)}


@dataclass(frozen=True, eq=False)
class Specimen:
    """Atoms as the beam meets them: `points_A` (n, 3) to the right, up and towards the gun, `elements` (n,) and the
    `frame` (n,) that each belongs to; images are means over the `frames`, as of a particle that vibrates."""

    name: str
    elements: NDArray[np.str_]
    points_A: Array
    frame: NDArray[np.int64]
    frames: int

    @property
    def species(self) -> tuple[str, ...]:
        """The elements present, in alphabetical order."""
        return tuple(str(one) for one in np.unique(self.elements))

    def each(self) -> Iterator["Specimen"]:
        """Yield every frame as a specimen of its own."""
        for index in range(self.frames):
            mine = self.frame == index
            alone = np.zeros(int(mine.sum()), dtype=np.int64)
            yield Specimen(self.name, self.elements[mine], self.points_A[mine], alone, 1)

    @property
    def atoms(self) -> float:
        """Atoms in a frame, the mean."""
        return len(self.elements) / self.frames


def direction(text: str) -> Array:
    """Return the unit vector of `x`, `y`, `z` or three numbers as `1,1,0`; ValueError for anything else."""
    try:
        vector = np.array(AXES[text] if text in AXES else [float(word) for word in text.split(",")])
    except ValueError:
        vector = np.zeros(0)
    if vector.shape != (3,) or not np.isfinite(vector).all() or not vector.any():
        raise ValueError(f"a beam direction is x, y, z or three numbers as 1,1,0, not {text!r}")
    return np.asarray(vector / np.linalg.norm(vector))


def camera_of(beam: Array, up_axis: int = 2, tilt_deg: tuple[float, float] = (0.0, 0.0)) -> Array:
    """Return the rotation (3, 3) to right, up and towards the gun.

    The stacking axis stays upright unless it lies along the beam; `tilt_deg` turns the holder about the picture's
    vertical, then about its horizontal.
    """
    upright = np.eye(3)[up_axis if abs(beam[up_axis]) < 0.99 else (up_axis + 1) % 3]
    up = upright - (upright @ beam) * beam
    up /= np.linalg.norm(up)
    a, b = np.radians(tilt_deg)
    about_up = np.array([[np.cos(a), 0, np.sin(a)], [0, 1, 0], [-np.sin(a), 0, np.cos(a)]])
    about_right = np.array([[1, 0, 0], [0, np.cos(b), -np.sin(b)], [0, np.sin(b), np.cos(b)]])
    return np.asarray(about_right @ about_up @ np.array([np.cross(up, beam), up, beam]))


def mount(
    frames: Sequence[ase.Atoms], name: str, beam: str = "x", up_axis: int = 2, tilt_deg: tuple[float, float] = (0, 0)
) -> Specimen:
    """Put frames of atoms into the holder, the first one's middle at the centre; ValueError where there are none.

    >>> from nanokiln.structures import build
    >>> mount([build("cu-sphere-small").atoms], "ball", "z").species
    ('Cu',)
    """
    if not frames or not len(frames[0]):
        raise ValueError("there are no atoms to look at")
    turn = camera_of(direction(beam), up_axis, tilt_deg)
    middle = (frames[0].positions.min(axis=0) + frames[0].positions.max(axis=0)) / 2
    points = [(atoms.positions - middle) @ turn.T for atoms in frames]
    elements = np.concatenate([np.array(atoms.get_chemical_symbols()) for atoms in frames])
    frame = np.repeat(np.arange(len(frames)), [len(atoms) for atoms in frames])
    return Specimen(name, elements, np.concatenate(points), frame, len(frames))
