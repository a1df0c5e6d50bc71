"""The crash report: what a failed run says of itself, and the end of all its ranks."""

import contextlib
import time
import traceback
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nanokiln.workflows.rundir.failure import Failure, claim, describe, tell
from nanokiln.workflows.rundir.frames import Table, table
from nanokiln.workflows.rundir.rundir import RunDirectory
from nanokiln.workflows.rundir.segments import read_frames, start_of

_GRACE_S = 15.0  # the other ranks wait this long for the first one's account before they end the job
_NAMED = 4  # culprits that are listed


def fail(error: BaseException, run: RunDirectory, comm: Any) -> None:
    """End every rank: the first rank to fail tells why, once, on stderr and in `failure.json`; never returns."""
    failure = describe(error, comm.rank)
    if claim(run.failure_path):
        if failure.is_guard:
            with contextlib.suppress(Exception):  # the account must not hide what it is about
                failure = examine(failure, run)
        else:
            traceback.print_exception(error)
        tell(failure, run.failure_path)
    else:
        time.sleep(_GRACE_S)
    comm.Abort(3 if failure.is_guard else 1)


def examine(failure: Failure, run: RunDirectory) -> Failure:
    """Add to a failure where it happened: the frame, the atoms most to blame, and a picture of them."""
    frame = last_frame(run)
    if frame is None:
        return failure
    step, atoms = frame
    if failure.kind in {"disk", "guard_disk"}:
        return replace(failure, where=f"last frame: step {step}")
    ids, positions = atoms["id"].astype(int), np.column_stack([atoms[axis] for axis in "xyz"])
    blamed, why = _blame(failure.kind, atoms, positions, ids, run.record.scene.atoms)
    picture = run.path / "failure.png"
    _draw(positions, np.isin(ids, blamed), f"step {step}: {why}", picture)
    good = run.checkpoints.newest_good()
    state = "no checkpoint yet" if good is None else f"the last good state is step {good}"
    return replace(
        failure, step=failure.step or step, picture=str(picture), where=f"frame of step {step}: {why}; {state}"
    )


def last_frame(run: RunDirectory) -> tuple[int, Table] | None:
    """Return the last step whose atoms are known, with the dump's columns: the guard's own snapshot or a frame."""
    dumps = sorted(run.path.glob("stages/*/segment-*.dump*"), key=lambda p: (p.parent.name, start_of(p)))
    snapshots = list(run.path.glob("stages/*/guard.dump"))
    last: tuple[int, str] | None = None
    for path in [*dumps[-2:], *snapshots]:
        for step, text in read_frames(path):
            if last is None or step >= last[0]:
                last = (step, text)
    return None if last is None else (last[0], table(last[1]))


def _blame(
    kind: str, atoms: Table, positions: NDArray[np.float64], ids: NDArray[np.int64], n_start: int
) -> tuple[NDArray[np.int64], str]:
    """Return the ids most to blame and a sentence."""
    from scipy.spatial import cKDTree

    finite = np.asarray(np.isfinite(positions).all(axis=1))
    if not finite.all():
        return ids[~finite], f"{(~finite).sum()} atoms without a finite position, {_names(atoms, ~finite)}"
    if kind == "guard_hot" and "vx" in atoms:
        speed = np.sqrt(sum(atoms[f"v{axis}"] ** 2 for axis in "xyz"))
        fast = np.asarray(np.isin(np.arange(len(ids)), np.argsort(speed)[-_NAMED:]))
        return ids[fast], f"fastest atoms {_names(atoms, fast)} at up to {speed.max():.0f} A/ps"
    if len(ids) < n_start:
        gone = np.setdiff1d(np.arange(1, n_start + 1), ids)
        return ids[:0], f"{len(gone)} atoms are no longer there, ids {', '.join(map(str, gone[:_NAMED]))}"
    distance = np.asarray(cKDTree(positions).query(positions, k=2)[0])[:, 1]
    close = distance <= distance.min() + 1e-9
    return ids[close], f"closest atoms {_names(atoms, close)} at {distance.min():.2f} A"


def _names(atoms: Table, chosen: NDArray[np.bool_]) -> str:
    pairs = zip(atoms["element"][chosen][:_NAMED], atoms["id"][chosen][:_NAMED], strict=True)
    return ", ".join(f"{element} {int(number)}" for element, number in pairs)


def _draw(positions: NDArray[np.float64], blamed: NDArray[np.bool_], title: str, path: Path) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 4.5), layout="constrained")
    FigureCanvasAgg(figure)
    for axes, (i, j) in zip(figure.subplots(1, 2), ((0, 1), (0, 2)), strict=True):
        axes.scatter(positions[:, i], positions[:, j], s=6, color="0.7")
        axes.scatter(positions[blamed, i], positions[blamed, j], s=90, facecolors="none", edgecolors="crimson")
        axes.set(xlabel=f"{'xyz'[i]} (A)", ylabel=f"{'xyz'[j]} (A)", aspect="equal")
    figure.suptitle(title, fontsize=10)
    figure.savefig(path, dpi=110)
