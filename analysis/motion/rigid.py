"""Rigid motion: the drift and turning of each particle, found on its framework and taken away."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from nanokiln.analysis.trajectory.neighbours import pairs
from nanokiln.analysis.trajectory.trajectory import FRAMEWORK, Trajectory

Array = NDArray[np.float64]
Index = NDArray[np.int64]

BOND_A = 4.6  # atoms nearer than this belong to one particle: beyond any first shell, within any vacuum gap


@dataclass(frozen=True)
class RigidBody:
    """One connected set of atoms: all its `atoms`, the `framework` that defines its motion, and whether it can turn."""

    atoms: Index
    framework: Index
    free: bool


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
        back: Array = np.einsum("tna,tab->tnb", now, self.rotation[frames]) + self.start - placed_A
        return back


def rigid_motion(trajectory: Trajectory, particle: RigidBody) -> RigidMotion:
    """Return the rigid motion of a particle's framework by least squares (Kabsch), streamed over the frames."""
    reference = laid_out(trajectory, particle)[np.searchsorted(particle.atoms, particle.framework)]
    rotations, centres = [], []
    for snapshot in trajectory.frames():
        now = reference + snapshot.displacements[particle.framework]
        there = ~np.isnan(now[:, 0])
        centres.append(now[there].mean(axis=0) + reference.mean(axis=0) - reference[there].mean(axis=0))
        turn = kabsch(reference[there], now[there]) if particle.free and there.sum() >= 3 else np.eye(3)
        rotations.append(turn)
    return RigidMotion(np.array(rotations), np.array(centres), reference.mean(axis=0))


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
