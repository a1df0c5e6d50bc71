"""Each frame validated once: atoms told apart, numbers finite, steps that go on, elements that stay."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nanokiln.analysis.trajectory.dump import DumpFrame

FARTHEST_A = 1e9  # a tenth of a metre: what is beyond is a run that broke, or a misprint


def validated(frames: Iterable[DumpFrame], path: Path) -> Iterator[DumpFrame]:
    """Pass on the frames of one file; a frame that was written twice counts once.

    ValueError names the file, the step and the atom where an id stands twice, a number is not finite, the steps begin
    again, or an atom changes its element.
    """
    last: DumpFrame | None = None
    seen = _Names(path)
    for frame in frames:
        where = f"{path}: the frame of step {frame.step}"
        _finite(frame, where)
        if (twice := frame.ids[1:] == frame.ids[:-1]).any():
            raise ValueError(
                f"{where} has atom id {frame.ids[1:][twice][0]} twice: atoms cannot be told apart; write unique ids"
            )
        if last is not None and frame.step <= last.step:
            if frame.step == last.step and np.array_equal(frame.positions, last.positions):
                continue  # where one `run` ends and the next begins
            raise ValueError(
                f"{path}: after step {last.step} comes step {frame.step}: this is another run in the same file; cut "
                "the file there and give one of them"
            )
        seen.follow(frame)
        last = frame
        yield frame


def _finite(frame: DumpFrame, where: str) -> None:
    if not ((np.abs(frame.cell) < FARTHEST_A).all() and (np.abs(frame.origin) < FARTHEST_A).all()):
        raise ValueError(f"{where} has a box that is not finite: cut that frame out")
    if frame.periodic.any() and abs(np.linalg.det(frame.cell)) < 1e-9:
        raise ValueError(f"{where} has a box without volume: expected three edges with lengths above zero")
    if not (frame.positions.min(initial=0.0) > -FARTHEST_A and frame.positions.max(initial=0.0) < FARTHEST_A):
        atom = frame.ids[~(np.abs(frame.positions) < FARTHEST_A).all(axis=1)][0]
        raise ValueError(f"{where} has atom {atom} at a place that is not finite: the run broke; cut it before that")


class _Names:
    """What each atom was called when it was first seen."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.ids: NDArray[np.int64] = np.empty(0, dtype=np.int64)
        self.names: NDArray[np.str_] | NDArray[np.int64] = np.empty(0, dtype="U3")

    def follow(self, frame: DumpFrame) -> None:
        names = frame.types if frame.elements is None else frame.elements
        if names is None:
            return
        if np.array_equal(self.ids, frame.ids):
            if _same(names, self.names):
                return
            known = self.names
        else:
            among = np.isin(frame.ids, self.ids)
            known = names.copy()
            if among.any():
                known[among] = self.names[np.searchsorted(self.ids, frame.ids[among])]
            new = ~among
            ids = np.concatenate([self.ids, frame.ids[new]])
            order = np.argsort(ids, kind="stable")
            self.names = np.concatenate([self.names, names[new]])[order] if len(self.ids) else names[new].copy()
            self.ids = ids[order]
        changed = names != known
        if changed.any():
            i = int(np.flatnonzero(changed)[0])
            raise ValueError(
                f"{self.path}: atom {frame.ids[i]} is {known[i]} at first and {names[i]} at step {frame.step}: atoms "
                "that change their element cannot be followed; write the ids so that they move with the element"
            )


def _same(names: NDArray[Any], known: NDArray[Any]) -> bool:
    """Whether two arrays hold the same; words as the numbers that they are in memory, which is ten times as fast."""
    if names.dtype != known.dtype:
        return False
    return np.array_equal(names.view(np.int32), known.view(np.int32))


class SameAtoms:
    """Watches frames whose atoms have no ids: they are followed by their order, so it must not change."""

    def __init__(self, path: Path) -> None:
        """Watch the frames of one file."""
        self.path = path
        self.first: NDArray[np.str_] | None = None

    def check(self, index: int, names: NDArray[np.str_]) -> None:
        """Raise ValueError where frame `index` has other atoms than the first one, or the same in another order."""
        if self.first is None:
            self.first = names
        if len(names) != len(self.first):
            what = f"{len(names)} atoms, the first frame {len(self.first)}"
        elif (names != self.first).any():
            i = int(np.flatnonzero(names != self.first)[0])
            what = f"{names[i]} as atom {i + 1}, the first frame {self.first[i]}"
        else:
            return
        raise ValueError(
            f"{self.path}: frame {index + 1} has {what}, and without ids nobody can say which atom is which: write the "
            "trajectory with a column `id`"
        )
