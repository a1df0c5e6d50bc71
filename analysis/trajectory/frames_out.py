"""Frames for other programs: a trajectory written as extended XYZ or as a LAMMPS dump, frame by frame."""

import gzip
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import numpy as np
import polars as pl

from nanokiln.analysis.trajectory.dump import DumpFrame, write_dump
from nanokiln.analysis.trajectory.trajectory import Snapshot, Trajectory
from nanokiln.structures.storage import whole

DIGITS = 4  # after the point, in angstrom: a thousandth of a vibration


def write_out(trajectory: Trajectory, out: Path, kind: str, every: int = 1) -> int:
    """Write every so many frames to one file (.gz packs it) and return how many; atoms that have left are left out.

    `kind` is one of `KINDS`. The file appears under its name only when it is whole.
    """
    chosen = range(0, trajectory.n_frames, every)
    packed = out.suffix == ".gz"
    with whole(out) as part:
        named = part.with_name(f"{part.name}.gz") if packed else part  # writers pack by the name
        KINDS[kind](trajectory, chosen, named)
        named.rename(part)
    return len(chosen)


def _as_dump(trajectory: Trajectory, chosen: range, out: Path) -> None:
    write_dump(out, (_dump_frame(trajectory, s) for s in trajectory.frames(stride=chosen.step)), DIGITS)


def _dump_frame(trajectory: Trajectory, snapshot: Snapshot) -> DumpFrame:
    here = snapshot.present
    elements, ids = trajectory.elements[here], trajectory.ids[here]
    cell, positions = snapshot.cell, snapshot.positions[here]
    return DumpFrame(snapshot.step, cell, snapshot.origin, trajectory.periodic, ids, positions, elements)


def _as_extxyz(trajectory: Trajectory, chosen: range, out: Path) -> None:
    with _opened(out) as file:
        for snapshot in trajectory.frames(stride=chosen.step):
            file.writelines(_xyz_frame(trajectory, snapshot))


def _opened(out: Path) -> IO[str]:
    return gzip.open(out, "wt", compresslevel=4) if out.suffix == ".gz" else out.open("w")


def _xyz_frame(trajectory: Trajectory, snapshot: Snapshot) -> Iterator[str]:
    here = snapshot.present
    lattice = " ".join(f"{x:.8g}" for x in snapshot.cell.ravel())
    periodic = " ".join("T" if p else "F" for p in trajectory.periodic)
    yield f"{int(here.sum())}\n"
    yield (
        f'Lattice="{lattice}" Properties=species:S:1:pos:R:3:id:I:1 pbc="{periodic}" '
        f"Time={snapshot.time_ps:.8g} Step={snapshot.step}\n"
    )
    inside = snapshot.positions[here] - snapshot.origin
    table = {"element": trajectory.elements[here], **{axis: inside[:, i] for i, axis in enumerate("xyz")}}
    frame = pl.DataFrame({**table, "id": np.asarray(trajectory.ids[here])})
    yield frame.write_csv(separator=" ", include_header=False, float_precision=DIGITS)


KINDS: dict[str, Callable[[Trajectory, range, Path], None]] = {"extxyz": _as_extxyz, "dump": _as_dump}
