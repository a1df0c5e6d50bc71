"""Stacking: the sequence of close-packed layers, h or c, the faults in it, and the twin planes of metals."""

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nanokiln.analysis.lattice.template_matching import FCC, HCP, OTHER, Match, turns
from nanokiln.analysis.trajectory.neighbours import pairs

Array = NDArray[np.float64]
Index = NDArray[np.int64]

_C_AXIS = np.array([[0.0, 0.0, 1.0]])
_BODY_DIAGONALS = np.array([[1.0, 1, 1], [-1, 1, 1], [1, -1, 1], [1, 1, -1]]) / np.sqrt(3)
_LAYERS_APART = np.sqrt(2 / 3)  # in anion spacings
_FEWEST_IN_PLANE = 7  # an atom and the hexagon around it
_IN_PLANE = 1.85  # in spacings: beyond the second neighbours in a plane, so that a missing atom does not part it
_PARALLEL = 0.9  # cosine of the angle between normals of one plane


@dataclass(frozen=True)
class Stacking:
    """Layers from bottom to top: `sequence` of h, c and ? (undecided), their `heights_A`, and the stacking `axis`."""

    sequence: str
    heights_A: Array
    axis: Array

    @property
    def host(self) -> str:
        """The stacking of most layers: h (wurtzite, hcp) or c (zincblende, antifluorite, fcc)."""
        return "h" if self.sequence.count("h") >= self.sequence.count("c") else "c"

    def faults(self) -> dict[str, int]:
        """Return the number of faults by kind.

        In hcp, c layers in a row: one is intrinsic I1, two I2, three extrinsic (E), more a cubic slab. In fcc, h
        layers: one is a twin boundary, two in a row an intrinsic fault, h c h an extrinsic one, more a hexagonal slab.
        """
        inner = self.sequence.strip("?")
        if self.host == "h":
            names = {1: "I1", 2: "I2", 3: "E"}
            found = [names.get(len(run), "cubic slab") for run in re.findall("c+", inner)]
        else:
            found = [_cubic_fault(run) for run in re.findall("h(?:c?h)*", inner)]
        return {name: found.count(name) for name in dict.fromkeys(found)}

    @property
    def n_faults(self) -> int:
        """Number of faults of all kinds."""
        return sum(self.faults().values())

    @property
    def per_nm(self) -> float:
        """Faults per nanometre along the axis."""
        return self.n_faults / max(float(np.ptp(self.heights_A)) / 10, 1e-9)


def _cubic_fault(run: str) -> str:
    return {"h": "twin", "hh": "intrinsic", "hch": "extrinsic"}.get(run, "hexagonal slab")


def stacking_axis(match: Match, guess: Array) -> Array:
    """Return the mean close-packed axis nearest to a guess: c of the hcp anions, that <111> of the fcc ones."""
    known = match.kind != OTHER
    if not known.any():
        return guess / np.linalg.norm(guess)
    turn = turns(match).as_matrix()
    axes = np.where((match.kind == HCP)[:, None, None], turn @ _C_AXIS.T, 0.0)[:, :, 0]
    diagonals = np.einsum("nab,kb->nka", turn, _BODY_DIAGONALS)
    best = diagonals[np.arange(len(turn)), abs(diagonals @ guess).argmax(axis=1)]
    axes = np.where((match.kind == FCC)[:, None], best, axes)[known]
    axes = axes * np.sign(axes @ guess)[:, None]
    near = axes @ guess > 0.8 * np.linalg.norm(guess)
    mean = axes[near].mean(axis=0) if near.any() else guess
    out: Array = mean / np.linalg.norm(mean)
    return out


def find_stacking(positions_A: Array, match: Match, guess: Array, use: NDArray[np.bool_] | None = None) -> Stacking:
    """Return the layers of anions at (smoothed) positions (n, 3), each named by the majority of its matched anions.

    `use` (n,) restricts the vote to anions with complete shells; a layer in which nothing matches is a question mark.
    Fit for one crystal whose layers are flat along one axis, periodic or not; positions in one piece along that axis.
    """
    axis = stacking_axis(match, guess)
    height = positions_A @ axis
    known = match.kind != OTHER
    gap = _LAYERS_APART * float(np.median(match.distance_A[known])) if known.any() else 3.4
    order = np.argsort(height)
    layer = np.empty(len(height), dtype=np.int64)
    layer[order] = np.cumsum(np.concatenate([[0], np.diff(height[order]) > 0.4 * gap]))
    vote = known if use is None else known & use
    n = int(layer.max()) + 1
    h = np.bincount(layer[vote & (match.kind == HCP)], minlength=n)
    c = np.bincount(layer[vote & (match.kind == FCC)], minlength=n)
    names = np.where(h + c == 0, "?", np.where(h >= c, "h", "c"))
    heights = np.bincount(layer, height, minlength=n) / np.bincount(layer, minlength=n)
    return Stacking("".join(names.tolist()), heights, axis)


@dataclass(frozen=True)
class FaultPlanes:
    """Planes of hcp atoms in an fcc crystal, each an index array: lone ones are `twins`, pairs and more `faults`."""

    twins: tuple[Index, ...]
    faults: tuple[Index, ...]


def find_fault_planes(
    positions_A: Array, cell: Array, periodic: NDArray[np.bool_], match: Match, fewest: int = _FEWEST_IN_PLANE
) -> FaultPlanes:
    """Return the twin planes and stacking faults of an fcc metal in any orientation, from the matches of its atoms.

    One close-packed layer of hcp atoms between fcc ones is a coherent twin boundary; two and more in a row are a
    stacking fault or a slab of hcp (Hirth, Lothe, ch. 10), told as one fault. An extrinsic fault, h c h, counts as two
    twins. Planes of fewer than `fewest` atoms are specks of noise.
    """
    hcp = np.flatnonzero(match.kind == HCP)
    if len(hcp) < fewest:
        return FaultPlanes((), ())
    d = float(np.median(match.distance_A[hcp]))
    normal = (turns(match.only(match.kind == HCP)).as_matrix() @ _C_AXIS.T)[:, :, 0]
    i, j, vector = pairs(positions_A[hcp], cell, periodic, _IN_PLANE * d)
    parallel = abs(np.einsum("ma,ma->m", normal[i], normal[j])) > _PARALLEL
    rise = abs(np.einsum("ma,ma->m", normal[i], vector)) / d
    flat = parallel & (rise < 0.5 * _LAYERS_APART)
    plane = _joined(len(hcp), i[flat], j[flat])
    large = np.bincount(plane)[plane] >= fewest
    beside = parallel & (abs(rise - _LAYERS_APART) < 0.5 * _LAYERS_APART) & (np.linalg.norm(vector, axis=1) < 1.3 * d)
    beside &= large[i] & large[j] & (plane[i] != plane[j])
    stack = _joined(int(plane.max()) + 1, plane[i[beside]], plane[j[beside]])
    planes = np.unique(plane[large])
    alone = np.bincount(stack[planes], minlength=int(stack.max()) + 1)[stack[planes]] == 1
    twins = tuple(hcp[plane == one] for one in planes[alone])
    return FaultPlanes(twins, tuple(hcp[large & (stack[plane] == one)] for one in np.unique(stack[planes[~alone]])))


def _joined(n: int, i: Index, j: Index) -> Index:
    """Return the component of each of n points that the pairs i, j join, (n,)."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    label = connected_components(coo_array((np.ones(len(i)), (i, j)), shape=(n, n)), directed=False)[1]
    return np.asarray(label, dtype=np.int64)
