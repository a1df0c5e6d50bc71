"""XYZ and extended XYZ trajectories: atoms by their ids, steps and times where the comment line says them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nanokiln.analysis.trajectory.dump import DumpFrame, ReadOptions
from nanokiln.analysis.trajectory.validate import SameAtoms
from nanokiln.structures.files.unpack import chunks

_COUNT = re.compile(r"[0-9]{1,12}")
_PLAIN = "species:S:1:pos:R:3"
_NAMES = ("species", "element", "symbols", "symbol", "type")
_IDS = ("id", "ids", "atom_id")


def read_xyz(path: Path, options: ReadOptions) -> Iterator[DumpFrame]:
    """Stream the frames of an xyz or extxyz file, packed or not; a last frame cut off is left out, with a warning.

    `Time` of the comment line is taken as picoseconds, `Step` or `Timestep` as the step; without either, frames are
    numbered from 0. ValueError: a frame that cannot be read, or atoms without ids that change.
    """
    same, warned = SameAtoms(path), False
    for index, block in enumerate(_blocks(path, options)):
        frame, has_ids = _frame(index, block, path)
        names = frame.types if frame.elements is None else frame.elements
        if not has_ids and names is not None:
            same.check(index, names.astype(str))
        if frame.time_ps is not None and not warned:
            options.warn(f"{path.name}: `Time` in its comment lines is taken as picoseconds")
            warned = True
        yield frame


@dataclass(frozen=True)
class _Block:
    comment: str
    rows: list[list[str]]


def _lines(path: Path) -> Iterator[str]:
    rest = ""
    for piece in chunks(path):
        *whole, rest = (rest + piece.decode(errors="replace")).split("\n")
        yield from whole
    if rest:
        yield rest


def _blocks(path: Path, options: ReadOptions) -> Iterator[_Block]:
    lines = _lines(path)
    for line in lines:
        if not line.strip():
            continue
        if not _COUNT.fullmatch(line.strip()):
            raise ValueError(f"{path}: expected the number of atoms of the next frame, found {line.strip()[:60]!r}")
        count = int(line)
        comment = next(lines, "")
        rows = [row.split() for row in islice(lines, count)]
        if len(rows) < count or (rows and len(rows[-1]) < len(rows[0])):
            if next(lines, None) is not None:
                raise ValueError(f"{path}: a frame of {count} atoms has a row that is too short: it is damaged")
            options.warn(f"{path.name}: its last frame is not whole and was left out")
            return
        yield _Block(comment, rows)


def _frame(index: int, block: _Block, path: Path) -> tuple[DumpFrame, bool]:
    """Return a frame, and whether it has ids."""
    where = f"{path}: frame {index + 1}"
    columns = _columns(_value(block.comment, "properties") or _PLAIN, where)
    table = np.array(block.rows, dtype=str) if len({len(row) for row in block.rows}) == 1 else None
    named = next((name for name in _NAMES if name in columns), None)
    if table is None or "pos" not in columns or named is None or columns["pos"].stop > table.shape[1]:
        raise ValueError(f"{where} has rows that are not its columns {', '.join(columns)}: expected element x y z")
    positions = _numbers(table[:, columns["pos"]], where).astype(float)
    words = table[:, columns[named].start]
    numbered = all(str(word).isdigit() for word in np.unique(words))
    names, types = (None, words.astype(np.int64)) if numbered else (words, None)
    label = next((name for name in _IDS if name in columns), None)
    n = len(positions)
    ids = np.arange(1, n + 1) if label is None else _numbers(table[:, columns[label].start], where).astype(np.int64)
    order = np.argsort(ids, kind="stable")
    cell, periodic = _cell(block.comment, positions, where)
    step, time = _number(block.comment, where, "step", "timestep"), _number(block.comment, where, "time")
    frame = DumpFrame(
        index if step is None else int(step),
        cell,
        np.zeros(3),
        periodic,
        ids[order],
        positions[order],
        None if names is None else names[order],
        None if types is None else types[order],
        time_ps=time,
    )
    return frame, label is not None


def _columns(properties: str, where: str) -> dict[str, slice]:
    words = properties.split(":")
    out, start = {}, 0
    try:
        for name, _, width in zip(words[::3], words[1::3], words[2::3], strict=True):
            out[name.lower()] = slice(start, start + int(width))
            start += int(width)
    except ValueError:
        raise ValueError(f"{where} has Properties {properties!r}; expected name:type:columns") from None
    return out


def _cell(comment: str, positions: NDArray[np.float64], where: str) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    lattice, flags = _value(comment, "lattice"), _value(comment, "pbc")
    periodic = np.array([word[0] in "Tt1" for word in flags.split()] if flags else [lattice is not None] * 3)
    numbers = np.zeros(9) if lattice is None else _numbers(np.array(lattice.split(), dtype=str), where)
    if numbers.shape != (9,) or periodic.shape != (3,):
        raise ValueError(
            f"{where} has a Lattice of {len(numbers)} numbers and {len(periodic)} pbc flags: expected nine and three"
        )
    if lattice is None:
        return np.diag(np.ptp(positions, axis=0) + 20.0), periodic & False
    return numbers.reshape(3, 3), periodic


def _number(comment: str, where: str, *keys: str) -> float | None:
    word = _value(comment, *keys)
    try:
        number = None if word is None else float(word)
    except ValueError:
        raise ValueError(f"{where} has {keys[0]} {word!r} in its comment line: expected a number") from None
    if number is not None and not np.isfinite(number):
        raise ValueError(f"{where} has {keys[0]} {word} in its comment line: expected a finite number")
    return number


def _value(comment: str, *keys: str) -> str | None:
    """Return the value of the first key that a comment line has: key=value, key="value" or `Timestep: value`."""
    for key in keys:
        found = re.search(rf'(?:^|[\s,]){key}\s*[=:]\s*(?:"([^"]*)"|[\[{{]+([^\]}}]*)[\]}}]+|(\S+))', comment, re.I)
        if found:
            return next(group for group in found.groups() if group is not None).replace(",", " ")
    return None


def _numbers(words: NDArray[Any], where: str) -> NDArray[np.float64]:
    try:
        return words.astype(np.float64)
    except ValueError as error:
        raise ValueError(f"{where}: {error}: expected a number") from None
