"""Miller and Miller-Bravais indices: written, read and turned into vectors."""

import re
from collections.abc import Sequence
from math import gcd

import numpy as np
from numpy.typing import NDArray

from nanokiln.structures.crystals.phases import Phase

Indices = tuple[int, int, int]
Written = str | Sequence[int]


def _numbers(written: Written, what: str) -> list[int]:
    if not isinstance(written, str):
        return [int(i) for i in written]
    inner = written.strip().strip("()[]{}<>")
    pattern = r"-?\d+" if re.search(r"[\s,]", inner.strip()) else r"-?\d"
    if not inner or re.sub(r"[-\d\s,]", "", inner):
        raise ValueError(f"cannot read {written!r} as a {what}: write it like (13-3), [11-20] or '1 0 12'")
    return [int(i) for i in re.findall(pattern, inner)]


def _check(numbers: list[int], written: Written, what: str, phase: Phase | None) -> None:
    if len(numbers) not in (3, 4) or not any(numbers):
        raise ValueError(f"{what} {written!r} needs three or four indices, not all zero")
    if len(numbers) == 4 and sum(numbers[:3]) != 0:
        raise ValueError(f"{what} {written!r}: the first three of four indices must add up to zero")
    if len(numbers) == 4 and phase is not None and not phase.hexagonal:
        raise ValueError(f"{what} {written!r} has four indices, but {phase.name} has no hexagonal axes")


def plane_indices(written: Written, phase: Phase | None = None) -> Indices:
    """Return (h, k, l) of a plane written with three or four indices; signs are kept.

    >>> from nanokiln.structures.crystals import plane_indices
    >>> plane_indices("(11-20)")
    (1, 1, 0)
    """
    numbers = _numbers(written, "plane")
    _check(numbers, written, "plane", phase)
    h, k, *_, l = numbers  # noqa: E741
    return h, k, l


def direction_indices(written: Written, phase: Phase | None = None) -> Indices:
    """Return [u, v, w] of a direction in the lattice vectors; [u v t w] becomes [u-t, v-t, w] in lowest terms.

    >>> from nanokiln.structures.crystals import direction_indices
    >>> direction_indices("[11-20]")
    (1, 1, 0)
    """
    numbers = _numbers(written, "direction")
    _check(numbers, written, "direction", phase)
    if len(numbers) == 3:
        return numbers[0], numbers[1], numbers[2]
    u, v, t, w = numbers
    common = gcd(u - t, v - t, w)
    return (u - t) // common, (v - t) // common, w // common


def plane_normal(lattice_A: NDArray[np.float64], plane: Indices) -> NDArray[np.float64]:
    """Return the unit normal of (hkl) for lattice vectors given as rows."""
    normal = np.linalg.solve(lattice_A, np.array(plane, dtype=float))
    return np.asarray(normal / np.linalg.norm(normal))


def plane_spacing_A(lattice_A: NDArray[np.float64], plane: Indices) -> float:
    """Return d(hkl) = 1/|G|.

    >>> from nanokiln.structures.crystals import load_phase, plane_spacing_A
    >>> round(plane_spacing_A(load_phase("Au").lattice_A, (1, 1, 1)), 3)
    2.355
    """
    return float(1.0 / np.linalg.norm(np.linalg.solve(lattice_A, np.array(plane, dtype=float))))


def direction_vector(lattice_A: NDArray[np.float64], direction: Indices) -> NDArray[np.float64]:
    """Return the unit vector along [uvw] for lattice vectors given as rows."""
    vector = np.array(direction, dtype=float) @ lattice_A
    return np.asarray(vector / np.linalg.norm(vector))


def angle_deg(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """Return the angle between two vectors, exact also near 0 and 180 degrees.

    >>> import numpy as np
    >>> from nanokiln.structures.crystals import angle_deg
    >>> round(angle_deg(np.array([1, 1, 1]), np.array([1, 1, -1])), 2)
    70.53
    """
    return float(np.degrees(np.arctan2(np.linalg.norm(np.cross(a, b)), a @ b)))
