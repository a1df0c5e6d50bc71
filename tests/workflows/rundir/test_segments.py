"""Segments: every frame and row once, whatever was interrupted."""

import gzip
from pathlib import Path

from nanokiln.workflows.deck.deck import THERMO_COLUMNS
from nanokiln.workflows.rundir.segments import close_segments, drop_from, read_frames, sealed_segments, thermo_rows


def frame(step: int, tag: str = "1.0") -> str:
    box = "ITEM: BOX BOUNDS ff ff ff\n0 1\n0 1\n0 1\n"
    return f"ITEM: TIMESTEP\n{step}\nITEM: NUMBER OF ATOMS\n1\n{box}ITEM: ATOMS id x\n1 {tag}\n"


def row(step: int, tag: str = "0") -> str:
    return f"{step}," + ",".join([tag] * THERMO_COLUMNS.count(","))


def steps(stage: Path) -> list[int]:
    return [step for path in sealed_segments(stage) for step, _ in read_frames(path)]


def test_a_closed_segment_leaves_its_first_frame_to_the_one_before(tmp_path: Path) -> None:
    (tmp_path / "segment-0.dump").write_text("".join(map(frame, (0, 50, 100))))
    close_segments(tmp_path, 100)
    (tmp_path / "segment-100.dump").write_text("".join(map(frame, (100, 150, 200))))
    close_segments(tmp_path, 200)
    assert steps(tmp_path) == [0, 50, 100, 150, 200]
    assert not list(tmp_path.glob("segment-*.dump"))


def test_frames_beyond_the_checkpoint_are_dropped_and_computed_again(tmp_path: Path) -> None:
    (tmp_path / "segment-0.dump").write_text("".join(map(frame, (0, 50, 100, 150))))
    close_segments(tmp_path, 100)
    drop_from(tmp_path, 100)
    (tmp_path / "segment-100.dump").write_text("".join(frame(s, "2.0") for s in (100, 150)))
    close_segments(tmp_path, 150)
    assert steps(tmp_path) == [0, 50, 100, 150]
    assert "2.0" in gzip.decompress((tmp_path / "segment-100.dump.gz").read_bytes()).decode()


def test_going_back_a_generation_takes_back_what_came_after(tmp_path: Path) -> None:
    for begin in (0, 100, 200):
        (tmp_path / f"segment-{begin}.dump").write_text("".join(map(frame, (begin, begin + 50, begin + 100))))
        close_segments(tmp_path, begin + 100)
    for step in (100, 150):
        (tmp_path / f"left-{step}.dump").write_text(frame(step))
    drop_from(tmp_path, 100)
    assert steps(tmp_path) == [0, 50, 100]
    assert [p.name for p in tmp_path.glob("left-*")] == ["left-100.dump"]


def test_a_frame_that_was_cut_off_is_not_read(tmp_path: Path) -> None:
    whole = frame(0) + frame(50)
    path = tmp_path / "cut.dump"
    for length in range(len(frame(0)), len(whole)):
        path.write_text(whole[:length])
        assert [step for step, _ in read_frames(path)] == [0]


def test_rows_of_a_later_attempt_replace_those_of_an_earlier_one(tmp_path: Path) -> None:
    (tmp_path / "thermo-0.csv").write_text("\n".join([THERMO_COLUMNS, *map(row, (0, 10, 20, 30))]) + "\n30,cut")
    (tmp_path / "thermo-20.csv").write_text("\n".join([THERMO_COLUMNS, *(row(s, "1") for s in (20, 30, 40))]))
    assert thermo_rows(tmp_path) == [row(0), row(10), row(20), row(30, "1"), row(40, "1")]
    assert thermo_rows(tmp_path, until=30)[-1] == row(30, "1")
