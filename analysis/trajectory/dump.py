"""LAMMPS text dumps: columns in, one `DumpFrame` at a time out."""

import gzip
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from nanokiln.analysis.trajectory.dump_head import ATOMS, LENGTH_A, MARK, TIME_PS, Head, begin_of, read_head
from nanokiln.analysis.trajectory.dump_rows import Table, loose_table, plain_table, rows_of
from nanokiln.structures.files.unpack import chunks

_STYLES = ("x", "xu", "xs", "xsu")


@dataclass(frozen=True)
class DumpFrame:
    """One frame, sorted by atom id: positions as written (angstrom), the box (rows of `cell`, `origin`) and the rest.

    `images` are the image flags (n, 3) where the file has them; `extra` holds every other numeric column by name.
    `unwrapped` positions are to be taken as written; `time_ps` is the file's own time where it says one.
    """

    step: int
    cell: NDArray[np.float64]
    origin: NDArray[np.float64]
    periodic: NDArray[np.bool_]
    ids: NDArray[np.int64]
    positions: NDArray[np.float64]
    elements: NDArray[np.str_] | None = None
    types: NDArray[np.int64] | None = None
    images: NDArray[np.int64] | None = None
    extra: dict[str, NDArray[np.float64]] = field(default_factory=dict)
    unwrapped: bool = False
    time_ps: float | None = None


@dataclass(frozen=True)
class ReadOptions:
    """How to read a trajectory of other hands.

    `units` overrules what the file says (metal where it says nothing); `open_end` takes a last line without a line end
    as whole; `warn` is told what was left out or assumed.
    """

    units: str | None = None
    open_end: bool = False
    warn: Callable[[str], None] = lambda _: None


def read_dump(path: Path, options: ReadOptions | None = None) -> Iterator[DumpFrame]:
    """Stream the frames of one dump file (text, packed or not); a last frame cut off by a kill is left out.

    Raises ValueError, naming the file, where it is no LAMMPS atom dump, lacks ids or coordinates, or is damaged.
    """
    options = options or ReadOptions()
    units = options.units
    for heads in _heads(chunks(path), path, options):
        for _, group in groupby(heads, key=lambda head: head.columns):
            frames = list(group)
            units = units or frames[0].units  # LAMMPS says them above the first frame only
            yield from parsed(frames, path, unit_factors(units or "metal", path))


def first_step(path: Path) -> int | None:
    """Return the step of the first frame of a dump, or None where the file holds no frame."""
    head = next(chunks(path), b"").split(MARK, 1)
    if len(head) < 2 or b"\n" not in head[1].lstrip():
        return None
    return int(head[1].split()[0])


def unit_factors(units: str, path: Path) -> tuple[float, float]:
    """Return angstrom per length and picoseconds per time of a LAMMPS unit style."""
    if units not in LENGTH_A:
        raise ValueError(
            f"{path} is written in units {units!r}, which are no lengths in angstrom; expected one of "
            f"{', '.join(LENGTH_A)}: say with --units which of them to read it as"
        )
    return LENGTH_A[units], TIME_PS[units]


def _heads(pieces: Iterator[bytes], path: Path, options: ReadOptions) -> Iterator[list[Head]]:
    """Cut a text at the beginning of each frame and yield the frames that each piece completes."""
    rest = b""
    for piece in pieces:
        text = rest + piece if rest else piece
        marks = list(_marks(text))
        if len(marks) < 2:
            rest = text
            continue
        begins = [begin_of(text, mark) for mark in marks]
        spans = zip(begins, marks, begins[1:], strict=False)
        yield [read_head(text, span, path) for span in spans]
        rest = text[begins[-1] :]
    for mark in list(_marks(rest))[-1:]:
        last = _last(rest, mark, path, options)
        if last is None:
            options.warn(f"{path.name}: its last frame is not whole and was left out")
        else:
            yield [last]


def _last(text: bytes, mark: int, path: Path, options: ReadOptions) -> Head | None:
    """Return the last frame of a file, or None where it was cut off."""
    if ATOMS not in text[mark:]:
        if b"ITEM: ENTRIES" in text[mark:]:
            read_head(text, (begin_of(text, mark), mark, len(text)), path)  # which says what it is
        return None
    if b"\n" not in text[text.find(ATOMS, mark) :]:
        return None
    last = read_head(text, (begin_of(text, mark), mark, len(text)), path)
    if text.endswith(b"\n") and bytes(last.body).count(b"\n") == last.count:
        return last
    rows = rows_of(last)
    if len(rows) < last.count or (rows and len(rows[-1]) < len(last.columns)):
        return None
    if text.endswith(b"\n") or not last.count:
        return last
    if not options.open_end:
        return None
    options.warn(f"{path.name}: its last line has no line end and was taken as whole")
    return last


def _marks(text: bytes) -> Iterator[int]:
    """Yield the offset behind each TIMESTEP: a search for one rare byte is 20 times as fast as one for the word."""
    at = text.find(b"E")
    while at >= 0:
        if text[at - 3 : at + 5] == MARK:
            yield at + 5
        at = text.find(b"E", at + 1)


def parsed(heads: list[Head], path: Path, factors: tuple[float, float]) -> Iterator[DumpFrame]:
    """Parse frames of the same columns in one go: the parser's threads are woken once, not once per frame."""
    table = plain_table(heads)
    start = 0
    for head in heads:
        if table is None:
            rows = loose_table(head, path)
        else:
            rows = {name: column[start : start + head.count] for name, column in table.items()}
        start += head.count
        yield _frame(head, rows, path, factors)


def _frame(head: Head, table: Table, path: Path, factors: tuple[float, float]) -> DumpFrame:
    ids = table["id"].astype(np.int64)
    if not (ids[1:] > ids[:-1]).all():
        order = np.argsort(ids, kind="stable")
        table = {name: column[order] for name, column in table.items()}
    names = table.get("element", table.get("typelabel"))
    types = table.get("type")
    if types is not None and types.dtype.kind == "U":  # type labels
        names, types = types if names is None else names, None
    images = all(k in head.columns for k in ("ix", "iy", "iz"))
    used = {"id", "type", "element", "ix", "iy", "iz", "typelabel"}
    style, axes = _style(head.columns, images, path)
    xyz = np.column_stack([table[name] for name in axes])
    frame = DumpFrame(
        head.step,
        head.cell,
        head.origin,
        head.periodic,
        table["id"].astype(np.int64),
        head.origin + xyz @ head.cell if "s" in style else xyz,
        names,
        types,
        np.column_stack([table[k] for k in ("ix", "iy", "iz")]) if images else None,
        {k: v for k, v in table.items() if k not in used | set(axes) and v.dtype.kind != "U"},
        style.endswith("u"),
        None if head.time is None else head.time * factors[1],
    )
    length = factors[0]
    if length == 1.0:
        return frame
    return replace(frame, cell=head.cell * length, origin=head.origin * length, positions=frame.positions * length)


def _style(columns: tuple[str, ...], images: bool, path: Path) -> tuple[str, list[str]]:
    """Return which coordinates to take, and their columns: those that say the most about displacements."""
    for style in _STYLES if images else ("xu", "xsu", "x", "xs"):
        names = [style.replace("x", axis) for axis in "xyz"]
        if all(name in columns for name in names):
            return style, names
    raise ValueError(f"{path}: no coordinates among its columns; expected x y z, xu yu zu, xs ys zs or xsu ysu zsu")


def write_dump(path: Path, frames: Iterable[DumpFrame], digits: int = 9) -> None:
    """Write frames with elements as a LAMMPS dump (gz by suffix): `id element x y z`, and `ix iy iz` where known."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "wt") as out:
        for frame in frames:
            tilt = [frame.cell[1, 0], frame.cell[2, 0], frame.cell[2, 1]]
            skew = " xy xz yz" if any(tilt) else ""
            flags = " ".join("pp" if p else "ff" for p in frame.periodic)
            images = frame.images is not None
            out.write(f"ITEM: TIMESTEP\n{frame.step}\nITEM: NUMBER OF ATOMS\n{len(frame.ids)}\n")
            out.write(f"ITEM: BOX BOUNDS{skew} {flags}\n")
            out.write("".join(f"{row}\n" for row in _bound_rows(frame, tilt if skew else [])))
            out.write(f"ITEM: ATOMS id element x y z{' ix iy iz' if images else ''}\n")
            table: dict[str, Any] = {"id": frame.ids, "element": frame.elements}
            table |= {axis: frame.positions[:, i] for i, axis in enumerate("xyz")}
            if frame.images is not None:
                table |= {f"i{axis}": frame.images[:, i] for i, axis in enumerate("xyz")}
            text = pl.DataFrame(table).write_csv(separator=" ", include_header=False, float_precision=digits)
            out.write(text)


def _bound_rows(frame: DumpFrame, tilt: list[float]) -> list[str]:
    low, high = frame.origin.copy(), frame.origin + np.diag(frame.cell)
    if not tilt:
        return [f"{a:.12g} {b:.12g}" for a, b in zip(low, high, strict=True)]
    xy, xz, yz = tilt
    low += [min(0.0, xy, xz, xy + xz), min(0.0, yz), 0.0]
    high += [max(0.0, xy, xz, xy + xz), max(0.0, yz), 0.0]
    return [f"{a:.12g} {b:.12g} {t:.12g}" for a, b, t in zip(low, high, tilt, strict=True)]
