"""The mean square displacement, by FFT, and the displacements behind it."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from nanokiln.analysis.measured import Series
from nanokiln.analysis.motion.rigid import RigidBody, find_particles, laid_out, rigid_motion
from nanokiln.analysis.trajectory.trajectory import Trajectory

Array = NDArray[np.float64]
Index = NDArray[np.int64]
BLOCK_BYTES = 16_000_000  # of displacements that are held at a time, whatever the number of frames
_ATOMS_AT_ONCE = 512


class Displacements:
    """Displacements of a trajectory with the drift and turning of every particle removed, atom block by atom block."""

    def __init__(self, trajectory: Trajectory, particles: Sequence[RigidBody] | None = None) -> None:
        """Follow the frameworks through the trajectory once."""
        self.trajectory = trajectory
        self.particles = tuple(particles) if particles is not None else find_particles(trajectory)
        self._motion = [rigid_motion(trajectory, p) for p in self.particles if len(p.framework) >= 4]
        self._placed = np.full((trajectory.n_atoms, 3), np.nan)
        self._owner = np.full(trajectory.n_atoms, -1)
        for index, particle in enumerate(self.particles):
            self._placed[particle.atoms] = laid_out(trajectory, particle)
            self._owner[particle.atoms] = index if index < len(self._motion) else -1

    def of(self, atoms: Index, frames: slice = slice(None)) -> Array:
        """Return displacements (n_frames, len(atoms), 3) since the first frame, angstrom; loose atoms as they flew."""
        moved = self.trajectory.displacements(atoms, frames)
        for index in np.unique(self._owner[atoms]):
            if index >= 0:
                mine = self._owner[atoms] == index
                moved[:, mine] = self._motion[index].remove(self._placed[atoms[mine]], moved[:, mine], frames)
        return moved

    def in_blocks(self, atoms: Index, frames: slice = slice(None)) -> Iterator[Array]:
        """Yield displacements (n_frames, some atoms, 3) of all these atoms, block by block of about `BLOCK_BYTES`."""
        wanted = len(range(*frames.indices(self.trajectory.n_frames)))
        many = max(min(_ATOMS_AT_ONCE, BLOCK_BYTES // (24 * max(wanted, 1))), 1)
        for low in range(0, len(atoms), many):
            yield self.of(atoms[low : low + many], frames)

    def throughout(self, atoms: Index, frames: slice = slice(None)) -> Index:
        """Return those of the atoms that are there in each of the frames."""
        there = [~np.isnan(part).any(axis=(0, 2)) for part in self.in_blocks(atoms, frames)]
        return atoms[np.concatenate(there)] if there else atoms

    def in_frames(self, frames: Index) -> Array:
        """Return displacements of all atoms in some frames, (n, n_atoms, 3); the file is read frame by frame."""
        out = np.empty((len(frames), self.trajectory.n_atoms, 3))
        for row, index in enumerate(frames):
            at = slice(int(index), int(index) + 1)
            moved = self.trajectory.frame(int(index)).displacements[None]
            for owner, motion in enumerate(self._motion):
                mine = self._owner == owner
                moved[:, mine] = motion.remove(self._placed[mine], moved[:, mine], at)
            out[row] = moved[0]
        return out


def msd(displacements_A: Array, axes: Sequence[int] = (0, 1, 2)) -> Array:
    """Return the MSD of each atom over all time origins, (n_lags, n_atoms), in A2, for lags 0 ... n_frames - 1.

    The FFT algorithm of Calandrini et al., EPJ Web Conf. 18 (2011) 201: n log n in the number of frames.
    """
    x = np.ascontiguousarray(np.moveaxis(displacements_A[..., list(axes)], 0, -1))
    n = x.shape[-1]
    x = x - x.mean(axis=-1, keepdims=True)
    spectrum = fft.rfft(x, n=fft.next_fast_len(2 * n, real=True), axis=-1)
    power = (spectrum.real**2 + spectrum.imag**2).sum(axis=-2)
    overlap = fft.irfft(power, n=fft.next_fast_len(2 * n, real=True), axis=-1)[..., :n]
    square = (x**2).sum(axis=-2)
    ends = np.cumsum(np.concatenate([np.zeros((*square.shape[:-1], 1)), square], axis=-1), axis=-1)
    total = ends[..., -1:]
    lags = np.arange(n)
    both = (ends[..., n - lags]) + (total - ends[..., lags])
    out: Array = np.maximum((both - 2 * overlap) / (n - lags), 0.0).T
    out[0] = 0.0
    return out


def compute_msd(
    displacements: Displacements, atoms: Index, name: str, frames: slice = slice(None), axes: Sequence[int] = (0, 1, 2)
) -> Series:
    """Return the MSD (A2) of some atoms against lag (ps) with the standard error over atoms; frames evenly spaced."""
    times = displacements.trajectory.times_ps[frames]
    total, square = np.zeros(len(times)), np.zeros(len(times))
    for moved in displacements.in_blocks(atoms, frames):
        part = msd(moved, axes)
        total += part.sum(axis=1)
        square += (part**2).sum(axis=1)
    n = max(len(atoms), 1)
    mean = total / n
    error = np.sqrt(np.maximum(square / n - mean**2, 0) / max(n - 1, 1))
    return Series(
        name, "lag_ps", "ps", times - times[0], mean, "A2", error, method="FFT over all origins; error over atoms"
    )
