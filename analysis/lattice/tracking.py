"""Tracking: the anion sites of the start, followed through drift, strain and exchange, and who sits on them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from nanokiln.analysis.lattice.occupation import Census
from nanokiln.analysis.lattice.sites import Holes, assign
from nanokiln.analysis.trajectory.neighbours import pairs, spacing
from nanokiln.analysis.trajectory.trajectory import Snapshot

Array = NDArray[np.float64]
Index = NDArray[np.int64]


_HELD = 3  # neighbours that make a place a site of the lattice, as every corner of a hole has


@dataclass(frozen=True)
class AnionSites:
    """The anion sites of a first census: their places, the atoms that held them, and each site's neighbours."""

    placed_A: Array
    atoms: Index
    i: Index
    j: Index
    spacing_A: float
    periodic: NDArray[np.bool_]

    @classmethod
    def of(cls, census: Census, cell: Array, periodic: NDArray[np.bool_]) -> "AnionSites":
        """Take the smoothed anion positions of a census as the sites; an adatom's place is none."""
        d = spacing(census.smoothed_A, cell, periodic)
        i, j, _ = pairs(census.smoothed_A, cell, periodic, 1.22 * d)
        held = np.bincount(i, minlength=len(census.anions)) >= _HELD
        index = np.cumsum(held) - 1
        both = held[i] & held[j]
        return cls(census.smoothed_A[held], census.anions[held], index[i[both]], index[j[both]], d, periodic)

    def now(self, snapshot: Snapshot) -> Array:
        """Return where the sites are in a later frame: each moved by the median displacement of its neighbours.

        The median does not heed the few that jumped; `displacements` must count from the frame of the first census.
        """
        moved = snapshot.displacements[self.atoms]
        moved = np.where(np.isnan(snapshot.positions[self.atoms]), np.nan, moved)
        rows = [np.concatenate([self.i, np.arange(len(moved))]), np.concatenate([self.j, np.arange(len(moved))])]
        order = np.argsort(rows[0], kind="stable")
        owner, values = rows[0][order], moved[rows[1][order]]
        count = np.bincount(owner, minlength=len(moved))
        slot = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count)
        table = np.full((len(moved), count.max(), 3), np.nan)
        table[owner, slot] = values
        with np.errstate(all="ignore"):
            shift = np.nanmedian(table, axis=1)
        out: Array = self.placed_A + np.nan_to_num(shift)
        return out

    def site_of(self, census: Census, snapshot: Snapshot) -> Index:
        """Return the site of each anion of a later census, one to one, -1 where it has none."""
        sites = Holes(np.zeros(len(self.placed_A), np.int64), self.now(snapshot), np.empty((0, 4), np.int64))
        return assign(census.smoothed_A, sites, snapshot.cell, self.periodic, self.spacing_A)


@dataclass(frozen=True)
class Occupation:
    """Who sat where: `atom` (n_censuses, n_sites), -1 for nobody; `known` says whether a site could be told at all."""

    atom: Index
    known: NDArray[np.bool_]

    def settled(self, dwell: int = 2) -> "Occupation":
        """Return the occupation without visits shorter than `dwell` censuses, which vibrations make."""
        atom = self.atom.copy()
        for row in range(1, len(atom)):
            atom[row] = np.where(self.known[row], atom[row], atom[row - 1])
        stays = np.ones(atom.shape, dtype=bool)
        for ahead in range(1, dwell):
            stays[: len(atom) - ahead] &= atom[ahead:] == atom[: len(atom) - ahead]
            stays[len(atom) - ahead :] = False
        for row in range(1, len(atom)):
            kept = stays[row] | (atom[row] == atom[row - 1])
            atom[row] = np.where(kept, atom[row], atom[row - 1])
        return Occupation(atom, self.known)


@dataclass(frozen=True)
class SeatRow:
    """One census: the atom on each `anion` site, the `holder` of each hole (-1 for nobody), which holes are `known`."""

    anion: Index
    holder: Index
    known: NDArray[np.bool_]


class SiteTracker:
    """Follows the holes and anion sites of a first census; feed it every later census in order."""

    def __init__(self, census: Census, snapshot: Snapshot, periodic: NDArray[np.bool_]) -> None:
        """Start from a census and its frame, which must be the trajectory's first."""
        self.sites = AnionSites.of(census, snapshot.cell, periodic)
        self.holes = census.holes
        self.first_anions = census.anions
        site = np.searchsorted(self.sites.atoms, census.anions)
        site = np.where(np.isin(census.anions, self.sites.atoms), site, -1)
        keys = _keys(site[census.holes.corners], census.holes.kind)
        self._order = np.lexsort(keys.T[::-1])
        self._tree = cKDTree(keys[self._order])
        self._rows: list[SeatRow] = []
        self.add(census, snapshot)

    def add(self, census: Census, snapshot: Snapshot) -> None:
        """Note who sits where in one more census."""
        self.note(self.seen(census, snapshot))

    def note(self, row: SeatRow) -> None:
        """Note what was `seen` in one more census."""
        self._rows.append(row)

    def seen(self, census: Census, snapshot: Snapshot) -> SeatRow:
        """Return who sits where in a later census, which need not be the next one."""
        site = self.sites.site_of(census, snapshot)
        anion = np.full(len(self.sites.atoms), -1, dtype=np.int64)
        anion[site[site >= 0]] = census.anions[site >= 0]
        corners = site[census.holes.corners]
        usable = (corners >= 0).all(axis=1)
        holder = np.full(len(self.holes), -1, dtype=np.int64)
        known = np.zeros(len(self.holes), dtype=bool)
        distance, found = self._tree.query(_keys(corners[usable], census.holes.kind[usable]))
        same = distance < 0.5
        mine = self._order[np.asarray(found)[same]]
        holder[mine], known[mine] = census.holder[usable][same], True
        return SeatRow(anion, holder, known)

    @property
    def cations(self) -> Occupation:
        """Who sat in each hole of the first census, (n_censuses, n_holes)."""
        return Occupation(np.array([row.holder for row in self._rows]), np.array([row.known for row in self._rows]))

    @property
    def anions(self) -> Occupation:
        """Who sat on each anion site of the first census, (n_censuses, n_sites)."""
        rows = np.array([row.anion for row in self._rows])
        return Occupation(rows, np.ones(rows.shape, dtype=bool))


def _keys(corners: Index, kind: Index) -> Array:
    """Return what names a hole: its kind and its sorted corner sites."""
    return np.column_stack([1e6 * kind, np.sort(corners, axis=1)]).astype(float)
