"""Atomic planes of an oriented crystal, the cuts between them, and layers bounded by such cuts."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import gcd

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from nanokiln.structures.builders.contacts import radii_A
from nanokiln.structures.crystals.crystal import Crystal, Grain
from nanokiln.structures.crystals.indices import Indices, plane_spacing_A
from nanokiln.structures.crystals.phases import Phase

_SAME_PLANE_A = 0.02
_SAME_GAP_A = 1e-3


@dataclass(frozen=True)
class CutPlane:
    """A place to cut a crystal between two atomic planes normal to z.

    `label` names the plane below and the plane above with their composition, such as Cd|Se: a layer that starts at
    this cut begins with Se, one that ends at it ends with Cd. Where the same planes are apart by several distances, the
    narrower ones are numbered: Si|Si, then Si|Si#2. `height_A` lies mid-gap, within one plane period.
    """

    label: str
    height_A: float
    gap_A: float


def period_A(phase: Phase, plane: Indices) -> float:
    """Return the distance along the normal after which the atomic planes repeat, d(hkl) in lowest terms."""
    return period_in_A(phase.lattice_A, plane)


def period_in_A(lattice_A: NDArray[np.float64], plane: Indices) -> float:
    """Return the same for lattice vectors as they are, strained or not."""
    common = gcd(*plane)
    return plane_spacing_A(lattice_A, (plane[0] // common, plane[1] // common, plane[2] // common))


def cuts(phase: Phase, plane: Indices) -> tuple[CutPlane, ...]:
    """Return every cut of one period along (hkl), from bottom to top; opposite polar faces have different labels."""
    d = period_A(phase, plane)
    common = gcd(*plane)
    height = (phase.basis @ np.array(plane) / common % 1.0) * d
    height[height > d - _SAME_PLANE_A / 2] -= d
    order = np.argsort(height, kind="stable")
    starts = np.flatnonzero(np.diff(height[order], prepend=-np.inf) > _SAME_PLANE_A)
    groups = np.split(order, starts[1:])
    counts = [{s: sum(phase.species[i] == s for i in g) for s in sorted({phase.species[i] for i in g})} for g in groups]
    unit = gcd(*(n for c in counts for n in c.values()))
    names = ["".join(f"{s}{n // unit if n > unit else ''}" for s, n in c.items()) for c in counts]
    z = [float(height[g].mean()) for g in groups]
    z.append(z[0] + d)
    names.append(names[0])
    found = (CutPlane(f"{names[i]}|{names[i + 1]}", (z[i] + z[i + 1]) / 2, z[i + 1] - z[i]) for i in range(len(groups)))
    return tuple(_numbered(list(found)))


def _numbered(found: list[CutPlane]) -> Iterator[CutPlane]:
    """Yield the cuts; of those of one label, the second widest gaps are numbered 2, and so on."""
    for cut in found:
        wider = sorted(c.gap_A for c in found if c.label == cut.label and c.gap_A > cut.gap_A + _SAME_GAP_A)
        steps = np.diff(wider, prepend=-np.inf) > _SAME_GAP_A
        yield replace(cut, label=f"{cut.label}#{1 + steps.sum()}") if wider else cut


def choose_cuts(phase: Phase, plane: Indices, label: str | None) -> tuple[CutPlane, ...]:
    """Return the cuts with a label, that of the widest gap when None; ValueError lists them where there is none."""
    every = cuts(phase, plane)
    if label is None:
        widest = max(c.gap_A for c in every)
        label = next(c.label for c in every if c.gap_A > widest - _SAME_GAP_A)
    chosen = tuple(c for c in every if c.label == label)
    if not chosen:
        options = ", ".join(f"{c.label} (gap {c.gap_A:.2f} A)" for c in every)
        raise ValueError(f"{phase.name} has no cut {label!r} along {plane}; there are, from bottom to top: {options}")
    return chosen


def layer_bounds_A(
    phase: Phase, plane: Indices, thickness_A: float, bottom: str | None = None, top: str | None = None
) -> tuple[float, float]:
    """Return the heights of the two cuts that bound a layer whose thickness comes nearest to what is asked.

    Both cuts default to the widest gap; with equal labels the layer keeps the composition of the crystal.
    """
    d = period_A(phase, plane)
    start = choose_cuts(phase, plane, bottom)[0].height_A
    ends = np.array([c.height_A for c in choose_cuts(phase, plane, top or bottom)])
    ends = (ends[None] + d * np.arange(int(thickness_A / d) + 3)[:, None]).ravel()
    ends = ends[ends > start + 1e-6]
    return start, float(ends[np.argmin(np.abs(ends - start - thickness_A))])


def side_cut_A(phase: Phase, plane: Indices, distance_A: float) -> float:
    """Return the distance from the origin of the widest cut along a plane that comes nearest to the one asked."""
    period = period_A(phase, plane)
    heights = np.array([c.height_A for c in choose_cuts(phase, plane, None)])
    heights = (heights[None] + period * np.arange(int(distance_A / period) + 2)[:, None]).ravel()
    heights = heights[heights > period / 4]
    return float(heights[np.argmin(np.abs(heights - distance_A))])


def plane_along(lattice_A: NDArray[np.float64], normal: NDArray[np.float64]) -> Indices | None:
    """Return the plane of indices up to 2 whose normal this is, to 0.1 degrees; None when there is none."""
    steps = np.arange(-2, 3)
    planes = np.array(np.meshgrid(steps, steps, steps, indexing="ij")).reshape(3, -1).T
    planes = planes[np.argsort(np.abs(planes).sum(axis=1), kind="stable")][1:]
    normals = planes @ np.linalg.inv(lattice_A).T
    cosine = normals @ normal / np.linalg.norm(normals, axis=1)
    found = np.flatnonzero(cosine > np.cos(np.radians(0.1)))
    return (int(planes[found[0]][0]), int(planes[found[0]][1]), int(planes[found[0]][2])) if len(found) else None


def lowered(crystal: Crystal, bottom_A: float) -> Crystal:
    """Return the crystal with the plane height `bottom_A` (counted from its origin along z) moved to z = 0."""
    return crystal.moved(np.array([0.0, 0.0, -bottom_A - crystal.origin_A[2]]))


def touching_rise_A(lower: Grain, upper: Grain, touch: float = 1.0, period: NDArray[np.float64] | None = None) -> float:
    """Return how far to raise `upper` along z until its closest contact with `lower` is `touch` covalent radius sums.

    The in-plane period (2, 2), if any, repeats the lower grain. Atoms that never meet side by side do not count.
    """
    low, low_radius = _near_face(lower, top=True)
    up, up_radius = _near_face(upper, top=False)
    if period is not None:
        steps = np.array([(i, j) for i in (-1, 0, 1) for j in (-1, 0, 1)]) @ period
        images = np.repeat(steps, len(low), axis=0)
        low = np.tile(low, (9, 1))
        low[:, :2] += images
        low_radius = np.tile(low_radius, 9)
    reach = touch * (low_radius.max() + up_radius.max())
    pairs = cKDTree(up[:, :2]).sparse_distance_matrix(cKDTree(low[:, :2]), reach, output_type="ndarray")
    contact = touch * (up_radius[pairs["i"]] + low_radius[pairs["j"]])
    meet = contact > pairs["v"]
    if not meet.any():
        return float(low[:, 2].max() - up[:, 2].min())
    i, j = pairs["i"][meet], pairs["j"][meet]
    rise = low[j, 2] - up[i, 2] + np.sqrt(contact[meet] ** 2 - pairs["v"][meet] ** 2)
    return float(rise.max())


def _near_face(grain: Grain, top: bool) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return positions and covalent radii of the atoms within 4 angstrom of the top or bottom plane."""
    points = grain.positions_A()
    near = points[:, 2] > points[:, 2].max() - 4.0 if top else points[:, 2] < points[:, 2].min() + 4.0
    return points[near], radii_A(grain.species()[near])
