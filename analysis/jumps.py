"""Jumps: how far atoms get in a time, how long their jumps are, and how often they go from site to site."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nanokiln.analysis.series import Series
from nanokiln.analysis.tracking import Occupation

Array = NDArray[np.float64]
Index = NDArray[np.int64]


def compute_van_hove(displacements_A: Array, lag: int, width_A: float = 0.1, longest_A: float = 8.0) -> Series:
    """Return the self part of the van Hove function, 4 pi r^2 G_s(r, lag) in 1/A, over all time origins.

    `displacements_A` is (n_frames, n_atoms, 3). The error treats every second lag as independent, per atom.
    """
    moved = np.linalg.norm(displacements_A[lag:] - displacements_A[:-lag], axis=2)
    edges = np.arange(0, longest_A + width_A, width_A)
    counts = np.array([np.histogram(atom[~np.isnan(atom)], edges)[0] for atom in moved.T], dtype=float)
    total = max(counts.sum(), 1.0)
    density = counts.sum(axis=0) / total / width_A
    error = counts.std(axis=0, ddof=1) * np.sqrt(len(counts)) / total / width_A if len(counts) > 1 else None
    centres = 0.5 * (edges[1:] + edges[:-1])
    return Series("van Hove", "distance_A", "A", centres, density, "1/A", error, method="histogram; error over atoms")


@dataclass(frozen=True)
class Hops:
    """Every settled change of site: `atom`, sites `start` and `end`, `census` of arrival; `seated` sums stays."""

    atom: Index
    start: Index
    end: Index
    census: Index
    seated: int

    def __len__(self) -> int:
        """Return the number of hops."""
        return len(self.atom)


def find_hops(occupation: Occupation, dwell: int = 2) -> Hops:
    """Return the hops of atoms from site to site; visits shorter than `dwell` censuses are no hops."""
    settled = occupation.settled(dwell).atom
    n_atoms = int(settled.max()) + 1 if settled.size else 0
    where = np.full(n_atoms, -1, dtype=np.int64)
    rows: list[tuple[Index, Index, Index, Index]] = []
    seated = 0
    for census, row in enumerate(settled):
        sites = np.flatnonzero(row >= 0)
        atoms = row[sites]
        seated += len(sites)
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
