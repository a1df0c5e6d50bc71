"""What stands above the rows of a LAMMPS dump frame: step, time, units, box, boundary and columns."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

MARK = b"TIMESTEP"
ATOMS = b"ITEM: ATOMS"
LENGTH_A = {"metal": 1.0, "real": 1.0, "nano": 10.0, "micro": 1e4, "si": 1e10, "cgs": 1e8, "electron": 0.529177210903}
TIME_PS = {"metal": 1.0, "real": 1e-3, "nano": 1e3, "micro": 1e6, "si": 1e12, "cgs": 1e12, "electron": 1e-3}
_BEFORE = (b"TIME", b"UNITS")  # what LAMMPS writes above ITEM: TIMESTEP


@dataclass(frozen=True)
class Head:
    """The head of a frame, as written, and its rows as text."""

    step: int
    count: int
    periodic: NDArray[np.bool_]
    cell: NDArray[np.float64]
    origin: NDArray[np.float64]
    columns: tuple[str, ...]
    body: memoryview
    time: float | None = None
    units: str | None = None


def begin_of(text: bytes, mark: int) -> int:
    """Return where the frame begins whose TIMESTEP ends at `mark`: at its ITEM: UNITS or ITEM: TIME if it has them."""
    at = text.rfind(b"ITEM:", 0, mark)
    while True:
        before = text.rfind(b"ITEM:", max(0, at - 80), at)
        if before < 0 or text[before + 5 : at].split()[:1] not in ([word] for word in _BEFORE):
            return max(at, 0)
        at = before


def read_head(text: bytes, span: tuple[int, int, int], path: Path) -> Head:
    """Return the head of the frame that begins, has its TIMESTEP and ends at the offsets of `span`; ValueError."""
    begin, mark, end = span
    atoms = text.find(ATOMS, mark, end)
    line = text.find(b"\n", atoms, end)
    if atoms < 0 or line < 0:
        other = text[mark:end].partition(b"ITEM: ENTRIES")[1].decode()
        found = f" (it has {other})" if other else ""
        raise ValueError(f"{path}: a frame without ITEM: ATOMS{found}; expected a LAMMPS dump of style atom or custom")
    columns = tuple(text[atoms + len(ATOMS) : line].decode(errors="replace").split())
    if "id" not in columns:
        raise ValueError(f"{path}: its frames have no column `id`; write it with `id`, to follow atoms")
    if len(set(columns)) < len(columns):
        raise ValueError(f"{path}: a column stands twice among {' '.join(columns)}: mend the line ITEM: ATOMS")
    above = _above(text[begin:mark].decode(errors="replace"))
    try:
        step, count, words, bounds = _lines(text[mark:atoms].decode(errors="replace"))
        cell, origin = box_of(words, bounds)
        time = float(above["TIME"]) if "TIME" in above else None
    except (StopIteration, ValueError, IndexError) as error:
        raise ValueError(
            f"{path}: a frame without a readable header; expected a LAMMPS dump of style custom"
        ) from error
    body = memoryview(text)[line + 1 : end]
    return Head(step, count, _periodic(words), cell, origin, columns, body, time, above.get("UNITS"))


def _above(text: str) -> dict[str, str]:
    """The value under each ITEM above ITEM: TIMESTEP."""
    items = (item.split() for item in text.split("ITEM:"))
    return {words[0]: words[1] for words in items if len(words) > 1}


def _lines(head: str) -> tuple[int, int, list[str], NDArray[np.float64]]:
    lines = [line for line in head.split("\n") if line.strip()]
    at = next(i for i, line in enumerate(lines) if line.startswith("ITEM: NUMBER OF ATOMS"))
    box = next(i for i, line in enumerate(lines) if line.startswith("ITEM: BOX BOUNDS"))
    bounds = np.array([line.split() for line in lines[box + 1 : box + 4]], dtype=float)
    if bounds.shape[0] != 3 or bounds.shape[1] not in (2, 3, 4):
        raise ValueError("three rows of bounds")
    return int(lines[0]), int(lines[at + 1]), lines[box].split()[3:], bounds


def _periodic(words: list[str]) -> NDArray[np.bool_]:
    """Boundary flags; a dump without them is of an old LAMMPS, which wrote periodic boxes as bare bounds."""
    flags = [word == "pp" for word in words if len(word) == 2 and set(word) <= set("pfsm")]
    return np.array(flags if len(flags) == 3 else [True] * 3, dtype=bool)


def box_of(words: list[str], bounds: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return cell rows and origin; a tilted box is written as its bounding box (LAMMPS Howto_triclinic)."""
    if words[:2] == ["abc", "origin"]:
        return bounds[:, :3].copy(), bounds[:, 3].copy()
    low, high = bounds[:, 0].copy(), bounds[:, 1].copy()
    xy, xz, yz = bounds[:, 2] if bounds.shape[1] == 3 else (0.0, 0.0, 0.0)
    low -= [min(0.0, xy, xz, xy + xz), min(0.0, yz), 0.0]
    high -= [max(0.0, xy, xz, xy + xz), max(0.0, yz), 0.0]
    if (high < low).any():
        raise ValueError("bounds whose upper end lies below the lower one")
    cell = np.diag(high - low)
    cell[1, 0], cell[2, 0], cell[2, 1] = xy, xz, yz
    return cell, low
