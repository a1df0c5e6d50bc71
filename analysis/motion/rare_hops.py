"""Rare hops: D and its bounds where so few atoms moved that the number of hops, not the noise, says how sure it is.

Hops are Poisson events. An atom has hopped if its mean place in the last eighth of the frames lies further from that in
the first than vibration can take it, as the unmoved majority tells; a hop that is taken back does not count. Each adds
a weight to D, and weighted Poisson sums have intervals by Fay and Feuer (Stat. Med. 16 (1997) 791). With no hop
seen the 95 % bound is that of the rule of three: 3.0 hops over atoms times time.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi, chi2

from nanokiln.analysis.motion.rigid import BOND_A
from nanokiln.analysis.trajectory.neighbours import spacing
from nanokiln.analysis.trajectory.trajectory import Trajectory

Array = NDArray[np.float64]
Index = NDArray[np.int64]

JUMP_A = 1.2  # less than half of any jump between sites, more than any vibration's mean
NO_HOP = 2.996  # hops that are not excluded at 95 % where none was seen: -ln 0.05
_ENDS = 8  # one over the share of the frames that an end place is the mean of
_BY_CHANCE = 0.01  # atoms that vibration alone may take for hops, in a whole run
_STANDS_OUT = 0.7  # of a hop's length: a threshold above it would miss hops
_PLACES = 10  # frames that a mean place is taken over
_NEARLY_ALL = 0.95  # of the atoms must have hops that stand out


@dataclass(frozen=True)
class HopCount:
    """The `weights` (n_hopped,) in A2/ps that the atoms which hopped add to D, and that of `one_hop` of stated length.

    `stands_out`: hops are longer than the other displacements; where not, every atom counts, vibration included.
    `moved` is the number of atoms that got further than a vibration, whether they stand out or not.
    """

    weights: Array
    one_hop: float
    stands_out: bool
    moved: int
    atoms: int
    frames: int

    @property
    def D(self) -> float:
        """D (A2/ps) of the counted hops."""
        return float(self.weights.sum())

    @property
    def error(self) -> float:
        """Standard error of D, from the number of hops."""
        return float(np.sqrt((self.weights**2).sum()))

    def interval(self) -> tuple[float, float]:
        """Return the 95 % interval of D, two-sided; at least one hop must have been counted."""
        shape = (self.D / self.error) ** 2
        return self.D / shape * float(chi2.ppf(0.025, 2 * shape)) / 2, self._upper(0.975)

    def bound(self) -> float:
        """Return the 95 % upper bound of D: 3.0 hops where none was counted."""
        return self._upper(0.95)

    def _upper(self, confidence: float) -> float:
        more = max(self.one_hop, float(self.weights.max(initial=0.0)))  # one more hop than was seen
        total, variance = self.D + more, self.error**2 + more**2
        return variance / total * float(chi2.ppf(confidence, 2 * total**2 / variance)) / 2


def count_hops(blocks: Callable[[], Iterator[Array]], dt_ps: float, hop_A: float) -> HopCount:
    """Count hops in displacements that `blocks()` yields as (n_frames, some atoms, n_axes), evenly spaced in time.

    ValueError: fewer than two frames or no atom.
    """
    parts = [(len(part), *_net_and_step(part)) for part in blocks()]
    frames = parts[0][0] if parts else 0
    net = np.concatenate([part[1] for part in parts]) if parts else np.empty((0, 3))
    atoms, axes = net.shape
    if atoms == 0:
        raise ValueError("D needs at least one atom that is there in every frame; got none")
    square = (net**2).sum(axis=1)
    limit_A = _thresholds(square, np.concatenate([part[2] for part in parts]), axes)
    stands_out = frames > _ENDS and bool(np.mean(limit_A < _STANDS_OUT * hop_A) > _NEARLY_ALL)
    counted = square[square > limit_A**2] if stands_out else square
    per_square = 1 / (2 * axes * atoms * dt_ps * _steps_seen(frames))
    return HopCount(
        counted * per_square, hop_A**2 * per_square, stands_out, int((square > JUMP_A**2).sum()), atoms, frames
    )


def _net_and_step(part: Array) -> tuple[Array, Array]:
    """Return how far the mean place went from the first to the last end (n, axes), and the median square step (n,)."""
    if len(part) < 2:
        raise ValueError(f"D needs at least two frames; got {len(part)}")
    end = max(len(part) // _ENDS, 1)
    net = part[-end:].mean(axis=0) - part[:end].mean(axis=0)
    return net, np.median((np.diff(part, axis=0) ** 2).sum(axis=2), axis=0)


def _thresholds(square: Array, step: Array, axes: int) -> Array:
    """Return how far (A) each atom must get to have hopped: beyond what vibration, its own if larger, does by chance.

    Most atoms did not hop: the median of the net displacements is their vibration.
    """
    vibration_A = np.sqrt(np.median(square) / chi2.median(axes))
    softer = np.sqrt(np.maximum(step / max(float(np.median(step)), 1e-12), 1.0))
    out: Array = np.maximum(JUMP_A, vibration_A * softer * float(chi.isf(_BY_CHANCE / len(square), axes)))
    return out


def _steps_seen(frames: int) -> float:
    """Return how many steps count in full: a hop within an end counts by the square of the part that is seen."""
    end = max(frames // _ENDS, 1)
    return frames - 1 - 2 * (end - 1) + 2 * float(((np.arange(1, end) / end) ** 2).sum())


def hop_length(trajectory: Trajectory, atoms: Index, frames: slice = slice(None)) -> float:
    """Return the typical distance (A) between the mean places of some atoms: a hop to a neighbouring site of their own.

    It is held between twice `JUMP_A` and the reach of a bond, which it has for atoms that are few and far apart.
    """
    chosen = range(trajectory.n_frames)[frames]
    snapshot = trajectory.frame(chosen[0])
    moved = trajectory.displacements(atoms, slice(chosen[0], chosen[-1] + 1, max(len(chosen) // _PLACES, 1)))
    places = snapshot.positions[atoms] - snapshot.origin + (moved - moved[0]).mean(axis=0)
    there = places[~np.isnan(places[:, 0])]
    if len(there) == 0:
        return BOND_A
    return float(np.clip(spacing(there, snapshot.cell, trajectory.periodic), 2 * JUMP_A, BOND_A))
