"""Coincidence cells: where the two plane lattices of an orientation relation nearly share a supercell."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nanokiln.structures.crystals.indices import Indices
from nanokiln.structures.crystals.relation import OrientationRelation

Matrix = NDArray[np.float64]
MOST_CELLS = 1000  # of the substrate's plane lattice in a common cell: 0.8 million superlattices to try


class NoCoincidenceError(ValueError):
    """No common cell lies within the limits; the message names the nearest ones."""


@dataclass(frozen=True, eq=False)
class Coincidence:
    """A common cell: substrate_cell @ A and film_cell @ B nearly agree (integers times plane lattice rows).

    `strain` (2, 2) is the symmetric in-plane strain that brings the film to the substrate after a turn by `twist_deg`.
    """

    relation: OrientationRelation
    substrate_cell: NDArray[np.int64]
    film_cell: NDArray[np.int64]
    area_A2: float
    strain: Matrix
    twist_deg: float

    @property
    def principal_strains(self) -> tuple[float, float]:
        """The two principal strains of the film when it carries all of the mismatch."""
        low, high = np.linalg.eigvalsh(self.strain)
        return float(low), float(high)

    @property
    def worst_strain(self) -> float:
        """The principal strain of largest magnitude, with its sign."""
        return max(self.principal_strains, key=abs)

    @property
    def cells(self) -> tuple[int, int]:
        """How many plane lattice cells of substrate and film the common cell holds."""
        return abs(round(np.linalg.det(self.substrate_cell))), abs(round(np.linalg.det(self.film_cell)))

    def __str__(self) -> str:
        """Return strain, area, cells and twist in a line."""
        low, high = self.principal_strains
        both = f"{100 * low:+.2f} %" if np.isclose(low, high) else f"{100 * low:+.2f}/{100 * high:+.2f} %"
        return f"{both}, {self.area_A2:.1f} A2, {self.cells[0]}:{self.cells[1]}, twist {self.twist_deg:.2f} deg"


def plane_lattice(lattice_A: Matrix, centring: Matrix, plane: Indices) -> NDArray[np.float64]:
    """Return the two shortest lattice vectors (2, 3) that span the plane (hkl).

    `centring` (n, 3) holds the lattice translations of the conventional cell besides its own vectors, fractional.
    """
    reach = max(3, *(abs(i) for i in plane))
    steps = np.arange(-reach, reach + 1)
    box = np.array(np.meshgrid(steps, steps, steps, indexing="ij")).reshape(3, -1).T
    points = (box[:, None] + centring[None]).reshape(-1, 3)
    points = points[np.abs(points @ np.array(plane)) < 1e-6]
    vectors = points @ lattice_A
    length = np.linalg.norm(vectors, axis=1)
    order = np.argsort(np.round(length, 6), kind="stable")
    vectors, length = vectors[order][length[order] > 1e-6], length[order][length[order] > 1e-6]
    first = vectors[0]
    across = np.linalg.norm(np.cross(first, vectors), axis=1) > 1e-3
    return np.array([first, vectors[across][0]])


def find_coincidences(
    relation: OrientationRelation, max_strain: float = 0.03, max_area_A2: float = 400.0, max_twist_deg: float = 0.1
) -> tuple[Coincidence, ...]:
    """Return the common cells within the limits, smallest area first, no two alike.

    The area limit is compared to the nearest square angstrom. NoCoincidenceError when there is none: it names the
    least strained cell within the area, the smallest within the strain, and the best up to ten times the area.

    >>> from nanokiln.structures.crystals import find_coincidences, load_relation
    >>> smallest = find_coincidences(load_relation("S1"), max_strain=0.07)[0]
    >>> round(smallest.area_A2), round(smallest.worst_strain, 3)
    (48, 0.07)
    """
    cell_A2 = abs(np.linalg.det(plane_lattice_2d(relation.substrate_lattice_A(), relation, 0)))
    largest_A2 = MOST_CELLS * float(cell_A2)
    if max_area_A2 > largest_A2:
        raise NoCoincidenceError(
            f"{relation.name}: common cells up to {max_area_A2:g} A2 are {(max_area_A2 / cell_A2) ** 2 * 0.82:.1e} to "
            f"try; give max_area_A2 of at most {largest_A2:.0f}, or a larger max_strain"
        )
    found = _search(relation, max_area_A2 + 0.5)
    fit = [c for c in found if abs(c.worst_strain) <= max_strain and abs(c.twist_deg) <= max_twist_deg]
    if fit:
        return tuple(fit)
    wide = [c for c in _search(relation, min(10 * max_area_A2, largest_A2)) if abs(c.twist_deg) <= max_twist_deg]
    near: dict[str, str] = {}
    if found:
        near["least strained within the area"] = str(min(found, key=_by_strain))
    if within := [c for c in wide if abs(c.worst_strain) <= max_strain]:
        near["smallest within the strain"] = str(within[0])
        near[f"least strained below {min(10 * max_area_A2, largest_A2):.0f} A2"] = str(min(within, key=_by_strain))
    raise NoCoincidenceError(
        f"{relation.name} has no common cell of {relation.substrate.name} and {relation.film.name} within "
        f"{100 * max_strain:g} % strain, {max_area_A2:g} A2 and {max_twist_deg:g} degrees; "
        + ("; ".join(f"{what}: {cell}" for what, cell in near.items()) or "nor any near one")
    )


def _by_strain(cell: Coincidence) -> tuple[float, float]:
    return round(abs(cell.worst_strain), 6), cell.area_A2


def _search(relation: OrientationRelation, max_area_A2: float) -> list[Coincidence]:
    """Round every substrate superlattice (Hermite normal forms) to the film's plane lattice."""
    a = plane_lattice_2d(relation.substrate_lattice_A(), relation, 0)
    b = plane_lattice_2d(relation.film_lattice_A(), relation, 1)
    cells = _reduced(_hermite_forms(int(max_area_A2 / abs(np.linalg.det(a)) + 1e-9)), a)
    film = np.rint(cells @ a @ np.linalg.inv(b)).astype(np.int64)
    real = np.abs(np.linalg.det(film)) > 0.5
    cells, film = cells[real], film[real]
    # film @ b @ F = cells @ a, and F = R U: a turn after a stretch.
    u, s, vt = np.linalg.svd(np.linalg.solve(film @ b, cells @ a))
    turn, stretch = u @ vt, u @ (s[:, :, None] * np.swapaxes(u, 1, 2))
    twist = np.degrees(np.arctan2(turn[:, 0, 1], turn[:, 0, 0]))
    area = np.abs(np.linalg.det(cells @ a))
    keep = _unlike(cells @ a, area, s, twist)
    found = [
        Coincidence(relation, cells[i], film[i], float(area[i]), stretch[i] - np.eye(2), float(twist[i])) for i in keep
    ]
    return sorted(found, key=lambda c: (round(c.area_A2, 3), abs(c.worst_strain)))


def plane_lattice_2d(lattice_A: Matrix, relation: OrientationRelation, side: int) -> Matrix:
    """Return the plane lattice (2, 2) of substrate (0) or film (1), lying in the xy plane."""
    phase = (relation.substrate, relation.film)[side]
    return plane_lattice(lattice_A, phase.translations, relation.planes[side])[:, :2]


def _hermite_forms(most: int) -> NDArray[np.int64]:
    """Return every superlattice of index 1 to `most` of a plane lattice once, (n, 2, 2)."""
    forms = [
        (i, shift, n // i) for n in range(1, most + 1) for i in range(1, n + 1) if n % i == 0 for shift in range(i)
    ]
    top, shift, bottom = np.array(forms, dtype=np.int64).reshape(-1, 3).T
    zero = np.zeros_like(top)
    return np.stack([np.stack([top, zero], -1), np.stack([shift, bottom], -1)], axis=1)


def _reduced(cells: NDArray[np.int64], a: Matrix) -> NDArray[np.int64]:
    """Return the same superlattices with shortest vectors (Lagrange reduction), all at once."""
    cells = cells.copy()
    for _ in range(64):
        v = cells @ a
        length = np.einsum("nij,nij->ni", v, v)
        swap = length[:, 0] > length[:, 1] + 1e-9
        cells[swap] = cells[swap][:, ::-1]
        v = cells @ a
        steps = np.rint(
            np.einsum("nj,nj->n", v[:, 0], v[:, 1]) / np.einsum("nj,nj->n", v[:, 0], v[:, 0]) - 1e-9
        ).astype(np.int64)
        cells[:, 1] -= steps[:, None] * cells[:, 0]
        if not swap.any() and not steps.any():
            break
    flip = np.linalg.det(cells @ a) < 0
    cells[flip, 1] *= -1
    return cells


def _unlike(vectors: Matrix, area: Matrix, s: Matrix, twist: Matrix) -> NDArray[np.int64]:
    """Return the index of the first of each set of cells alike in area, shape, strain and twist."""
    length = np.sort(np.linalg.norm(vectors, axis=2), axis=1)
    angle = np.abs(np.einsum("nj,nj->n", vectors[:, 0], vectors[:, 1]))
    key = np.round(np.column_stack([area, length, angle, np.sort(s, axis=1) * 100, np.abs(twist)]), 4)
    _, first = np.unique(key + 0.0, axis=0, return_index=True)
    return np.sort(first)
