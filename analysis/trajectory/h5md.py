"""Writing H5MD: frames of any source, once each, into one file."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from ase.data import chemical_symbols
from numpy.typing import NDArray

from nanokiln.analysis.trajectory.dump import DumpFrame
from nanokiln.analysis.trajectory.unwrap import Unwrapper
from nanokiln.structures.model import Model
from nanokiln.structures.storage import whole

BATCH = 16  # frames held and written at a time
GROUP = "particles/all"


def write_frames(frames: Iterable[DumpFrame], model: Model | None, out: Path, timestep_ps: float | None) -> None:
    """Write frames of any source into an H5MD file under a temporary name, and rename it.

    With a model row i is atom id i + 1; without one the atoms of the first frame come by id, then those that appear.
    `timestep_ps` is the time per step; None takes the time that the frames say. ValueError leaves nothing behind.
    """
    with whole(out) as part, h5py.File(part, "w") as file:
        writer = _Writer(file, model, timestep_ps)
        for frame in frames:
            writer.add(frame)
        writer.finish()


class _Writer:
    """Buffers frames and appends them to the resizable datasets of the H5MD layout (nongnu.org/h5md)."""

    def __init__(self, file: h5py.File, model: Model | None, timestep_ps: float | None) -> None:
        self.file, self.timestep_ps = file, timestep_ps
        self.numbers = np.zeros(0, dtype=np.int64) if model is None else model.atoms.numbers.astype(np.int64)
        self.limit = None if model is None else len(model.atoms)
        self.ids: NDArray[np.int64] = np.arange(1, len(self.numbers) + 1)
        self.order = self.ids - 1
        self.unwrapper = Unwrapper()
        self.buffer: list[dict[str, NDArray[Any]]] = []
        self.boundary: list[str] = []

    def add(self, frame: DumpFrame) -> None:
        self.boundary = ["periodic" if p else "none" for p in frame.periodic]
        rows = self._rows(frame)
        size = len(self.numbers)
        positions = np.full((size, 3), np.nan, dtype=np.float32)
        positions[rows] = frame.positions
        moved = np.full((size, 3), np.nan, dtype=np.float32)
        total = self.unwrapper.add(frame, rows)
        moved[: len(total)] = total
        self.buffer.append(
            {
                "position/value": positions,
                "displacement/value": moved,
                "box/edges/value": frame.cell,
                "box/origin/value": frame.origin,
                "position/step": np.array(frame.step),
                "position/time": np.array(self._time_ps(frame)),
            }
        )
        if len(self.buffer) == BATCH:
            self._flush()

    def _time_ps(self, frame: DumpFrame) -> float:
        if self.timestep_ps is not None:
            return frame.step * self.timestep_ps
        if frame.time_ps is None:
            raise ValueError("the trajectory does not say its times: give the time of a step with --timestep-fs")
        return frame.time_ps

    def _rows(self, frame: DumpFrame) -> NDArray[np.int64]:
        """Return the row of each atom of the frame; atoms seen for the first time get theirs."""
        if self.limit is not None:
            if len(frame.ids) and frame.ids[-1] > self.limit:
                raise ValueError(
                    f"the dump has atom id {frame.ids[-1]}, the model only {self.limit} atoms: not of one run"
                )
            return frame.ids - 1
        if frame.elements is None:
            raise ValueError("without a model the dump must say what its atoms are: write it with a column `element`")
        if np.array_equal(frame.ids, self.ids):
            return self.order
        new = ~np.isin(frame.ids, self.ids)
        if new.any():
            self.ids = np.concatenate([self.ids, frame.ids[new]])
            self.numbers = np.concatenate([self.numbers, atomic_numbers_of(frame.elements[new])])
            self.order = np.arange(len(self.ids))
        order = np.argsort(self.ids, kind="stable")
        return np.asarray(order[np.searchsorted(self.ids[order], frame.ids)])

    def _flush(self) -> None:
        group = self.file.require_group(GROUP)
        for key in self.buffer[0] if self.buffer else ():
            rows = [np.asarray(entry[key]) for entry in self.buffer]
            _append(group, key, rows)
        self.buffer.clear()

    def finish(self) -> None:
        self._flush()
        if GROUP not in self.file or "position" not in self.file[GROUP]:
            raise ValueError("the dumps hold no complete frame: the run stopped before it wrote one")
        group = self.file[GROUP]
        for name in ("displacement", "box/edges", "box/origin"):
            for shared in ("step", "time"):
                group[f"{name}/{shared}"] = group[f"position/{shared}"]
        names = h5py.enum_dtype({name: z for z, name in enumerate(chemical_symbols)}, basetype="i2")
        group.create_dataset("species", data=self.numbers, dtype=names)
        group["id"] = self.ids
        group["box"].attrs.update({"dimension": 3, "boundary": np.array(self.boundary, dtype="S")})
        for name in ("position", "displacement"):
            group[name]["value"].attrs["unit"] = "Angstrom"
        group["position/time"].attrs["unit"] = "ps"
        self.file["particles/trajectory"] = group  # the name that MDAnalysis asks for
        self.file.require_group("h5md").attrs["version"] = np.array([1, 1])


def atomic_numbers_of(elements: NDArray[np.str_]) -> NDArray[np.int64]:
    """Return the atomic numbers of chemical symbols; ValueError names a word that is none."""
    symbols, where = np.unique(elements, return_inverse=True)
    if unknown := [str(s) for s in symbols if s not in chemical_symbols[1:]]:
        raise ValueError(
            f"atoms are called {', '.join(unknown)}, which are no chemical elements: say with --elements what the "
            "types are, in their order, or write the dump with `dump_modify element`"
        )
    return np.array([chemical_symbols.index(s) for s in symbols], dtype=np.int64)[where]


def _append(group: h5py.Group, key: str, rows: list[NDArray[Any]]) -> None:
    """Append rows to a dataset, which grows along the atoms too when later frames have more of them."""
    per_atom = rows[0].ndim == 2 and key.endswith(("position/value", "displacement/value"))
    size = max(len(row) for row in rows) if per_atom else 0
    if key not in group:
        shape = (0, size, 3) if per_atom else (0, *rows[0].shape)
        chunks = (BATCH, max(1, min(size, 2048)), 3) if per_atom else (1024, *rows[0].shape)
        options: dict[str, Any] = {"fillvalue": np.nan} if per_atom else {}
        if key == "position/value":  # read a few times; displacements are read often, and shrink little
            options |= {"compression": "gzip", "compression_opts": 1, "shuffle": True}
        limit = (None, None, 3) if per_atom else (None, *rows[0].shape)
        group.create_dataset(key, shape, rows[0].dtype, maxshape=limit, chunks=chunks, **options)
    data = group[key]
    start = len(data)
    data.resize(start + len(rows), axis=0)
    if per_atom and size > data.shape[1]:
        data.resize(size, axis=1)
    if not per_atom:
        data[start:] = np.stack(rows)
    elif all(len(row) == size for row in rows):
        data[start:, :size] = np.stack(rows)
    else:
        for i, row in enumerate(rows):
            data[start + i, : len(row)] = row
