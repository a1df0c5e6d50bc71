"""Jumps from site to site: how often, and how long they are."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nanokiln.analysis.lattice.tracking import Occupation

Array = NDArray[np.float64]
Index = NDArray[np.int64]


@dataclass(frozen=True)
class Hops:
    """Every settled change of site: `atom`, sites `start` and `end`, `census` of arrival.

    `seated` counts the stays, one per atom and census, from which a hop would have been seen.
    """

    atom: Index
    start: Index
    end: Index
    census: Index
    seated: int

    def __len__(self) -> int:
        """Return the number of hops."""
        return len(self.atom)

    def only(self, which: NDArray[np.bool_]) -> "Hops":
        """Return those hops of a mask, (n_hops,), seen over the same stays."""
        return Hops(self.atom[which], self.start[which], self.end[which], self.census[which], self.seated)


def find_hops(occupation: Occupation, dwell: int = 2) -> Hops:
    """Return the hops of atoms from site to site; visits shorter than `dwell` censuses are no hops.

    Who arrives within the last `dwell` - 1 censuses has not settled yet, so that these are no time of observation.
    """
    settled = occupation.settled(dwell).atom
    n_atoms = int(settled.max()) + 1 if settled.size else 0
    where = np.full(n_atoms, -1, dtype=np.int64)
    rows: list[tuple[Index, Index, Index, Index]] = []
    seated = 0
    for census, row in enumerate(settled):
        sites = np.flatnonzero(row >= 0)
        atoms = row[sites]
        seated += len(sites) if 1 <= census <= len(settled) - dwell else 0
        moved = (where[atoms] >= 0) & (where[atoms] != sites)
        rows.append((atoms[moved], where[atoms[moved]], sites[moved], np.full(int(moved.sum()), census)))
        where[atoms] = sites
    atom, start, end, census_of = (np.concatenate([r[k] for r in rows]) for k in range(4))
    return Hops(atom, start, end, census_of, seated)


def jump_rate(hops: Hops, interval_ps: float) -> tuple[float, float]:
    """Return hops per atom and picosecond and its standard error: Poisson, or over atoms where they differ more."""
    time = hops.seated * interval_ps
    if time == 0:
        return float("nan"), float("nan")
    per_atom = np.bincount(hops.atom) if len(hops) else np.zeros(1)
    per_atom = per_atom[per_atom > 0]
    spread = max(np.sqrt(max(len(hops), 1)), float(np.sqrt((per_atom.astype(float) ** 2).sum())))
    return len(hops) / time, spread / time


def jump_lengths(hops: Hops, site_positions_A: Array, cell: Array, periodic: NDArray[np.bool_]) -> Array:
    """Return the length of each hop (angstrom), from site to site by the nearest image."""
    vector = site_positions_A[hops.end] - site_positions_A[hops.start]
    scaled = np.linalg.solve(cell.T, vector.T).T
    out: Array = np.linalg.norm((scaled - np.where(periodic, np.rint(scaled), 0.0)) @ cell, axis=1)
    return out
