"""The trajectory: every frame once in one H5MD file, then streamed."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from types import TracebackType
from typing import Any

import ase
import h5py
import numpy as np
from ase.data import chemical_symbols
from numpy.typing import NDArray

from nanokiln.analysis.trajectory.dump import DumpFrame, first_step, read_dump
from nanokiln.analysis.trajectory.h5md import BATCH, GROUP, write_frames
from nanokiln.analysis.trajectory.validate import validated
from nanokiln.structures.model import Model

_READ_BYTES = 32_000_000
_KEPT_BYTES = 32_000_000  # chunks kept, so that neighbouring blocks of atoms do not read them again
FRAMEWORK = frozenset({"P", "S", "Se", "Te"})  # anions: the lattice that carries a particle


@dataclass(frozen=True)
class Snapshot:
    """One frame: `positions` as they lie in the box and `displacements` since the first frame, (n_atoms, 3), angstrom.

    Row i is the atom `Trajectory.ids[i]`, i + 1 in a run of ours; an atom that is not there has NaN.
    """

    index: int
    step: int
    time_ps: float
    cell: NDArray[np.float64]
    origin: NDArray[np.float64]
    positions: NDArray[np.float64]
    displacements: NDArray[np.float64]

    @property
    def present(self) -> NDArray[np.bool_]:
        """Which atoms are there, shape (n_atoms,)."""
        present: NDArray[np.bool_] = ~np.isnan(self.positions[:, 0])
        return present


class Trajectory:
    """An H5MD file of `n_frames` frames of `n_atoms` atoms, read frame by frame or atom by atom, never whole.

    `elements` and `ids` (n_atoms,), `steps`, `times_ps` (n_frames,), `cells` (n_frames, 3, 3) as rows, `periodic` (3,).
    """

    def __init__(self, path: Path) -> None:
        """Open a file that `convert` wrote."""
        if not path.is_file():
            raise FileNotFoundError(f"no trajectory at {path}; `nanokiln analyse DIR` writes it from a run's dumps")
        self.path = path
        self._file = h5py.File(path, "r", rdcc_nbytes=_KEPT_BYTES)
        group = self._file[GROUP]
        self.elements: NDArray[np.str_] = np.array(chemical_symbols)[group["species"][:]]
        self.ids: NDArray[np.int64] = group["id"][:]
        self.steps: NDArray[np.int64] = group["position/step"][:]
        self.times_ps: NDArray[np.float64] = group["position/time"][:]
        self.cells: NDArray[np.float64] = group["box/edges/value"][:]
        self.origins: NDArray[np.float64] = group["box/origin/value"][:]
        self.periodic: NDArray[np.bool_] = np.array([b == b"periodic" for b in group["box"].attrs["boundary"]])

    @classmethod
    def open(cls, path: Path) -> "Trajectory":
        """Open a file that `convert` wrote; FileNotFoundError says how to make one."""
        return cls(path)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> "Trajectory":
        """Return the trajectory itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Close the file."""
        self.close()

    @property
    def n_frames(self) -> int:
        """Number of frames."""
        return len(self.steps)

    @property
    def n_atoms(self) -> int:
        """Number of atoms ever present."""
        return len(self.elements)

    def frames(self, start: int = 0, stop: int | None = None, stride: int = 1) -> Iterator[Snapshot]:
        """Stream the frames [start:stop:stride]; memory does not grow with their number."""
        wanted = range(*slice(start, stop, stride).indices(self.n_frames))
        many = BATCH if stride == 1 else 1
        for low in range(0, len(wanted), many):
            part = wanted[low : low + many]
            rows = slice(part[0], part[-1] + 1)
            positions = self._file[f"{GROUP}/position/value"][rows].astype(float)
            moved = self._file[f"{GROUP}/displacement/value"][rows].astype(float)
            for i, index in enumerate(part):
                yield self._snapshot(index, positions[i], moved[i])

    def frame(self, index: int) -> Snapshot:
        """Return one frame; negative indices count from the end."""
        index = range(self.n_frames)[index]
        return next(self.frames(index, index + 1))

    def displacements(self, atoms: NDArray[np.int64], frames: slice = slice(None)) -> NDArray[np.float64]:
        """Return the displacements (n_frames, len(atoms), 3) of some atoms since the first frame, angstrom."""
        if len(atoms) == 0:
            return np.empty((len(range(*frames.indices(self.n_frames))), 0, 3))
        low, high = int(np.min(atoms)), int(np.max(atoms)) + 1
        stored, chosen = self._file[f"{GROUP}/displacement/value"], range(*frames.indices(self.n_frames))
        out = np.empty((len(chosen), len(atoms), 3))
        many = max(_READ_BYTES // (12 * (high - low) * chosen.step), BATCH)  # atoms in between are read and left out
        for first in range(0, len(chosen), many):
            part = chosen[first : first + many]
            block = stored[part.start : part[-1] + 1 : part.step, low:high]
            out[first : first + many] = block[:, np.asarray(atoms) - low]
        return out

    def atoms(self, index: int) -> ase.Atoms:
        """Return one frame as ase.Atoms (atoms that are gone left out), positions relative to the box origin."""
        snapshot = self.frame(index)
        keep = snapshot.present
        positions = snapshot.positions[keep] - snapshot.origin
        return ase.Atoms(list(self.elements[keep]), positions, cell=snapshot.cell, pbc=self.periodic)

    def _snapshot(self, index: int, positions: NDArray[np.float64], moved: NDArray[np.float64]) -> Snapshot:
        return Snapshot(
            index,
            int(self.steps[index]),
            float(self.times_ps[index]),
            self.cells[index],
            self.origins[index],
            positions,
            moved,
        )


def convert(
    dumps: Sequence[Path], model: Model | None, out: Path, timestep_ps: float, *, progress: bool = True
) -> Trajectory:
    """Read LAMMPS dumps once, in order of their first step, into one H5MD file and open it.

    Where two segments overlap the later one counts, because it is the one that the run went on from. Elements come
    from the model (atom id = index + 1), or from the dump's own `element` column when there is no model.
    ValueError: no frames, steps that start again, or an atom id the model does not have.
    """
    write_frames(joined(dumps, progress=progress), model, out, timestep_ps)
    return Trajectory(out)


def joined(dumps: Sequence[Path], *, progress: bool = False) -> Iterator[DumpFrame]:
    """Stream the validated frames of several dump files with every step once."""
    starts = {path: first_step(path) for path in dumps}
    order: list[tuple[int, Path]] = [(step, path) for path in dumps if (step := starts[path]) is not None]
    for (before, first), (after, second) in pairwise(order):
        if after <= before:
            raise ValueError(
                f"{second} starts at step {after}, not after {first} (step {before}): give the segments in the order "
                "they ran, with steps that go on from one to the next"
            )
    ends = [step for step, _ in order[1:]] + [None]
    for end, (_, path) in zip(ends, _shown(order, progress), strict=True):
        for frame in validated(read_dump(path), path):
            if end is not None and frame.step >= end:
                break
            yield frame


def _shown(items: list[Any], progress: bool) -> Iterable[Any]:
    if not progress or len(items) < 3:
        return items
    from rich.console import Console
    from rich.progress import track

    console, unseen = Console(stderr=True), not sys.stderr.isatty()
    return track(items, description="reading dumps", transient=True, console=console, disable=unseen)
