"""LAMMPS text dumps: columns in, one `DumpFrame` at a time out."""

import gzip
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

_MARK = b"TIMESTEP"
_HEAD = b"ITEM: ATOMS"
_CHUNK = 1 << 21
_INTEGER = frozenset({"id", "type", "mol", "ix", "iy", "iz"})
_TEXT = frozenset({"element", "typelabel"})
_COORDINATES = ("x", "xu", "xs", "xsu")


@dataclass(frozen=True)
class DumpFrame:
    """One frame, sorted by atom id: positions as written (angstrom), the box (rows of `cell`, `origin`) and the rest.

    `images` are the image flags (n, 3) where the file has them; `extra` holds every other numeric column by name.
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


def read_dump(path: Path) -> Iterator[DumpFrame]:
    """Stream the frames of one dump file (text or .gz); a last frame cut off by a kill is left out.

    Raises ValueError, naming the file, where it is no LAMMPS atom dump or lacks ids or coordinates.
    """
    for heads in _heads(_chunks(path), path):
        yield from _parse(heads, path)


def first_step(path: Path) -> int | None:
    """Return the step of the first frame of a dump, or None where the file holds no frame."""
    head = next(_chunks(path), b"").split(_MARK, 1)
    if len(head) < 2 or b"\n" not in head[1].lstrip():
        return None
    return int(head[1].split()[0])


def _chunks(path: Path) -> Iterator[bytes]:
    """Yield the plain text of a file piece by piece; of a gz file cut off by a kill, all that can be unpacked."""
    with path.open("rb") as stream:
        zipped = stream.read(2) == b"\x1f\x8b"
        stream.seek(0)
        if not zipped:
            while chunk := stream.read(_CHUNK):
                yield chunk
            return
        unpack = zlib.decompressobj(wbits=31)
        while chunk := stream.read(_CHUNK // 4):
            while chunk:
                yield unpack.decompress(chunk)
                chunk = unpack.unused_data
                if unpack.eof:  # gz files may be several members one after another
                    unpack = zlib.decompressobj(wbits=31)


def _heads(chunks: Iterator[bytes], path: Path) -> Iterator[list["_Head"]]:
    """Cut a text at each TIMESTEP and yield the frames that each chunk completes."""
    rest = b""
    for chunk in chunks:
        text = rest + chunk if rest else chunk
        marks = list(_marks(text))
        if len(marks) < 2:
            rest = text
            continue
        yield [_read_head(text, start, end, path) for start, end in pairwise(marks)]
        rest = text[marks[-1] - len(_MARK) :]
    for start in list(_marks(rest))[-1:]:
        if _HEAD in rest[start:]:
            last = _read_head(rest, start, len(rest), path)
            if rest.endswith(b"\n") and bytes(last.body).count(b"\n") >= last.count:  # not cut off by a kill
                yield [last]


def _marks(text: bytes) -> Iterator[int]:
    """Yield the offset behind each TIMESTEP: a search for one rare byte is 20 times as fast as one for the word."""
    at = text.find(b"E")
    while at >= 0:
        if text[at - 3 : at + 5] == _MARK:
            yield at + 5
        at = text.find(b"E", at + 1)


@dataclass(frozen=True)
class _Head:
    """What stands above the rows of a frame, and the rows as text."""

    step: int
    count: int
    flags: list[str]
    bounds: NDArray[np.float64]
    columns: tuple[str, ...]
    body: memoryview


def _read_head(text: bytes, start: int, end: int, path: Path) -> _Head:
    """Return the head and rows of the frame whose text lies behind `start`."""
    atoms = text.find(_HEAD, start, end)
    line = text.find(b"\n", atoms, end)
    if atoms < 0 or line < 0:
        raise ValueError(f"{path}: a frame without ITEM: ATOMS; expected a LAMMPS dump of style custom")
    columns = tuple(text[atoms + len(_HEAD) : line].decode().split())
    if "id" not in columns:
        raise ValueError(f"{path}: its frames have no column `id`; write it with `id`, to follow atoms")
    tail = text.find(b"ITEM:", max(line, end - 200), end)  # of the next frame, whose ITEM: TIME comes before its mark
    body = memoryview(text)[line + 1 : tail if tail >= 0 else end]
    return _Head(*_header(text[start:atoms].decode(), path), columns, body)


def _parse(heads: list[_Head], path: Path) -> Iterator[DumpFrame]:
    """Parse frames of the same columns in one go: the parser's threads are woken once, not once per frame."""
    for columns, group in groupby(heads, key=lambda head: head.columns):
        frames = list(group)
        table = _table(b"".join(head.body for head in frames), columns)
        start = sum(head.count for head in frames)
        if len(table["id"]) != start:
            raise ValueError(f"{path}: its frames promise {start} rows, not {len(table['id'])}: it is damaged")
        start = 0
        for head in frames:
            rows = {name: column[start : start + head.count] for name, column in table.items()}
            start += head.count
            yield _frame(head, rows, path)


def _table(body: bytes, columns: tuple[str, ...]) -> dict[str, Any]:
    kinds: dict[str, Any] = {
        name: pl.Int64 if name in _INTEGER else pl.String if name in _TEXT else pl.Float64 for name in columns
    }
    if not body:
        return {name: np.empty(0) for name in columns}
    if body[: body.index(b"\n")].endswith(b" "):
        kinds["_end"] = pl.String
    table = pl.read_csv(body, separator=" ", has_header=False, schema=kinds)
    return {name: _words(table[name]) if name in _TEXT else table[name].to_numpy() for name in columns}


def _words(column: pl.Series) -> NDArray[np.str_]:
    words = column.unique().to_list()
    out = np.empty(len(column), dtype=f"U{max(map(len, words), default=1)}")
    for word in words:
        out[(column == word).to_numpy()] = word
    return out


def _frame(head: _Head, table: dict[str, Any], path: Path) -> DumpFrame:
    cell, origin = _box(head.flags, head.bounds)
    ids = table["id"].astype(np.int64)
    if not (ids[1:] > ids[:-1]).all():
        order = np.argsort(ids, kind="stable")
        table = {name: column[order] for name, column in table.items()}
    periodic = np.array([f == "pp" for f in head.flags if len(f) == 2 and f[0] in "pfsm"], dtype=bool)
    images = [k for k in ("ix", "iy", "iz") if k in table]
    used = {"id", "type", "element", "ix", "iy", "iz", "typelabel"}
    positions, taken = _positions(table, cell, origin, path)
    return DumpFrame(
        head.step,
        cell,
        origin,
        periodic,
        table["id"].astype(np.int64),
        positions,
        table.get("element", table.get("typelabel")),
        table.get("type"),
        np.column_stack([table[k] for k in images]) if len(images) == 3 else None,
        {k: v for k, v in table.items() if k not in used | taken},
    )


def _header(head: str, path: Path) -> tuple[int, int, list[str], NDArray[np.float64]]:
    lines = head.split("\n")
    try:
        step = int(lines[0] or lines[1])
        at = next(i for i, line in enumerate(lines) if line.startswith("ITEM: NUMBER OF ATOMS"))
        box = next(i for i, line in enumerate(lines) if line.startswith("ITEM: BOX BOUNDS"))
        bounds = np.array([line.split() for line in lines[box + 1 : box + 4]], dtype=float)
        return step, int(lines[at + 1]), lines[box].split()[3:], bounds
    except (StopIteration, ValueError, IndexError) as error:
        raise ValueError(
            f"{path}: a frame without a readable header; expected a LAMMPS dump of style custom"
        ) from error


def _box(flags: list[str], bounds: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return cell rows and origin; a tilted box is written as its bounding box (LAMMPS Howto_triclinic)."""
    if flags[:2] == ["abc", "origin"]:
        return bounds[:, :3].copy(), bounds[:, 3].copy()
    low, high = bounds[:, 0].copy(), bounds[:, 1].copy()
    xy, xz, yz = bounds[:, 2] if bounds.shape[1] == 3 else (0.0, 0.0, 0.0)
    low -= [min(0.0, xy, xz, xy + xz), min(0.0, yz), 0.0]
    high -= [max(0.0, xy, xz, xy + xz), max(0.0, yz), 0.0]
    cell = np.diag(high - low)
    cell[1, 0], cell[2, 0], cell[2, 1] = xy, xz, yz
    return cell, low


def _positions(
    table: dict[str, Any], cell: NDArray[np.float64], origin: NDArray[np.float64], path: Path
) -> tuple[NDArray[np.float64], set[str]]:
    for style in _COORDINATES:
        names = [style.replace("x", axis) for axis in "xyz"]
        if all(name in table for name in names):
            xyz = np.column_stack([table[name] for name in names])
            return (origin + xyz @ cell if "s" in style else xyz), set(names)
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
