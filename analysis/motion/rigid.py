"""Rigid motion: the drift and turning of each particle, found on its framework and taken away.

Atoms that diffuse also drift and turn as a whole, by chance. A particle without a framework keeps its motion, unless it
drifts or turns more than independent atoms do (F test of the mean squares); it turns only as long as it is solid.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.stats import f as f_distribution

from nanokiln.analysis.trajectory.neighbours import pairs
from nanokiln.analysis.trajectory.trajectory import FRAMEWORK, Trajectory

Array = NDArray[np.float64]
Index = NDArray[np.int64]

_BY_CHANCE = 1e-6  # that atoms which move by themselves pass for a moving body in one frame
_SOLID_A = 1.2  # half the atoms of a solid stay nearer to their place than this, less than half of a jump
BOND_A = 4.6  # atoms nearer than this belong to one particle: beyond any first shell, within any vacuum gap


@dataclass(frozen=True)
class RigidBody:
    """One connected set of atoms: all its `atoms`, the `framework` that defines its motion, and whether it can turn."""

    atoms: Index
    framework: Index
    free: bool

    @property
    def bare(self) -> bool:
        """Whether there is no framework apart: all atoms carry it."""
        return len(self.framework) == len(self.atoms)


def find_particles(trajectory: Trajectory, framework: NDArray[np.bool_] | None = None) -> tuple[RigidBody, ...]:
    """Return the particles of the first frame, largest first; `framework` (n_atoms,) defaults to the anions.

    A particle that touches its own periodic image cannot turn, and keeps its rotation; one of fewer than four
    framework atoms is carried by all its atoms.
    """
    snapshot = trajectory.frame(0)
    carried = np.isin(trajectory.elements, sorted(FRAMEWORK)) if framework is None else framework
    here = np.flatnonzero(snapshot.present)
    label, loose = connected(snapshot.positions[here] - snapshot.origin, snapshot.cell, trajectory.periodic, BOND_A)
    out = []
    for which in np.argsort(-np.bincount(label), kind="stable"):
        atoms = here[label == which]
        own = atoms[carried[atoms]]
        out.append(RigidBody(atoms, own if len(own) >= 4 else atoms, bool(loose[which])))
    return tuple(out)


def connected(
    positions_A: Array, cell: Array, periodic: NDArray[np.bool_], cutoff_A: float
) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
    """Return the cluster of each point (n,), and for each cluster whether it is clear of its own periodic images.

    A cluster wraps when its bonds do not close: laying its atoms out along a spanning tree leaves a bond torn.
    """
    i, j, vector = pairs(positions_A, cell, periodic, cutoff_A)
    n = len(positions_A)
    count, label = connected_components(coo_array((np.ones(len(i)), (i, j)), shape=(n, n)), directed=False)
    scaled = np.linalg.solve(cell.T, positions_A.T).T
    hop = np.linalg.solve(cell.T, vector.T).T - (scaled[j] - scaled[i])
    image = np.rint(hop).astype(np.int64)
    offset = _offsets(i, j, image, n)
    torn = (offset[j] - offset[i] != image).any(axis=1)
    loose = np.ones(count, dtype=bool)
    loose[label[i[torn]]] = False
    return label, loose


def _offsets(i: Index, j: Index, image: Index, n: int) -> Index:
    """Return the lattice offset of each point along a breadth-first tree over the bonds, whole fronts at a time."""
    offset = np.zeros((n, 3), dtype=np.int64)
    known = np.zeros(n, dtype=bool)
    while not known.all():
        known[np.argmin(known)] = True
        front = True
        while front:
            bond = known[i] & ~known[j]
            front = bool(bond.any())
            to, first = np.unique(j[bond], return_index=True)
            offset[to] = offset[i[bond][first]] + image[bond][first]
            known[to] = True
    return offset


@dataclass(frozen=True)
class RigidMotion:
    """The `rotation` (n_frames, 3, 3) and `centre` (n_frames, 3) of a framework; `start` (3,) is its first centre."""

    rotation: Array
    centre: Array
    start: Array

    def remove(self, placed_A: Array, moved_A: Array, frames: slice = slice(None)) -> Array:
        """Return displacements (n_frames, n, 3) in the particle's frame; `placed_A` (n, 3) are the first positions."""
        now = placed_A + moved_A - self.centre[frames, None, :]
        back: Array = now @ self.rotation[frames] + self.start - placed_A
        return back


def rigid_motion(trajectory: Trajectory, particle: RigidBody) -> RigidMotion:
    """Return the rigid motion of a particle's framework by least squares (Kabsch), streamed over the frames.

    Of a particle without a framework only what `_beyond_chance` leaves.
    """
    reference = laid_out(trajectory, particle)[np.searchsorted(particle.atoms, particle.framework)]
    rotations, centres, fits = [], [], []
    for snapshot in trajectory.frames():
        now = reference + snapshot.displacements[particle.framework]
        there = ~np.isnan(now[:, 0])
        centres.append(now[there].mean(axis=0) + reference.mean(axis=0) - reference[there].mean(axis=0))
        turn = kabsch(reference[there], now[there]) if particle.free and there.sum() >= 3 else np.eye(3)
        rotations.append(turn)
        if particle.bare:
            fits.append(_fit_of(reference[there], now[there], turn))
    motion = RigidMotion(np.array(rotations), np.array(centres), reference.mean(axis=0))
    return _beyond_chance(motion, fits) if particle.bare else motion


@dataclass(frozen=True)
class _Fit:
    """Chances that independent atoms drift and turn as far as those of one frame did, and whether these are a solid."""

    drift: float
    turn: float
    solid: bool


def _fit_of(reference_A: Array, now_A: Array, rotation: Array) -> _Fit:
    """Compare the squares that drift and turning take away, per degree of freedom, with what is left."""
    free = 3 * len(now_A) - 6
    if free <= 0:
        return _Fit(1.0, 1.0, solid=False)
    moved = now_A - reference_A
    drift = moved.mean(axis=0)
    about = reference_A - reference_A.mean(axis=0)
    rest = now_A - now_A.mean(axis=0) - about @ rotation.T
    left = float((rest**2).sum())
    turned = float(((moved - drift) ** 2).sum()) - left
    shifted = len(now_A) * float(drift @ drift)
    unit = left / free + 1e-12  # A2: no motion at all is none to remove
    solid = float(np.median((rest**2).sum(axis=1))) < _SOLID_A**2
    chance = f_distribution.sf(np.array([shifted, turned]) / 3 / unit, 3, free)
    return _Fit(float(chance[0]), float(chance[1]), solid)


def _beyond_chance(motion: RigidMotion, fits: list[_Fit]) -> RigidMotion:
    """Return the motion without a drift or turning that chance explains; the last turn of a solid stays for good."""
    solid = np.logical_and.accumulate([fit.solid for fit in fits])
    drifts = any(fit.drift < _BY_CHANCE for fit in fits)
    turns = any(fit.turn < _BY_CHANCE for fit, whole in zip(fits, solid, strict=True) if whole)
    last = np.minimum(np.arange(len(fits)), max(int(solid.sum()) - 1, 0))
    return RigidMotion(
        motion.rotation[last] if turns else np.broadcast_to(np.eye(3), motion.rotation.shape),
        motion.centre if drifts else np.broadcast_to(motion.start, motion.centre.shape),
        motion.start,
    )


def kabsch(reference_A: Array, now_A: Array) -> Array:
    """Return the rotation R (3, 3) that best carries the centred reference onto the centred present: now = R ref.

    >>> import numpy as np
    >>> from nanokiln.analysis.motion import kabsch
    >>> corners = np.array([[1.0, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0]])
    >>> quarter_turn = np.array([[0, -1, 0], [1, 0, 0], [0, 0, 1]])
    >>> bool(np.allclose(kabsch(corners, corners @ quarter_turn.T), quarter_turn))
    True
    """
    u, _, vt = np.linalg.svd((now_A - now_A.mean(0)).T @ (reference_A - reference_A.mean(0)))
    out: Array = u @ np.diag([1.0, 1.0, np.linalg.det(u @ vt)]) @ vt
    return out


def laid_out(trajectory: Trajectory, particle: RigidBody) -> Array:
    """Return a particle's first positions (n, 3) in one piece, not cut by the periodic boundary."""
    snapshot = trajectory.frame(0)
    positions = snapshot.positions[particle.atoms] - snapshot.origin
    if not trajectory.periodic.any():
        return positions
    i, j, vector = pairs(positions, snapshot.cell, trajectory.periodic, BOND_A)
    scaled = np.linalg.solve(snapshot.cell.T, positions.T).T
    hop = np.linalg.solve(snapshot.cell.T, vector.T).T - (scaled[j] - scaled[i])
    offset = _offsets(i, j, np.rint(hop).astype(np.int64), len(positions))
    out: Array = positions + offset @ snapshot.cell
    return out
