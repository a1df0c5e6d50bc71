"""Boundaries between domains that lie on one another along the stacking axis: how rough they are, before and after."""

from collections.abc import Iterator
from itertools import permutations

import numpy as np
from numpy.typing import NDArray

from nanokiln.analysis.lattice.orientation import interface_roughness
from nanokiln.analysis.measure.transport import Mobility
from nanokiln.analysis.measured import Result
from nanokiln.analysis.trajectory.neighbours import pairs
from nanokiln.structures.model import Model

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
_LAST = 6  # frames at the end whose mean positions are free of most vibration
_TOUCH_A = 5.0
_ALONG = 0.4  # of a unit vector: what bonds across a plane point along its normal on the mean
_FEWEST = 6  # bonds below which two domains do not share a face


def roughness_results(model: Model, mobility: Mobility) -> tuple[Result, ...]:
    """Return `roughness` (A) of every face between two domains, in the first frame and over the last six.

    The face lies between the anions and metal atoms that each domain began with; `domain` is the lower one, `other`
    the upper. Domains that enclose one another, or meet through the periodic boundary, share no such face.
    """
    trajectory, labels, axis = mobility.trajectory, mobility.labels, model.stacking_axis
    framework = labels.anion | labels.metal
    start = trajectory.frame(0)
    atoms = np.flatnonzero(framework & start.present)
    placed = start.positions[atoms]
    moved = mobility.displacements.of(atoms, slice(max(trajectory.n_frames - _LAST, 0), None))
    with np.errstate(all="ignore"):
        last = placed + moved.mean(axis=0)  # an atom that left is NaN, and left out
    domain = labels.domain[atoms]
    rows: list[Result] = []
    for below, above in _faces(placed - start.origin, domain, axis, start.cell, trajectory.periodic):
        names = labels.names[below], labels.names[above]
        for stage, positions in (("first", placed), ("last", last)):
            rows += _roughness(positions, domain == below, domain == above, axis, (*names, stage))
    return tuple(rows)


def _faces(
    positions: Array, domain: NDArray[np.int64], axis: int, cell: Array, periodic: Mask
) -> Iterator[tuple[int, int]]:
    """Yield (lower, upper) of every two domains whose bonds point up the axis."""
    i, j, vector = pairs(positions, cell, periodic, _TOUCH_A)
    rise = vector[:, axis] / np.linalg.norm(vector, axis=1)
    for below, above in permutations(np.unique(domain).tolist(), 2):
        bonds = (domain[i] == below) & (domain[j] == above)
        lower, upper = (np.median(positions[domain == d, axis]) for d in (below, above))
        if bonds.sum() >= _FEWEST and rise[bonds].mean() > _ALONG and lower < upper:
            yield below, above


def _roughness(
    positions: Array, lower: Mask, upper: Mask, axis: int, columns: tuple[str, str, str]
) -> Iterator[Result]:
    _, roughness, n = interface_roughness(positions, lower, upper, axis)
    if np.isfinite(roughness):
        below, above, stage = columns
        yield Result(
            f"roughness of {below} | {above}, {stage}",
            roughness,
            "A",
            "measured",
            float(roughness / np.sqrt(2 * (n - 1))),
            method=f"standard deviation of the height over {n} columns of 6 A; error as if they were independent",
            quantity="roughness",
            domain=below,
            other=above,
            stage=stage,
        )
