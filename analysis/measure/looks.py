"""Looks: what is taken from single frames of a long run, by several processes, each frame kept as soon as it is done.

Every process takes the next frame that nobody has taken, and writes what it saw as a file, whole, into a folder beside
the trajectory, where whoever comes again finds it. The folder is removed when all is read.
`python -m nanokiln.analysis.measure.looks FOLDER` is one of the helpers.
"""

import hashlib
import io
import json
import os
import pickle
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nanokiln.analysis.lattice.frame_counts import FrameCounts, count_frame, phase_row
from nanokiln.analysis.lattice.occupation import Labels, take_census
from nanokiln.analysis.lattice.tracking import SeatRow, SiteTracker
from nanokiln.analysis.measured import Subject
from nanokiln.analysis.trajectory.trajectory import Trajectory
from nanokiln.structures.storage import whole

_LARGE = 500_000  # atoms times frames from which a look is worth a file, and a helper its start
_POLL_S = 0.05


@dataclass(frozen=True)
class Look:
    """Of one frame: its `counts`, the `phase` (n_atoms,) of every anion as in `Survey`, and its `seats`."""

    counts: FrameCounts
    phase: NDArray[np.int8]
    seats: SeatRow | None


@dataclass(frozen=True)
class LookTask:
    """What all helpers share: the trajectory's file, the labels, the tracker of the first census, and the frames."""

    path: Path
    labels: Labels
    tracker: SiteTracker | None
    frames: tuple[int, ...]

    def look(self, trajectory: Trajectory, index: int) -> Look:
        """Look at one frame."""
        snapshot = trajectory.frame(index)
        census = take_census(snapshot, self.labels, trajectory.periodic)
        counts = count_frame(census, snapshot, self.labels, trajectory.periodic)
        seats = None if self.tracker is None else self.tracker.seen(census, snapshot)
        return Look(counts, phase_row(census, trajectory.n_atoms), seats)


def looks(
    trajectory: Trajectory,
    labels: Labels,
    tracker: SiteTracker | None,
    frames: Sequence[int],
    processes: int = 1,
    meanwhile: Callable[[], object] = lambda: None,
) -> Iterator[Look]:
    """Yield a look at each of the frames in order, taken by so many processes, this one among them.

    What this one has to do besides, it does `meanwhile`, and then takes fewer of the frames.
    """
    task = LookTask(trajectory.path.absolute(), labels, tracker, tuple(map(int, frames)))
    if trajectory.n_atoms * len(frames) < _LARGE:
        meanwhile()
        yield from (task.look(trajectory, index) for index in task.frames)
        return
    folder = trajectory.path.with_suffix(".looks")
    _begin(folder, task, trajectory)
    with ExitStack() as stack:
        helpers = [stack.enter_context(_helper(folder)) for _ in range(1, processes)]
        meanwhile()
        for index in _shown(task.frames):
            if _is_mine(folder, index):
                _keep(folder, task, trajectory, index)
        for index in task.frames:
            while not _file(folder, index).exists():
                if any(helper.poll() is None for helper in helpers):
                    time.sleep(_POLL_S)
                else:
                    _keep(folder, task, trajectory, index)  # the helper that took it was killed
            yield _read(_file(folder, index))
    shutil.rmtree(folder)


def _begin(folder: Path, task: LookTask, trajectory: Trajectory) -> None:
    """Make the folder, or take up one that belongs to this very task."""
    digest = hashlib.sha256(pickle.dumps((task.frames, trajectory.steps, trajectory.cells, _version())))
    digest.update(pickle.dumps((trajectory.elements, asdict(task.labels))))
    for index in task.frames[:: max(len(task.frames) // 4, 1)]:
        digest.update(trajectory.frame(index).positions.tobytes())
    key = folder / "task.sha256"
    if not (key.is_file() and key.read_text() == digest.hexdigest()):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        (folder / "task.pickle").write_bytes(pickle.dumps(task))
        key.write_text(digest.hexdigest())
    for claim in folder.glob("*.claim"):  # of processes that are gone
        claim.unlink()


def _version() -> str:
    try:
        return version("nanokiln")
    except PackageNotFoundError:
        return ""


@contextmanager
def _helper(folder: Path) -> "Iterator[subprocess.Popen[bytes]]":
    """Have another process take frames as well, one thread each; it ends with us."""
    command = [sys.executable, "-P", "-m", __spec__.name, str(folder)]
    one_thread = {"OMP_NUM_THREADS": "1", "POLARS_MAX_THREADS": "1"}
    process = subprocess.Popen(command, env={**os.environ, **one_thread}, stdin=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


def _help(folder: Path) -> None:
    parent = os.getppid()
    task: LookTask = pickle.loads((folder / "task.pickle").read_bytes())
    with Trajectory.open(task.path) as trajectory:
        for index in task.frames:
            if os.getppid() != parent:
                return
            if _is_mine(folder, index):
                _keep(folder, task, trajectory, index)


def _is_mine(folder: Path, index: int) -> bool:
    """Whether a frame is still to be looked at, and no other process has taken it; it is then taken by this one."""
    if _file(folder, index).exists():
        return False
    try:
        _file(folder, index).with_suffix(".claim").touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


def _keep(folder: Path, task: LookTask, trajectory: Trajectory, index: int) -> None:
    look = task.look(trajectory, index)
    subjects = json.dumps([asdict(what) for what, _, _ in look.counts])
    numbers = np.array([(part, full) for _, part, full in look.counts], dtype=np.int64).reshape(-1, 2)
    arrays = {"subjects": np.array(subjects), "numbers": numbers, "phase": look.phase}
    if look.seats is not None:
        arrays |= {"anion": look.seats.anion, "holder": look.seats.holder, "known": look.seats.known}
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **arrays)
    with whole(_file(folder, index)) as part:
        part.write_bytes(buffer.getvalue())


def _read(path: Path) -> Look:
    with np.load(path, allow_pickle=False) as stored:
        subjects = [Subject(**what) for what in json.loads(str(stored["subjects"]))]
        counts = tuple((what, int(a), int(b)) for what, (a, b) in zip(subjects, stored["numbers"], strict=True))
        seats = SeatRow(stored["anion"], stored["holder"], stored["known"]) if "anion" in stored else None
        return Look(counts, stored["phase"], seats)


def _file(folder: Path, index: int) -> Path:
    return folder / f"frame-{index}.npz"


def _shown(frames: Sequence[int]) -> Iterator[int]:
    from rich.progress import track

    yield from track(frames, description="looking at frames", transient=True)


if __name__ == "__main__":
    _help(Path(sys.argv[1]))
