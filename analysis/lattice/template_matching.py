"""Polyhedral template matching on one sublattice: which anions are stacked hcp, which fcc.

Larsen, Schmidt, Schiotz, Modelling Simul. Mater. Sci. Eng. 24 (2016) 055007, as implemented by mdapy.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from nanokiln.analysis.lattice.template_points import shared_neighbours
from nanokiln.analysis.trajectory.neighbours import pairs, with_images

RMSD_CUTOFF = 0.20
OTHER, FCC, HCP = 0, 1, 2
_FEW = 14  # a template needs twelve neighbours
_THIN_A = 15.0  # a cell thinner than this holds an atom's neighbours more than once

# In a jammed random packing 9 % of the points match a template with an rmsd below 0.20, almost none below 0.10, and few
# of them have neighbours that continue the same lattice. A crystal's neighbours do, even with 0.35 A of noise per axis.
_SURE_RMSD = 0.10
_SAME_LATTICE = 8  # of the twelve neighbours that two templates expect; fcc beside hcp share nine
_SAME_PLACE = 0.3  # of the distance between neighbours
_COMPANIONS = 4


def _templates() -> NDArray[np.float64]:
    """Return unit templates (3, 12, 3): fcc, and hcp with the triangles above and below pointing either way."""
    signs = [(1, 1), (1, -1), (-1, 1), (-1, -1)]
    fcc = [(a, b, 0) for a, b in signs] + [(a, 0, b) for a, b in signs] + [(0, a, b) for a, b in signs]
    ring = np.arange(6) * np.pi / 3
    hexagon = np.column_stack([np.cos(ring), np.sin(ring), np.zeros(6)])
    out = [np.array(fcc) / np.sqrt(2)]
    for turn in (np.pi / 6, np.pi / 2):
        angle = turn + np.arange(3) * 2 * np.pi / 3
        above = np.column_stack([np.cos(angle) / np.sqrt(3), np.sin(angle) / np.sqrt(3), np.full(3, np.sqrt(2 / 3))])
        out.append(np.concatenate([hexagon, above, above * [1, 1, -1]]))
    return np.array(out)


TEMPLATES = _templates()


@dataclass(frozen=True)
class Match:
    """Per point: `kind` (OTHER, FCC or HCP), `rmsd` to its template, neighbour `distance_A`, `quaternion` (w x y z)."""

    kind: NDArray[np.int64]
    rmsd: NDArray[np.float64]
    distance_A: NDArray[np.float64]
    quaternion: NDArray[np.float64]

    def only(self, which: NDArray[np.bool_]) -> "Match":
        """Return the matches of some of the points."""
        return Match(self.kind[which], self.rmsd[which], self.distance_A[which], self.quaternion[which])


def match(
    positions: NDArray[np.float64],
    cell: NDArray[np.float64],
    periodic: NDArray[np.bool_],
    rmsd_cutoff: float = RMSD_CUTOFF,
    *,
    lone: bool = False,
) -> Match:
    """Match each point's twelve neighbours to the fcc and hcp templates; fewer than 14 points match nothing.

    A poor match whose neighbours do not continue its lattice is chance, and dropped unless `lone`.

    >>> from ase.build import bulk
    >>> from nanokiln.analysis.lattice import match
    >>> from nanokiln.analysis.lattice.template_matching import FCC
    >>> gold = bulk("Au", cubic=True) * 3
    >>> bool((match(gold.positions, gold.cell.array, gold.pbc).kind == FCC).all())
    True
    """
    n = len(positions)
    points, box_cell, boundary = positions, cell, periodic
    if n and periodic.any() and _thickness(cell)[periodic].min() < _THIN_A:
        # A thin cell is laid out with its images as a free cluster; only the atoms themselves are then looked at.
        points, _ = with_images(positions, cell, periodic, _THIN_A)
        boundary = np.zeros(3, dtype=bool)
        points = points - points.min(axis=0) + 1.0
        box_cell = np.diag(np.ptp(points, axis=0) + 2.0)
    if len(points) < _FEW:
        return Match(np.zeros(n, dtype=np.int64), np.full(n, np.inf), np.zeros(n), np.zeros((n, 4)))
    import polars as pl
    from mdapy.box import Box
    from mdapy.polyhedral_template_matching import PolyhedralTemplateMatching

    table = pl.DataFrame({axis: np.ascontiguousarray(points[:, i], dtype=float) for i, axis in enumerate("xyz")})
    box = Box(np.ascontiguousarray(box_cell), boundary=[int(p) for p in boundary])
    ptm = PolyhedralTemplateMatching("fcc-hcp", table, box, rmsd_threshold=rmsd_cutoff)
    ptm.compute()
    out = ptm.output[:n]
    found = Match(out[:, 0].astype(np.int64), out[:, 2], out[:, 3], out[:, 4:8])
    return found if lone else _in_company(found, positions, cell, periodic)


def _thickness(cell: NDArray[np.float64]) -> NDArray[np.float64]:
    across = np.cross(np.roll(cell, -1, axis=0), np.roll(cell, -2, axis=0))
    return np.asarray(abs(np.linalg.det(cell)) / np.linalg.norm(across, axis=1))


def turns(match: Match) -> Rotation:
    """Return the rotation that carries each point's template onto its neighbours; the identity where none matched."""
    known = match.kind[:, None] != OTHER
    return Rotation.from_quat(np.where(known, match.quaternion, [1.0, 0.0, 0.0, 0.0]), scalar_first=True)


def _in_company(
    found: Match, positions: NDArray[np.float64], cell: NDArray[np.float64], periodic: NDArray[np.bool_]
) -> Match:
    """Drop the doubtful matches that fewer than four matched neighbours share a lattice with."""
    known = found.kind != OTHER
    doubtful = known & (found.rmsd >= _SURE_RMSD)
    if not doubtful.any():
        return found
    i, _ = pairs_of_one_lattice(found, positions, cell, periodic, doubtful)
    company = np.bincount(i, minlength=len(known))
    kind = np.where(doubtful & (company < _COMPANIONS), OTHER, found.kind)
    return Match(kind, found.rmsd, found.distance_A, found.quaternion)


def pairs_of_one_lattice(
    found: Match,
    positions: NDArray[np.float64],
    cell: NDArray[np.float64],
    periodic: NDArray[np.bool_],
    first: NDArray[np.bool_],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return neighbour pairs i, j of matched points, i among `first`, whose templates expect the same neighbours."""
    known = found.kind != OTHER
    i, j, _ = pairs(positions, cell, periodic, 1.4 * float(np.median(found.distance_A[known])))
    both = first[i] & known[j]
    i, j = i[both], j[both]
    expected = np.einsum("nab,vkb->vnka", turns(found).as_matrix(), TEMPLATES)
    shared = shared_neighbours(i, j, expected, found.kind == FCC, _SAME_PLACE)
    same = shared >= _SAME_LATTICE
    return i[same], j[same]
