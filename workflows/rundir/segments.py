"""Segments: what LAMMPS wrote between two checkpoints, kept so that every frame and row is there once."""

import gzip
import zlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

from nanokiln.structures.storage import read_json, sha256, write_json, write_whole
from nanokiln.workflows.deck.deck import THERMO_COLUMNS
from nanokiln.workflows.rundir.packing import OpenDump, join, pack

UNREADABLE = (OSError, EOFError, ValueError, IndexError, zlib.error)  # what reading a damaged dump may raise


@dataclass(frozen=True)
class SegmentSeal:
    """What `segment-STEP.json` says of a finished segment: the steps that it covers, its number of frames, and the
    SHA-256 of it and of the dumps of atoms that left meanwhile."""

    first_step: int
    last_step: int
    frames: int
    sha256: str
    left: dict[str, str]


def start_of(path: Path) -> int:
    """Return the step that a `segment-STEP...`, `thermo-STEP...` or `left-STEP...` file is named after."""
    return int(path.name.split(".")[0].partition("-")[2])


def sealed_segments(stage: Path) -> list[Path]:
    """Return the finished segments of a stage in order."""
    return _ordered(stage, "segment-*.dump.gz")


def _ordered(stage: Path, pattern: str) -> list[Path]:
    found = (path for path in stage.glob(pattern) if path.name.split(".")[0].partition("-")[2].isdigit())
    return sorted(found, key=start_of)


def open_dumps(stage: Path, until: int) -> list[OpenDump]:
    """Return every dump that began before `until` and is not compressed, in order, each with the steps of its own."""
    raws = [raw for raw in _ordered(stage, "segment-*.dump") if start_of(raw) < until]
    ends = [*(start_of(raw) for raw in raws[1:]), until]
    return [OpenDump(raw, start_of(raw), end) for raw, end in zip(raws, ends, strict=False)]


def seal_segment(dump: OpenDump, shares: int = 1) -> None:
    """Join the compressed shares of a dump into a segment, note its checksum, and remove the dump."""
    frames, stage = join(dump, shares), dump.raw.parent
    left = {
        path.name: sha256(path) for path in _ordered(stage, "left-*.dump") if dump.begin < start_of(path) <= dump.end
    }
    seal = SegmentSeal(dump.begin, dump.end, frames, sha256(dump.packed), left)
    write_json(_seal_path(dump.packed), asdict(seal))
    dump.raw.unlink()


def close_segments(stage: Path, until: int) -> None:
    """Compress and seal every open dump that began before `until`, dropping frames beyond it and its repeated first."""
    for dump in open_dumps(stage, until):
        pack(dump)
        seal_segment(dump)


def _seal_path(segment: Path) -> Path:
    return segment.with_name(f"segment-{start_of(segment)}.json")


def _read_seal(segment: Path) -> SegmentSeal | None:
    try:
        return SegmentSeal(**read_json(_seal_path(segment)))
    except (OSError, ValueError, TypeError):
        return None


def flaw(stage: Path, first: int, until: int) -> tuple[int, str]:
    """Return what is wrong with a stage's finished segments from a step to a later one, '' where nothing is, and from
    which step on.

    They must follow each other without a gap and be as sealed; one without a seal must read to its end.
    """
    segments = [path for path in sealed_segments(stage) if start_of(path) < until]
    starts = [*map(start_of, segments), until]
    if starts[0] != first:
        return first, f"the frames of steps {first} to {starts[0]} in {stage.name} are missing"
    for path, (begin, after) in zip(segments, pairwise(starts), strict=True):
        seal = _read_seal(path)
        if seal is None:
            says = _read_through(path, begin, after)
        elif seal.last_step != after:
            says = f"ends at step {seal.last_step}, but what follows begins at step {after}"
        else:
            held = {path.name: seal.sha256, **seal.left}
            odd = [name for name, sum_ in held.items() if _checksum(stage / name) != sum_]
            says = f"is not as it was sealed ({', '.join(odd)}: missing, or SHA-256 differs)" if odd else ""
        if says:
            return begin, f"{stage.name}/{path.name} {says}"
    return until, ""


def _read_through(path: Path, begin: int, after: int) -> str:
    """What is wrong with a segment that has no seal."""
    try:
        steps = [step for step, _ in read_frames(path)]
    except UNREADABLE as error:
        return f"cannot be read: {error}"
    return "" if all(begin <= step <= after for step in steps) else "holds frames of other steps"


def _checksum(path: Path) -> str:
    try:
        told = path.stat()
        return _checksum_of(path, told.st_size, told.st_mtime_ns)
    except OSError:
        return ""


@lru_cache(maxsize=100_000)
def _checksum_of(path: Path, size: int, modified_ns: int) -> str:  # noqa: ARG001
    """A file's checksum, computed once while the file stays what it is."""
    return sha256(path)


def read_frames(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the step and text of each complete frame of a dump; a last frame that was cut off is left out."""
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as file:
        while head := [file.readline() for _ in range(4)]:
            if not head[3].strip():
                return
            rows = [file.readline() for _ in range(5 + int(head[3]))]
            if not rows[-1].endswith("\n"):
                return
            yield int(head[1]), "".join([*head, *rows])


def drop_from(stage: Path, step: int) -> None:
    """Remove what a stage wrote after a step, because the dynamics goes on from there."""
    for path in [*_ordered(stage, "segment-*"), *_ordered(stage, "thermo-*.csv")]:
        if start_of(path) >= step:
            path.unlink()
    for path in _ordered(stage, "left-*.dump"):
        if start_of(path) > step:
            path.unlink()


def thermo_rows(stage: Path, until: int | None = None) -> list[str]:
    """Return the rows of a stage, one per step, the later attempt's where two attempts overlap."""
    rows: dict[int, str] = {}
    for path in _ordered(stage, "thermo-*.csv"):
        begin = start_of(path)
        rows = {step: row for step, row in rows.items() if step <= begin}
        for step, line in _rows(path):
            if until is None or step <= until:
                rows.setdefault(step, line)
    return [rows[step] for step in sorted(rows)]


def _rows(path: Path) -> Iterator[tuple[int, str]]:
    """The step and text of each line that is a whole row; any other line is left out."""
    for line in path.read_text(errors="replace").splitlines():
        step = line.partition(",")[0]
        if line.count(",") == THERMO_COLUMNS.count(",") and step.isdecimal():
            yield int(step), line


def stage_rows(stage: Path, until: int, checksum: str = "") -> list[str]:
    """Return the rows of a stage that ended at step `until`.

    They are those of its `thermo.csv` where that has the checksum; else those it was joined from, and from itself what
    those lack.
    """
    joined = stage / "thermo.csv"
    if checksum and _checksum(joined) == checksum:
        return joined.read_text().splitlines()[1:]
    rows = {int(row.partition(",")[0]): row for row in thermo_rows(stage, until)}
    for step, row in _rows(joined) if joined.exists() else ():
        if step <= until:
            rows.setdefault(step, row)
    return [rows[step] for step in sorted(rows)]


def join_thermo(parts: list[list[str]], out: Path) -> None:
    """Write the rows of all stages under one header; where two stages meet, the row of the earlier one stays."""
    lines, last = [THERMO_COLUMNS], -1
    for rows in parts:
        fresh = [row for row in rows if int(row.partition(",")[0]) > last]
        lines += fresh
        last = int(fresh[-1].partition(",")[0]) if fresh else last
    write_whole(out, "\n".join(lines) + "\n")
