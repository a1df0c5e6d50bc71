"""Pieces after a run: bodies, the clusters that a metal lies in and where on a rod, and grains of the anion lattice."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from nanokiln.analysis.lattice.clusters import find_clusters, find_grains, place_on_rod, shape_of
from nanokiln.analysis.lattice.occupation import Census, Labels
from nanokiln.analysis.measured import Result
from nanokiln.analysis.motion.rigid import BOND_A, connected
from nanokiln.analysis.trajectory.trajectory import Trajectory

_SPECK = 12  # atoms: smaller ones are no clusters
_GRAIN_SHARE = 0.05  # of the anions: smaller ordered pieces are specks
_ROD = 2.0  # aspect ratio from which a body has tips and sides


def piece_results(trajectory: Trajectory, labels: Labels, last: Census) -> tuple[Result, ...]:
    """Return `clusters` and `largest_cluster` of each metal, its `scattered` atoms, clusters at tips and sides of a
    rod, `anion_grains`, and the separate `bodies`, first and last.

    The others are counts in the last frame, whose census is `last`.
    """
    return (*_bodies(trajectory), *_metal(trajectory, labels), *_grains(trajectory, last))


def _bodies(trajectory: Trajectory) -> Iterator[Result]:
    """Yield how many bodies there are that touch no other: fewer at the end where some have joined."""
    if trajectory.periodic.any():
        return
    for stage, index in (("first", 0), ("last", -1)):
        frame = trajectory.frame(index)
        positions = frame.positions[frame.present] - frame.origin
        sizes = np.bincount(connected(positions, frame.cell, trajectory.periodic, BOND_A)[0])
        method = f"atoms nearer than {BOND_A:g} A, pieces of {_SPECK} and more"
        found = _count("bodies", f"separate bodies, {stage} frame", int(np.sum(sizes >= _SPECK)), method)
        yield replace(found, stage=stage, method=found.method.replace("last", stage))


def _metal(trajectory: Trajectory, labels: Labels) -> Iterator[Result]:
    frame = trajectory.frame(-1)
    for species in np.unique(trajectory.elements[labels.metal]).tolist():
        mine = labels.metal & frame.present & (trajectory.elements == species)
        positions = frame.positions[mine] - frame.origin
        found = [c for c in find_clusters(positions, frame.cell, trajectory.periodic) if len(c) >= _SPECK]
        method = f"atoms nearer than 3.6 A, pieces of {_SPECK} and more"
        yield _count("clusters", f"clusters of {species}", len(found), method, species=species)
        loose = int(mine.sum()) - sum(map(len, found))
        yield _count("scattered", f"{species} atoms in no cluster", loose, method, species=species)
        largest = max(map(len, found), default=0)
        yield _count("largest_cluster", f"atoms in the largest cluster of {species}", largest, method, species=species)
        body = (labels.anion | labels.cation) & frame.present
        if body.sum() >= _SPECK and not trajectory.periodic.any():
            rod = shape_of(frame.positions[body] - frame.origin)
            places = [place_on_rod(positions[c], rod) for c in found]
            if rod.aspect_ratio >= _ROD:
                for place in ("tip", "side"):
                    name = f"clusters of {species} at the {place} of the rod"
                    yield _count("clusters", name, places.count(place), method, species=species, region=place)


def _grains(trajectory: Trajectory, last: Census) -> Iterator[Result]:
    n = len(last.anions)
    if n >= _SPECK:
        cell = trajectory.cells[-1]
        found = find_grains(last.smoothed_A, cell, trajectory.periodic, last.match)
        large = sum(len(grain) > _GRAIN_SHARE * n for grain in found)
        method = "anions whose templates agree, pieces above 5 % of them; twins count as one grain"
        yield _count("anion_grains", "grains of the anion lattice", large, method)


def _count(quantity: str, name: str, number: int, method: str, species: str = "", region: str = "") -> Result:
    return Result(
        name,
        float(number),
        "atoms" if quantity in ("largest_cluster", "scattered") else quantity.rsplit("_", 1)[-1],
        "measured",
        0.0,
        method=f"count in the last frame: {method}",
        quantity=quantity,
        species=species,
        region=region,
    )
