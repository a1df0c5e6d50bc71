"""Boundaries between domains that lie on one another along the stacking axis: how rough they are, and where the
elements of one give way to those of the other, before and after."""

from collections.abc import Iterator
from itertools import permutations

import numpy as np
from numpy.typing import NDArray

from nanokiln.analysis.lattice.composition import find_front
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


def boundary_results(model: Model, mobility: Mobility) -> tuple[Result, ...]:
    """Return `roughness` (A) of every face between two domains, in the first frame and over the last six, and `front`
    (A), where the cations or metal atoms of the lower one (`other` the upper) give way to those of the upper one.

    The face lies between the anions and metal atoms that each domain began with; `domain` is the lower one, `other`
    the upper. Domains that enclose one another, or meet through the periodic boundary, share no such face. A front
    counts every atom of both elements between the middles of the two domains, from the middle of their framework, so
    that neither drift nor turning moves it.
    """
    trajectory, labels, axis = mobility.trajectory, mobility.labels, model.stacking_axis
    framework = labels.anion | labels.metal
    start = trajectory.frame(0)
    atoms = np.flatnonzero(start.present)
    placed = start.positions[atoms]
    moved = mobility.displacements.of(atoms, slice(max(trajectory.n_frames - _LAST, 0), None))
    with np.errstate(all="ignore"):
        last = placed + moved.mean(axis=0)  # an atom that left is NaN, and left out
    domain, frame = labels.domain[atoms], framework[atoms]
    positive = np.where(labels.anion[atoms], "", trajectory.elements[atoms])
    held = placed[frame] - start.origin
    rows: list[Result] = []
    for below, above in _faces(held, domain[frame], axis, start.cell, trajectory.periodic):
        names = labels.names[below], labels.names[above]
        for stage, positions in (("first", placed), ("last", last)):
            parts = domain == below, domain == above
            rows += _roughness(positions, frame & parts[0], frame & parts[1], axis, (*names, stage))
            rows += _front(positions[:, axis], parts, frame, positive, (*names, stage))
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


def _front(
    height: Array, parts: tuple[Mask, Mask], frame: Mask, positive: NDArray[np.str_], columns: tuple[str, str, str]
) -> Iterator[Result]:
    """Yield the front between the commonest cations or metal atoms of two domains, where these are of two elements.

    `positive` (n,) names the element of each atom, empty for anions.
    """
    below, above, stage = columns
    lower, upper = (_commonest(positive[part]) for part in parts)
    if not lower or not upper or lower == upper:
        return
    bottom, top = (float(np.nanmean(height[frame & part])) for part in parts)
    between = np.isin(positive, [lower, upper]) & (height > bottom) & (height < top)
    found = find_front(height[between], positive[between] == upper)
    if found is not None:
        yield Result(
            f"front of {upper} on {lower}, {below} | {above}, {stage}",
            found.height_A - float(np.nanmean(height[frame & (parts[0] | parts[1])])),
            "A",
            "measured",
            found.error_A,
            method=f"the cut with the fewest of {between.sum()} atoms on the wrong side, {100 * found.misplaced:.0f} % "
            "of them, from the middle of both domains; error to where one atom more is on the wrong side",
            quantity="front",
            species=upper,
            domain=below,
            other=above,
            stage=stage,
        )


def _commonest(elements: NDArray[np.str_]) -> str:
    """Return the commonest element but that of no name; nothing where there is none."""
    names, counts = np.unique(elements[elements != ""], return_counts=True)
    return str(names[counts.argmax()]) if len(names) else ""
