"""Files from the wild, each with what is right for it: read the same as the plain one, or refused in one line."""

import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from nanokiln.analysis.trajectory.foreign import Said, open_foreign
from nanokiln.analysis.trajectory.formats import read_frames

CASES = Path(__file__).parents[2] / "data" / "cases"
MODEL = CASES / "structures" / "m-cu2se.extxyz"
OTHER = CASES / "structures" / "m-se-first.extxyz"
MOVED = [[-2.5, 0, 0], [0.4, 0, 0], [0, 0.2, 0]]  # of d00-plain over three frames
TWO = [[-1.5, 0, 0], [0.2, 0, 0], [0, 0.1, 0]]  # over its first two
FREE = [[8.5, 0, 0], [0.2, 0, 0], [0, 0.1, 0]]  # the same without a box
SHAKEN = [[-0.088, -0.07, 0.034], [-0.003, -0.004, -0.056], [-0.077, 0.027, 0.02]]
PLAIN = Said(timestep_ps=0.001)
GIVEN = Said(MODEL, timestep_ps=0.001)
NAMED = Said(elements=("Cu", "Se"), timestep_ps=0.001)
NAN = float("nan")


@dataclass(frozen=True)
class Right:
    """What a file gives: steps, displacements of its first three atoms, elements, ids, words of its warning, times."""

    steps: tuple[int, ...] = (0, 100)
    moved: list[list[float]] = field(default_factory=lambda: TWO)
    elements: str = "CuCuSe"
    ids: tuple[int, ...] = (1, 2, 3)
    warns: str = ""
    times_ps: tuple[float, ...] | None = None


@dataclass(frozen=True)
class Refused:
    """The words that the one line has."""

    words: str


THREE = Right((0, 100, 200), MOVED)
TABLE: list[tuple[str, Said, Right | Refused]] = [
    ("d00-plain.dump", PLAIN, THREE),
    ("d00-plain.dump", GIVEN, THREE),
    ("d00-plain.dump", Said(OTHER, timestep_ps=0.001), Refused("species disagree")),
    ("d00-plain.dump", Said(), Refused("--timestep-fs")),
    ("d01-crlf.dump", PLAIN, THREE),
    ("d03a-padded-columns.dump", PLAIN, Right()),
    ("d03b-leading-space.dump", PLAIN, Right()),
    ("d03c-tabs.dump", PLAIN, Right()),
    ("d03d-double-trailing-space.dump", PLAIN, Right()),
    ("pad.dump", PLAIN, Right((0, 10, 20, 30), SHAKEN, "CuCuCuSe", (1, 2, 3, 4))),
    ("d04a-incomplete-frame-in-the-middle.dump", PLAIN, Refused("step 100 promises 3 atoms and has 2 rows")),
    ("d04b-comment-line.dump", PLAIN, Right()),
    ("d04c-blank-lines-between-frames.dump", PLAIN, Right()),
    ("d04d-last-frame-cut-mid-number.dump", PLAIN, Right(warns="left out")),
    ("d05-scaled-triclinic-image-flags.dump", PLAIN, Right((0, 100), [[2.4, 0, 0], [0, 0, 0]], "CuSe", (1, 2))),
    ("d09a-units-nano-time.dump", Said(), Right((0, 100), [[1, 0, 0]], "Cu", (1,), times_ps=(0, 50))),
    ("d09b-units-lj.dump", PLAIN, Refused("--units")),
    ("d09b-units-lj.dump", Said(timestep_ps=0.001, units="metal"), THREE),
    ("d10-element-swapped-mc.dump", PLAIN, Refused("atom 1 is Cu at first and Se at step 100")),
    ("d11a-type-labels-in-type-column.dump", PLAIN, Right()),
    ("d11b-typelabel-not-an-element.dump", PLAIN, Refused("--elements")),
    ("d11b-typelabel-not-an-element.dump", NAMED, Right()),
    ("d11b-typelabel-not-an-element.dump", GIVEN, Right(warns="Cu_t, Se_c")),
    ("d11c-element-column-X.dump", PLAIN, Refused("--elements")),
    ("d11c-element-column-X.dump", GIVEN, Right(warns="calls atoms X")),
    ("d11d-element-C-default.dump", PLAIN, Right(elements="CCC", warns="every atom is called C")),
    ("d11d-element-C-default.dump", GIVEN, Right(warns="taken from the model")),
    ("d13a-group-dump-ids-5-7-9.dump", PLAIN, Right(ids=(5, 7, 9))),
    ("d13a-group-dump-ids-5-7-9.dump", GIVEN, Refused("atom id 5")),
    ("thr.dump", PLAIN, Right((0, 10, 20, 30), [], "CuSeSeCu", (5, 6, 7, 8))),
    ("d13b-atoms-inserted-later.dump", PLAIN, Right((0, 100), [TWO[0], TWO[1], [0, 0, 0]])),
    ("d13c-atom-lost-later.dump", PLAIN, Right((0, 100), [[NAN] * 3, TWO[1], TWO[2]])),
    ("d16-dump.nanowire", PLAIN, THREE),
    ("d16-plain.custom", PLAIN, THREE),
    ("d16-plain.lammps", PLAIN, THREE),
    ("d16-traj.dump.0", PLAIN, THREE),
    ("d16-plain.dump.xz", PLAIN, THREE),
    ("d16-plain.lammpstrj.bz2", PLAIN, THREE),
    ("d16-dump.types-only", PLAIN, Refused("--elements")),
    ("d16-types-only.dump", PLAIN, Refused("--elements")),
    ("d16-types-only.dump", NAMED, THREE),
    ("d16-types-only.dump", GIVEN, THREE),
    ("d16-types-only.dump", Said(OTHER, timestep_ps=0.001), Refused("species disagree: atoms of type 1")),
    ("d16-types-only.dump", Said(elements=("Cu",), timestep_ps=0.001), Refused("nothing of type 2")),
    ("d19-no-boundary-flags.dump", PLAIN, THREE),
    ("d20-flags-before-tilts.dump", PLAIN, THREE),
    ("d21-nan-positions.dump", PLAIN, Refused("step 100 has atom 1 at a place that is not finite")),
    ("d22-more-values-than-columns.dump", PLAIN, Refused("8 values in row 1")),
    ("d23-no-id-column.dump", PLAIN, Refused("no column `id`")),
    ("d24-empty.dump", PLAIN, Refused("is empty")),
    ("d26-bom.dump", PLAIN, THREE),
    ("d27-inf-exponent.dump", PLAIN, Refused("step 0 has '4D0' for x in row 2")),
    ("d28-type-as-float.dump", PLAIN, Right()),
    ("y.dump", PLAIN, Right((0, 10, 20, 30), SHAKEN, "CuCuCuSe", (1, 2, 3, 4))),
    ("hdr.dump", PLAIN, Refused("with their headers")),
    ("col.dump", PLAIN, Refused("no coordinates among its columns")),
    ("x30-pbc-True-True-False.extxyz", PLAIN, Right((0, 1))),
    ("x31-no-pbc-key.extxyz", PLAIN, Right((0, 1))),
    ("x32-no-lattice.extxyz", PLAIN, Right((0, 1), FREE)),
    ("x33-lammps-xyz-dump.xyz", PLAIN, Right((0, 1000), FREE)),
    ("x33b-lammps-xyz-types.xyz", PLAIN, Refused("--elements")),
    ("x33b-lammps-xyz-types.xyz", NAMED, Right((0, 1000), FREE)),
    ("x34-lattice-8-entries.extxyz", PLAIN, Refused("Lattice of 8 numbers")),
    ("x37-atom-lost.extxyz", PLAIN, Refused("without ids")),
    ("x38-order-changes.extxyz", PLAIN, Refused("without ids")),
    ("x39-id-column-shuffled.extxyz", PLAIN, Right((0, 1), [[0, 0, 0]] * 3)),
    ("x40-empty-last-frame-cut.extxyz", PLAIN, Right((0,), [[0, 0, 0]] * 3, warns="left out")),
    ("x41-with-time.extxyz", Said(), Right((0, 500, 5000), warns="picoseconds", times_ps=(0, 1, 10))),
]


def test_the_table_has_every_case() -> None:
    assert {name for name, _, _ in TABLE} == {path.name for path in (CASES / "trajectories").iterdir()}


@pytest.mark.parametrize(("name", "said", "right"), TABLE, ids=[f"{row[0]}-{i}" for i, row in enumerate(TABLE)])
def test_a_case_gives_what_is_right_for_it(tmp_path: Path, name: str, said: Said, right: Right | Refused) -> None:
    path = CASES / "trajectories" / name
    if isinstance(right, Refused):
        with pytest.raises(ValueError, match=r"\A[^\n]+\Z") as refusal:
            open_foreign([path], tmp_path / "t.h5", said)
        assert right.words in str(refusal.value)
        assert not list(tmp_path.iterdir())
        return
    found = open_foreign([path], tmp_path / "t.h5", said)
    with found.trajectory as trajectory:
        assert tuple(trajectory.steps.tolist()) == right.steps
        assert tuple(trajectory.ids.tolist())[: len(right.ids)] == right.ids
        assert "".join(trajectory.elements.tolist()).startswith(right.elements)
        assert found.model.atoms.get_chemical_symbols() == trajectory.elements.tolist()
        moved = trajectory.displacements(np.arange(len(right.moved)))[-1]
        assert np.allclose(moved, np.reshape(right.moved, (-1, 3)), atol=6e-4, equal_nan=True)
        times = right.times_ps or [step * 0.001 for step in right.steps]
        assert np.allclose(trajectory.times_ps, times)
    assert right.warns in " ".join(found.warnings) and bool(found.warnings) == bool(right.warns)


def test_all_names_of_all_formats_hold_the_same(tmp_path: Path) -> None:
    """Whatever the format, content decides: the plain dump packed and named anything reads the same."""
    for suffix in (".xtc", ".extxyz", ".data", ""):
        shutil.copy(CASES / "trajectories" / "d00-plain.dump", tmp_path / f"any{suffix}")
        assert [f.step for f in read_frames(tmp_path / f"any{suffix}")] == [0, 100, 200]


@pytest.mark.skipif(shutil.which("zstd") is None, reason="needs zstd")
def test_zstd_is_read(tmp_path: Path) -> None:
    subprocess.run(["zstd", "-q", CASES / "trajectories" / "d00-plain.dump", "-o", tmp_path / "d.zst"], check=True)
    assert [f.positions.tolist() for f in read_frames(tmp_path / "d.zst")] == [
        f.positions.tolist() for f in read_frames(CASES / "trajectories" / "d00-plain.dump")
    ]


def plain(steps: tuple[int, ...], atoms: tuple[str, ...] = ("1 Cu 1 1 1", "2 Cu 4 4 4"), columns: str = "x y z") -> str:
    head = "ITEM: TIMESTEP\n{}\nITEM: NUMBER OF ATOMS\n{}\nITEM: BOX BOUNDS pp pp pp\n0 10\n0 10\n0 10\n"
    head += f"ITEM: ATOMS id element {columns}\n"
    return "".join(head.format(step, len(atoms)) + "".join(f"{row}\n" for row in atoms) for step in steps)


def test_a_run_that_starts_again_is_refused_and_a_frame_written_twice_counts_once(tmp_path: Path) -> None:
    (tmp_path / "again.dump").write_text(plain((0, 10, 20)) + plain((0, 10)))
    with pytest.raises(ValueError, match="after step 20 comes step 0"):
        open_foreign([tmp_path / "again.dump"], tmp_path / "t.h5", PLAIN)
    (tmp_path / "twice.dump").write_text(plain((0, 10)) + plain((10, 20)))
    with open_foreign([tmp_path / "twice.dump"], tmp_path / "t.h5", PLAIN).trajectory as trajectory:
        assert trajectory.steps.tolist() == [0, 10, 20]


def test_an_id_that_stands_twice_is_refused(tmp_path: Path) -> None:
    (tmp_path / "d.dump").write_text(plain((0,), ("1 Cu 1 1 1", "1 Cu 4 4 4")))
    with pytest.raises(ValueError, match="atom id 1 twice"):
        open_foreign([tmp_path / "d.dump"], tmp_path / "t.h5", PLAIN)


def test_files_of_one_frame_each_are_put_in_order(tmp_path: Path) -> None:
    files = [tmp_path / f"d.{step}" for step in (0, 1000, 200)]  # as a shell sorts them
    for path, step in zip(files, (0, 1000, 200), strict=True):
        path.write_text(plain((step,)))
    with open_foreign(files, tmp_path / "t.h5", PLAIN).trajectory as trajectory:
        assert trajectory.steps.tolist() == [0, 200, 1000]
    with pytest.raises(ValueError, match="the same atoms"):
        open_foreign([files[0], files[0]], tmp_path / "u.h5", PLAIN)


def test_files_that_ranks_wrote_are_joined_by_atoms(tmp_path: Path) -> None:
    (tmp_path / "d.0").write_text(plain((0, 10), ("3 Se 7 7 7",)))
    (tmp_path / "d.1").write_text(plain((0, 10)))
    with open_foreign([tmp_path / "d.0", tmp_path / "d.1"], tmp_path / "t.h5", PLAIN).trajectory as trajectory:
        assert trajectory.ids.tolist() == [1, 2, 3] and trajectory.elements.tolist() == ["Cu", "Cu", "Se"]
        assert trajectory.steps.tolist() == [0, 10]


def test_unwrapped_columns_are_taken_as_written(tmp_path: Path) -> None:
    """A step of six tenths of the box is a step of six tenths, where nearest images would make it minus four."""
    text = plain((0,), ("1 Cu 1 1 1",), "xu yu zu") + plain((10,), ("1 Cu 7 1 1",), "xu yu zu")
    (tmp_path / "d.dump").write_text(text)
    with open_foreign([tmp_path / "d.dump"], tmp_path / "t.h5", PLAIN).trajectory as trajectory:
        assert np.allclose(trajectory.displacements(np.arange(1))[-1], [[6, 0, 0]])


def test_a_general_triclinic_box_is_read(tmp_path: Path) -> None:
    text = plain((0,)).replace("BOX BOUNDS pp pp pp\n0 10\n0 10\n0 10", "BOX BOUNDS abc origin pp pp pp\n{}")
    (tmp_path / "d.dump").write_text(text.format("0 9 1 -1\n-9 0 0 -2\n0 1 8 -3"))
    (frame,) = read_frames(tmp_path / "d.dump")
    assert frame.cell.tolist() == [[0, 9, 1], [-9, 0, 0], [0, 1, 8]] and frame.origin.tolist() == [-1, -2, -3]
    assert frame.periodic.all()


def test_a_last_line_without_its_end_is_taken_with_a_warning(tmp_path: Path) -> None:
    (tmp_path / "d.dump").write_text(plain((0, 10)).rstrip())
    found = open_foreign([tmp_path / "d.dump"], tmp_path / "t.h5", PLAIN)
    with found.trajectory as trajectory:
        assert trajectory.steps.tolist() == [0, 10] and "no line end" in found.warnings[0]


def test_our_own_trajectory_is_read_back(tmp_path: Path) -> None:
    first = open_foreign([CASES / "trajectories" / "d00-plain.dump"], tmp_path / "t.h5", PLAIN)
    first.trajectory.close()
    found = open_foreign([tmp_path / "t.h5"], tmp_path / "u.h5", GIVEN)
    with found.trajectory as trajectory:
        assert np.allclose(trajectory.displacements(np.arange(3))[-1], MOVED, atol=1e-5)
    assert [f.step for f in read_frames(tmp_path / "t.h5")] == [0, 100, 200]
