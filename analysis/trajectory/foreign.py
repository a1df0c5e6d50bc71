"""Trajectories of other hands: any format, elements from wherever they are said, read into the same H5MD file."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import ase
import numpy as np
from ase.data import chemical_symbols
from numpy.typing import NDArray

from nanokiln.analysis.trajectory.binary import is_ours
from nanokiln.analysis.trajectory.dump import DumpFrame, ReadOptions
from nanokiln.analysis.trajectory.formats import format_of, read_frames
from nanokiln.analysis.trajectory.h5md import write_frames
from nanokiln.analysis.trajectory.trajectory import Trajectory
from nanokiln.analysis.trajectory.validate import validated
from nanokiln.structures.files.labels import label
from nanokiln.structures.files.structure import read_model
from nanokiln.structures.model import Model

_ELEMENTS = frozenset(chemical_symbols[1:])


@dataclass(frozen=True)
class Said:
    """What a person says about a trajectory of other hands, beyond the files.

    `elements` by type, `("Cu", "Se")` for types 1 and 2, or by label, `("Cu_t=Cu", "Se_c=Se")`; `timestep_ps` the time
    between steps, or between frames of a file without steps; `units` a LAMMPS unit style.
    """

    model: Path | None = None
    elements: tuple[str, ...] = ()
    timestep_ps: float | None = None
    units: str | None = None


@dataclass
class Foreign:
    """A trajectory of other hands as read: the H5MD file, its model, and what was assumed or left out."""

    trajectory: Trajectory
    model: Model
    warnings: tuple[str, ...] = field(default=())


def open_foreign(files: Sequence[Path], out: Path, said: Said | None = None) -> Foreign:
    """Read trajectory files of any format once into the H5MD file `out`, and open it with its model.

    Files are put in the order of their first steps; those of one step are the parts that ranks wrote. Without a model
    the atoms as first seen are the model, as one domain. ValueError: what is wrong, where, and how to mend it.
    """
    said = said or Said()
    warnings: list[str] = []
    model = None if said.model is None else read_model(said.model)
    if [format_of(path) for path in files] == ["h5md"] and is_ours(files[0]):
        shutil.copyfile(files[0], out)
    else:
        options = ReadOptions(said.units, open_end=True, warn=warnings.append)
        frames = _Naming(said.elements, model, warnings.append).named(_in_order(files, options))
        write_frames(frames, None, out, said.timestep_ps)
    trajectory = Trajectory(out)
    try:
        fitted = _first_seen(trajectory, files[0].name.split(".")[0]) if model is None else _fitted(model, trajectory)
    except ValueError:
        trajectory.close()
        out.unlink()
        raise
    if model is not None and len(fitted.atoms) < len(model.atoms):
        warnings.append(
            f"the trajectory follows {len(fitted.atoms)} of the model's {len(model.atoms)} atoms: all numbers are of "
            "these"
        )
    if trajectory.n_frames == 1:
        warnings.append("the trajectory has one frame: nothing can be said about motion")
    return Foreign(trajectory, fitted, tuple(dict.fromkeys(warnings)))


def _in_order(files: Sequence[Path], options: ReadOptions) -> Iterator[DumpFrame]:
    """Stream the frames of all files, in the order of their first steps, with every step once; ValueError for none."""
    found = False
    for frame in _all_frames(files, options):
        found = True
        yield frame
    if not found:
        raise ValueError(
            f"{files[0]} holds no complete frame: the run stopped before it wrote one, or the file was cut"
        )


def _all_frames(files: Sequence[Path], options: ReadOptions) -> Iterator[DumpFrame]:
    if len(files) == 1:
        yield from validated(read_frames(files[0], options), files[0])
        return
    quiet = replace(options, warn=lambda _: None)
    begins: dict[int, list[Path]] = {}
    for path in files:
        first = next(read_frames(path, quiet), None)
        if first is not None:
            begins.setdefault(first.step, []).append(path)
    starts = sorted(begins)
    for start, end in zip(starts, [*starts[1:], None], strict=True):
        parts = begins[start]
        frames = read_frames(parts[0], options) if len(parts) == 1 else _merged(parts, options)
        for frame in validated(frames, parts[0]):
            if end is not None and frame.step >= end:  # the run went on from there in the next file
                break
            yield frame


def _merged(parts: list[Path], options: ReadOptions) -> Iterator[DumpFrame]:
    """Stream frames whose atoms are spread over several files, as LAMMPS writes them for % in a name."""
    for pieces in zip(*(read_frames(path, options) for path in parts), strict=True):
        ids = np.concatenate([piece.ids for piece in pieces])
        if len({piece.step for piece in pieces}) > 1 or len(np.unique(ids)) < len(ids):
            raise ValueError(
                f"{parts[1]} begins at step {pieces[0].step} as {parts[0]} does, with the same atoms: these are two "
                "runs, or one given twice; give the files of one run"
            )
        order = np.argsort(ids, kind="stable")
        rows: dict[str, NDArray[np.generic] | None] = {}
        for name in ("positions", "elements", "types", "images"):
            arrays = [getattr(piece, name) for piece in pieces]
            rows[name] = None if any(array is None for array in arrays) else np.concatenate(arrays)[order]
        yield replace(pieces[0], ids=ids[order], extra={}, **rows)


class _Naming:
    """Gives each frame its elements: what the person says, else what the file says, else what the model says."""

    def __init__(self, elements: tuple[str, ...], model: Model | None, warn: Callable[[str], None]) -> None:
        self.by_label = _by_label(elements)
        self.model = model
        self.warn = warn
        self.last: DumpFrame | None = None

    def named(self, frames: Iterator[DumpFrame]) -> Iterator[DumpFrame]:
        for frame in frames:
            if self.last is None or not np.array_equal(frame.ids, self.last.ids):
                self.last = replace(frame, elements=self._names(frame), extra={})
            yield replace(frame, elements=self.last.elements)

    def _names(self, frame: DumpFrame) -> NDArray[np.str_]:
        words = frame.elements if frame.types is None or not self.by_label else frame.types.astype(str)
        if self.by_label:
            said = self._as_said(words)
            _check_own_names(frame, said)
            return said if self.model is None else self._as_model(frame, said, [])
        strange = [] if words is None else sorted(set(words.tolist()) - _ELEMENTS)
        if self.model is None:
            if words is None or strange:
                what = f"calls its atoms {', '.join(strange)}" if strange else "does not say what its atoms are"
                raise ValueError(
                    f"the trajectory {what}: name the elements of types 1, 2, ... with --elements Cu,Se, or give the "
                    "structure it began from as --model FILE"
                )
            if set(words.tolist()) == {"C"} and frame.types is not None and len(set(frame.types.tolist())) > 1:
                self.warn("every atom is called C, which LAMMPS writes by default: if that is wrong, say --elements")
            return words
        return self._as_model(frame, words, strange)

    def _as_said(self, words: NDArray[np.str_] | None) -> NDArray[np.str_]:
        if words is None:
            raise ValueError("--elements names the elements of types, but the trajectory has no column type")
        kinds, where = np.unique(words, return_inverse=True)
        if missing := [str(kind) for kind in kinds if str(kind) not in self.by_label]:
            raise ValueError(
                f"--elements says nothing of type {', '.join(missing)}; it names {', '.join(self.by_label)}: give one "
                "element for each type"
            )
        return np.array([self.by_label[str(kind)] for kind in kinds])[where]

    def _as_model(self, frame: DumpFrame, words: NDArray[np.str_] | None, strange: list[str]) -> NDArray[np.str_]:
        assert self.model is not None
        ids = _ids(self.model)
        if missing := sorted(set(frame.ids.tolist()) - set(ids.tolist())):
            raise ValueError(f"the trajectory has atom id {missing[0]}, the model {len(ids)} atoms: not of one run")
        names = np.array(self.model.atoms.get_chemical_symbols())
        expected: NDArray[np.str_] = names[np.argsort(ids)[np.searchsorted(np.sort(ids), frame.ids)]]
        if strange:
            self.warn(f"the trajectory calls atoms {', '.join(strange)}, no elements: they are taken from the model")
        elif words is not None and set(words.tolist()) == {"C"} and "C" not in names:
            self.warn("the trajectory calls every atom C, LAMMPS' default: the elements are taken from the model")
            words = None
        self._agree(frame, words, expected)
        return expected

    @staticmethod
    def _agree(frame: DumpFrame, words: NDArray[np.str_] | None, expected: NDArray[np.str_]) -> None:
        if words is not None:
            wrong = np.flatnonzero((words != expected) & np.isin(words, sorted(_ELEMENTS)))
            if len(wrong):
                i = int(wrong[0])
                raise ValueError(
                    f"species disagree: atom {frame.ids[i]} is {words[i]} in the trajectory and {expected[i]} in the "
                    "model; give the structure that this run began from, its atoms in the order of their ids"
                )
        elif frame.types is not None:
            for kind in np.unique(frame.types):
                if len(found := sorted(set(expected[frame.types == kind].tolist()))) > 1:
                    raise ValueError(
                        f"species disagree: atoms of type {kind} are {' and '.join(found)} in the model; give the "
                        "structure that this run began from, its atoms in the order of their ids"
                    )


def _check_own_names(frame: DumpFrame, said: NDArray[np.str_]) -> None:
    """Refuse names that contradict the file's own, unless these are LAMMPS' default (every atom C) or no elements."""
    own = frame.elements
    if own is None or frame.types is None or set(own.tolist()) == {"C"} or not set(own.tolist()) <= _ELEMENTS:
        return
    if len(wrong := np.flatnonzero(own != said)):
        i = int(wrong[0])
        raise ValueError(
            f"--elements calls type {frame.types[i]} {said[i]}, the trajectory's own column element {own[i]}: leave "
            "--elements out, or correct it"
        )


def _by_label(elements: tuple[str, ...]) -> dict[str, str]:
    out: dict[str, str] = {}
    for number, word in enumerate(elements, 1):
        kind, _, element = word.rpartition("=")
        out[kind or str(number)] = element
    if wrong := [element for element in out.values() if element not in _ELEMENTS]:
        raise ValueError(f"--elements has {', '.join(wrong)}, no chemical element; expected symbols such as Cu,Se")
    return out


def _ids(model: Model) -> NDArray[np.int64]:
    return np.asarray(model.atoms.arrays.get("id", np.arange(1, len(model.atoms) + 1)), dtype=np.int64)


def _fitted(model: Model, trajectory: Trajectory) -> Model:
    """Return the model with its atoms in the rows of the trajectory, those that were never seen left out."""
    ids = _ids(model)
    if missing := sorted(set(trajectory.ids.tolist()) - set(ids.tolist())):
        raise ValueError(f"the trajectory has atom id {missing[0]}, the model {len(ids)} atoms: not of one run")
    rows = np.argsort(ids)[np.searchsorted(np.sort(ids), trajectory.ids)]
    return replace(model, atoms=model.atoms[rows])


def _first_seen(trajectory: Trajectory, name: str) -> Model:
    """Return every atom where it was first seen as a model of one domain."""
    positions = np.full((trajectory.n_atoms, 3), np.nan)
    for frame in trajectory.frames():
        new = np.isnan(positions[:, 0]) & frame.present
        positions[new] = frame.positions[new] - frame.origin
        if not np.isnan(positions[:, 0]).any():
            break
    atoms = ase.Atoms(trajectory.elements, positions, cell=trajectory.cells[0], pbc=trajectory.periodic)
    return label(atoms, name)
