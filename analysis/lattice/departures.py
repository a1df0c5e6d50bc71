"""Departures: who really left a site, seen from the anions around it, so that no relabelled hole counts as a move.

The holes of a relaxing, sliding or turning lattice change their names while nobody goes anywhere. An atom has left its
site when it moved away from most of the anions that stood around it, and it has arrived when it stays.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nanokiln.analysis.lattice.tracking import Occupation, SiteTracker

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Mask = NDArray[np.bool_]

LEFT = 0.45  # anion spacings: tetrahedra that share a face are 0.41 apart and one place, other sites at least 0.61
DWELL = 2  # censuses


@dataclass(frozen=True)
class Surroundings:
    """Sites and what stands around them: `paths_A` (n_censuses, n_atoms, 3) are displacements since the first census
    without the turning of each particle, NaN for who is gone; `corners` (n_sites, k) atoms of the first census, -1 for
    none; `known` (n_censuses, n_sites) whether the site was there."""

    paths_A: Array
    corners: Index
    known: Mask
    spacing_A: float

    def departed(self, atoms: Index, sites: Index, since: Index, census: int) -> Mask:
        """Return which atoms have left the surroundings of their sites between censuses, (n,); who is gone has left.

        More than half of the corners must say so: in a layer that slides on another, half of them move along.
        """
        now = self._mean(census, census + DWELL)
        own = now[atoms] - self.paths_A[since, atoms]
        corner = self.corners[sites]
        theirs = now[corner] - self.paths_A[since[:, None], corner]
        there = (corner >= 0) & ~np.isnan(theirs[..., 0])
        with np.errstate(invalid="ignore"):
            far = np.linalg.norm(own[:, None] - theirs, axis=2) > LEFT * self.spacing_A
        told = there.sum(axis=1)
        left: Mask = ((far & there).sum(axis=1) > told / 2) & (told >= 2)
        return left | np.isnan(own[:, 0])

    def _mean(self, first: int, end: int) -> Array:
        with np.errstate(all="ignore"):
            return np.asarray(self.paths_A[first:end].mean(axis=0))


def around_holes(tracker: SiteTracker, paths_A: Array) -> Surroundings:
    """Return the anions at the corners of every hole that the tracker follows."""
    anions = tracker.first_anions
    return Surroundings(paths_A, anions[tracker.holes.corners], tracker.cations.known, tracker.sites.spacing_A)


def around_anions(tracker: SiteTracker, paths_A: Array) -> Surroundings:
    """Return the neighbours of every anion site."""
    sites = tracker.sites
    order = np.argsort(sites.i, kind="stable")
    count = np.bincount(sites.i, minlength=len(sites.atoms))
    slot = np.arange(len(order)) - np.repeat(np.cumsum(count) - count, count)
    table = np.full((len(sites.atoms), int(count.max(initial=1))), -1, dtype=np.int64)
    table[sites.i[order], slot] = sites.atoms[sites.j[order]]
    return Surroundings(paths_A, table, tracker.anions.known, sites.spacing_A)


def moved_only(occupation: Occupation, around: Surroundings) -> Occupation:
    """Return the occupation in which an atom changes its site only where it departed from it, to one that is there.

    Who has not departed sits where it sat, whatever the hole is called by now; who came from no site must have moved
    since the start; nobody takes the site of one who is still there. Nobody sits on two sites: one that could not be
    told at a census is empty then if the atom that held it sits elsewhere, and so every site is known.
    """
    settled = occupation.settled(DWELL)
    n_atoms = around.paths_A.shape[1]
    home, since = np.full(n_atoms, -1, dtype=np.int64), np.zeros(n_atoms, dtype=np.int64)
    out = np.full_like(settled.atom, -1)
    for census, row in enumerate(settled.atom):
        seated = np.flatnonzero(row >= 0)
        atoms = row[seated]
        if census == 0:
            home[atoms] = seated
        else:
            _arrive(atoms, seated, home, since, around, census)
        stay = home[atoms] >= 0
        out[census, home[atoms[stay]]] = atoms[stay]
    return Occupation(out, np.full(out.shape, True))


def _arrive(atoms: Index, seated: Index, home: Index, since: Index, around: Surroundings, census: int) -> None:
    """Let those atoms have their new site that departed from the old one, in place."""
    new = (home[atoms] != seated) & around.known[census, seated]
    atoms, seated = atoms[new], seated[new]
    before = home[atoms]
    left = around.departed(atoms, np.where(before >= 0, before, seated), since[atoms], census)
    atoms, seated = atoms[left], seated[left]
    owner = np.full(around.known.shape[1], -1, dtype=np.int64)
    here = np.flatnonzero(home >= 0)
    owner[home[here]] = here
    held = owner[seated]
    held = np.where(np.isin(held, atoms), -1, held)  # who leaves at once makes room
    free = held < 0
    free[~free] = around.departed(held[~free], seated[~free], since[held[~free]], census)
    home[atoms[free]], since[atoms[free]] = seated[free], census
