"""Segments: what LAMMPS wrote between two checkpoints, kept so that every frame and row is there once."""

import gzip
from collections.abc import Iterator
from pathlib import Path

from nanokiln.structures.storage import whole, write_whole
from nanokiln.workflows.deck.deck import THERMO_COLUMNS


def start_of(path: Path) -> int:
    """Return the step that a `segment-STEP...`, `thermo-STEP...` or `left-STEP...` file is named after."""
    return int(path.name.split(".")[0].partition("-")[2])


def sealed_segments(stage: Path) -> list[Path]:
    """Return the finished segments of a stage in order."""
    return sorted(stage.glob("segment-*.dump.gz"), key=start_of)


def close_segments(stage: Path, until: int) -> None:
    """Compress every open dump that began before `until`, dropping frames beyond it and its repeated first frame.

    The frame at a segment's own first step belongs to the segment before it, but for the first step of all.
    """
    for raw in sorted(stage.glob("segment-*.dump"), key=start_of):
        begin = start_of(raw)
        if begin >= until:
            continue
        with whole(raw.with_suffix(".dump.gz")) as part, gzip.open(part, "wt", compresslevel=1) as out:
            for step, text in read_frames(raw):
                if begin < step <= until or step == begin == 0:
                    out.write(text)
        raw.unlink()


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
    for path in [*stage.glob("segment-*"), *stage.glob("thermo-*.csv")]:
        if start_of(path) >= step:
            path.unlink()
    for path in stage.glob("left-*.dump"):
        if start_of(path) > step:
            path.unlink()


def thermo_rows(stage: Path, until: int | None = None) -> list[str]:
    """Return the rows of a stage, one per step, the later attempt's where two attempts overlap."""
    rows: dict[int, str] = {}
    for path in sorted(stage.glob("thermo-*.csv"), key=start_of):
        begin = start_of(path)
        rows = {step: row for step, row in rows.items() if step <= begin}
        for line in path.read_text().splitlines()[1:]:
            step = int(line.partition(",")[0])
            if line.count(",") == THERMO_COLUMNS.count(",") and (until is None or step <= until):
                rows.setdefault(step, line)
    return [rows[step] for step in sorted(rows)]


def join_thermo(stages: list[Path], out: Path) -> None:
    """Write the rows of all stages under one header; where two stages meet, the row of the earlier one stays."""
    lines, last = [THERMO_COLUMNS], -1
    for stage in stages:
        source = stage / "thermo.csv"
        rows = source.read_text().splitlines()[1:] if source.exists() else thermo_rows(stage)
        fresh = [row for row in rows if int(row.partition(",")[0]) > last]
        lines += fresh
        last = int(fresh[-1].partition(",")[0]) if fresh else last
    write_whole(out, "\n".join(lines) + "\n")
