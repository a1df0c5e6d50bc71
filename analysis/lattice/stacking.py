"""Stacking: the sequence of close-packed layers, h or c, and the faults in it."""

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nanokiln.analysis.lattice.template_matching import FCC, HCP, OTHER, Match, turns

Array = NDArray[np.float64]

_C_AXIS = np.array([[0.0, 0.0, 1.0]])
_BODY_DIAGONALS = np.array([[1.0, 1, 1], [-1, 1, 1], [1, -1, 1], [1, 1, -1]]) / np.sqrt(3)
_LAYERS_APART = np.sqrt(2 / 3)  # in anion spacings


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
