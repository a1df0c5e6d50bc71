"""The census: at one instant, which hole of the anion lattice holds which cation, and how each anion is stacked."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nanokiln.analysis.lattice.anion_lattice import smooth
from nanokiln.analysis.lattice.sites import OCTAHEDRAL, TETRAHEDRAL, Holes, assign, find_holes
from nanokiln.analysis.lattice.template_matching import FCC, HCP, OTHER, Match, match
from nanokiln.analysis.trajectory.neighbours import pairs, spacing
from nanokiln.analysis.trajectory.trajectory import Snapshot
from nanokiln.structures.model import Model

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Mask = NDArray[np.bool_]

INTERSTITIAL = -1
PHASES = ("wz", "zb", "antifluorite", "filled hcp", "rocksalt", "bare", "disordered")
_SHELL = 12
_SHELL_REACH = 1.22  # in anion spacings, half-way between the first and the second shell
_HALF, _FULL = (0.25, 0.68), 0.68  # filled share of the eight tetrahedral holes around an anion


@dataclass(frozen=True)
class Census:
    """Anions (atom indices; `smoothed_A`, `match`), `holes`, and `cations` (atom indices) with each one's hole, `seat`.

    `holder` gives each hole's atom, -1 where it is empty; `seat` each cation's hole, INTERSTITIAL where it has none.
    """

    anions: Index
    smoothed_A: Array
    match: Match
    holes: Holes
    cations: Index
    seat: Index
    holder: Index

    @property
    def filled(self) -> Mask:
        """Which holes are occupied."""
        filled: Mask = self.holder >= 0
        return filled


@dataclass(frozen=True)
class Labels:
    """What a census must know of a model: masks `anion`, `cation`, `metal`, `complete` (shells), and `domain`."""

    anion: Mask
    cation: Mask
    metal: Mask
    domain: Index
    complete: Mask
    names: tuple[str, ...]
    axis: Array

    @classmethod
    def of(cls, model: Model) -> "Labels":
        """Read the labels of a model; twelve anions around an anion at the start make a complete shell."""
        atoms = model.atoms
        anion = atoms.arrays["sublattice"] == "anion"
        metal = atoms.arrays["sublattice"] == "metal"
        complete = np.zeros(len(atoms), dtype=bool)
        for lattice in (anion, metal):
            if lattice.sum() > _SHELL:
                complete[lattice] = complete_shells(atoms.positions[lattice], atoms.cell.array, atoms.pbc)
        return cls(
            anion,
            atoms.arrays["sublattice"] == "cation",
            metal,
            np.asarray(atoms.arrays["domain"], dtype=np.int64),
            complete,
            tuple(domain.name for domain in model.domains),
            np.eye(3)[model.stacking_axis],
        )


def complete_shells(anions_A: Array, cell: Array, periodic: Mask) -> Mask:
    """Return which anions have all twelve neighbours of a close-packed lattice."""
    if not len(anions_A):
        return np.zeros(0, dtype=bool)
    cell = cell if abs(np.linalg.det(cell)) > 0 else np.eye(3)
    d = spacing(anions_A, cell, periodic)
    i, _, _ = pairs(anions_A, cell, periodic, _SHELL_REACH * d)
    complete: Mask = np.bincount(i, minlength=len(anions_A)) >= _SHELL
    return complete


def take_census(snapshot: Snapshot, labels: Labels, periodic: Mask) -> Census:
    """Rebuild the holes from the anions of this frame alone and seat every cation in one of them."""
    here = snapshot.present
    anions, cations = np.flatnonzero(labels.anion & here), np.flatnonzero(labels.cation & here)
    positions = snapshot.positions - snapshot.origin
    found = match(positions[anions], snapshot.cell, periodic)
    smoothed = smooth(positions[anions], snapshot.cell, periodic, found)
    holes = find_holes(smoothed, snapshot.cell, periodic)
    reach = spacing(smoothed, snapshot.cell, periodic) if len(anions) > 4 else 1.0
    seat = assign(positions[cations], holes, snapshot.cell, periodic, reach)
    holder = np.full(len(holes), -1, dtype=np.int64)
    holder[seat[seat >= 0]] = cations[seat >= 0]
    return Census(anions, smoothed, found, holes, cations, seat, holder)


def phases(census: Census) -> NDArray[np.str_]:
    """Return the phase of each anion, one of PHASES, from its stacking and how full its tetrahedral holes are.

    hcp half filled is wurtzite, full it is the lattice of Cu3P; fcc half filled is zincblende, full antifluorite; fcc
    with full octahedral and empty tetrahedral holes is rocksalt.
    """
    share, octahedral = _filled_share(census, TETRAHEDRAL), _filled_share(census, OCTAHEDRAL)
    full, half = share >= _FULL, (share >= _HALF[0]) & (share < _HALF[1])
    kind = census.match.kind
    out = np.full(len(kind), "bare", dtype="U12")
    out[(kind == FCC) & (share < _HALF[0]) & (octahedral > 0.34)] = "rocksalt"
    out[kind == OTHER] = "disordered"
    for stacking, when, name in (
        (HCP, half, "wz"),
        (HCP, full, "filled hcp"),
        (FCC, half, "zb"),
        (FCC, full, "antifluorite"),
    ):
        out[(kind == stacking) & when] = name
    return out


def _filled_share(census: Census, kind: int) -> Array:
    """Return the filled share of the holes of one kind around each anion; zero where it has none."""
    these = census.holes.kind == kind
    corners, n = census.holes.corners[these], len(census.anions)
    around = np.bincount(corners.ravel(), minlength=n)
    taken = np.bincount(corners.ravel(), np.repeat(census.filled[these], 4), minlength=n)
    return np.asarray(taken / np.maximum(around, 1))


def polarity(census: Census, axis: Array, cell: Array, periodic: Mask) -> Index:
    """Return +1 or -1 for tetrahedral holes whose apex points along or against the stacking axis; 0 for octahedral."""
    corners = census.smoothed_A[census.holes.corners]
    away = corners - census.holes.positions_A[:, None]
    scaled = np.linalg.solve(cell.T, away.reshape(-1, 3).T).T
    away = ((scaled - np.where(periodic, np.rint(scaled), 0.0)) @ cell).reshape(-1, 4, 3)
    height = away @ axis
    skew = ((height - height.mean(axis=1, keepdims=True)) ** 3).sum(axis=1)
    return np.where(census.holes.kind == TETRAHEDRAL, np.sign(skew), 0).astype(np.int64)
