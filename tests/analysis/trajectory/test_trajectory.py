import gzip
from pathlib import Path

import ase
import numpy as np
import pytest

from nanokiln.analysis.motion.msd import Displacements
from nanokiln.analysis.motion.rigid import find_particles
from nanokiln.analysis.trajectory.dump import DumpFrame, read_dump, write_dump
from nanokiln.analysis.trajectory.trajectory import convert

RNG = np.random.default_rng(7)


def frame(step: int, positions: np.ndarray, box: float = 10.0, **extra) -> DumpFrame:
    ids = np.arange(1, len(positions) + 1)
    names = np.array(["Cu"] * len(positions))
    return DumpFrame(step, np.eye(3) * box, np.zeros(3), np.ones(3, bool), ids, positions, names, **extra)


@pytest.mark.parametrize("suffix", [".dump", ".dump.gz"])
def test_a_dump_is_read_back(tmp_path: Path, suffix: str) -> None:
    cell = np.array([[10.0, 0, 0], [2, 9, 0], [-1, 1, 8]])
    positions = RNG.random((5, 3)) * 8
    there = DumpFrame(100, cell, np.array([1.0, 2, 3]), np.array([True, True, False]), np.arange(1, 6), positions,
                  np.array(["Cd", "Se", "Cu", "P", "Au"]), images=RNG.integers(-2, 3, (5, 3)))  # fmt: skip
    write_dump(tmp_path / f"a{suffix}", [there, there], digits=12)
    back = list(read_dump(tmp_path / f"a{suffix}"))
    assert len(back) == 2
    for name in ("step", "cell", "origin", "periodic", "ids", "positions", "elements", "images"):
        expected, got = np.asarray(getattr(there, name)), np.asarray(getattr(back[0], name))
        assert np.array_equal(expected, got) if expected.dtype.kind in "biU" else np.allclose(expected, got, atol=1e-10)


def test_rows_are_sorted_and_extra_columns_kept(tmp_path: Path) -> None:
    text = (
        "ITEM: UNITS\nmetal\nITEM: TIME\n0.5\nITEM: TIMESTEP\n5\nITEM: NUMBER OF ATOMS\n3\nITEM: BOX BOUNDS pp pp ff\n"
    )
    text += "-1 9\n0 10\n0 10\nITEM: ATOMS id type xs ys zs c_pe\n"
    text += "3 2 0.5 0.5 0.5 -3.5 \n1 1 0.1 0 0 -1.5 \n2 1 0 0.2 0 -2.5 \n"
    (tmp_path / "a.dump").write_text(text + text.replace("\n5\nITEM: NUMBER", "\n6\nITEM: NUMBER"))
    one, two = read_dump(tmp_path / "a.dump")
    assert (one.step, two.step) == (5, 6)
    assert one.ids.tolist() == [1, 2, 3] and one.types.tolist() == [1, 1, 2]
    assert one.extra["c_pe"].tolist() == [-1.5, -2.5, -3.5]
    assert np.allclose(one.positions[0], [0, 0, 0])  # a tenth of the box from its origin at -1
    assert one.periodic.tolist() == [True, True, False]


def test_a_frame_cut_off_by_a_kill_is_left_out(tmp_path: Path) -> None:
    write_dump(tmp_path / "a.dump.gz", [frame(i, RNG.random((50, 3))) for i in range(5)])
    whole = gzip.decompress((tmp_path / "a.dump.gz").read_bytes())
    (tmp_path / "b.dump").write_bytes(whole[:-30])
    assert [f.step for f in read_dump(tmp_path / "b.dump")] == [0, 1, 2, 3]
    packed = (tmp_path / "a.dump.gz").read_bytes()
    (tmp_path / "c.dump.gz").write_bytes(packed[: len(packed) - 200])
    assert [f.step for f in read_dump(tmp_path / "c.dump.gz")] in ([0, 1, 2], [0, 1, 2, 3])


def test_no_ids_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    text = "ITEM: TIMESTEP\n0\nITEM: NUMBER OF ATOMS\n1\n"
    text += "ITEM: BOX BOUNDS pp pp pp\n0 1\n0 1\n0 1\nITEM: ATOMS x y z\n0 0 0\n"
    (tmp_path / "a.dump").write_text(text)
    with pytest.raises(ValueError, match="write it with `id`"):
        list(read_dump(tmp_path / "a.dump"))


def test_overlapping_segments_give_every_frame_once(tmp_path: Path) -> None:
    before, after = RNG.random((4, 3)), RNG.random((4, 3))
    write_dump(tmp_path / "1.dump", [frame(i, before) for i in (0, 10, 20, 30)])
    write_dump(tmp_path / "2.dump.gz", [frame(i, after) for i in (20, 30, 40)])
    with convert([tmp_path / "1.dump", tmp_path / "2.dump.gz"], None, tmp_path / "t.h5", 0.002) as t:
        assert t.steps.tolist() == [0, 10, 20, 30, 40]
        assert np.allclose(t.times_ps, [0, 0.02, 0.04, 0.06, 0.08])
        assert np.allclose(t.frame(1).positions, before) and np.allclose(t.frame(2).positions, after)
    with pytest.raises(ValueError, match="in the order"):
        convert([tmp_path / "2.dump.gz", tmp_path / "1.dump"], None, tmp_path / "u.h5", 0.002)


def test_walkers_are_unwrapped_with_and_without_images(tmp_path: Path) -> None:
    walk = np.cumsum(RNG.normal(0, 0.8, (60, 20, 3)), axis=0) + 5
    wrapped = [frame(i, x % 10) for i, x in enumerate(walk)]
    flagged = [frame(i, x % 10, images=np.floor(x / 10).astype(int)) for i, x in enumerate(walk)]
    for name, frames in (("a", wrapped), ("b", flagged)):
        write_dump(tmp_path / f"{name}.dump", frames, digits=12)
        with convert([tmp_path / f"{name}.dump"], None, tmp_path / f"{name}.h5", 1.0) as t:
            assert np.allclose(t.displacements(np.arange(20)), walk - walk[0], atol=1e-5)


def test_a_static_crystal_in_a_growing_box_does_not_move(tmp_path: Path) -> None:
    scaled = RNG.random((200, 3))
    cell = np.array([[20.0, 0, 0], [3, 18, 0], [1, 2, 22]])
    frames = []
    for i, growth in enumerate(np.linspace(1, 1.015, 40)):
        box = cell * growth
        origin = -0.5 * box.sum(axis=0)  # a barostat dilates about the middle
        frames.append(
            DumpFrame(
                i, box, origin, np.ones(3, bool), np.arange(1, 201), origin + scaled @ box, np.array(["Cu"] * 200)
            )
        )
    write_dump(tmp_path / "a.dump", frames, digits=12)
    with convert([tmp_path / "a.dump"], None, tmp_path / "a.h5", 1.0) as t:
        moved = t.displacements(np.arange(200))
    assert (moved**2).sum(axis=2).max() < 1e-10


def test_a_turned_and_drifting_particle_does_not_move(tmp_path: Path, crystal_of, frame_of) -> None:
    from scipy.spatial.transform import Rotation

    bulk = crystal_of("antifluorite", (6, 6, 6))
    ball = bulk[np.linalg.norm(bulk.positions - bulk.positions.mean(0), axis=1) < 14]
    ball.set_cell(np.eye(3) * 100)
    ball.positions += 49 - ball.positions.mean(0)  # drifting across the periodic boundary on its way
    frames = []
    for i, angle in enumerate(np.linspace(0, 5, 11)):
        moved = ball.copy()
        moved.positions = (
            Rotation.from_euler("xyz", [angle, angle / 2, -angle], degrees=True).apply(ball.positions - 49) + 49 + 6 * i
        )
        moved.positions %= 100
        frames.append(frame_of(moved, i))
    write_dump(tmp_path / "a.dump", frames, digits=12)
    with convert([tmp_path / "a.dump"], None, tmp_path / "a.h5", 1.0) as t:
        (particle,) = find_particles(t)
        assert particle.free and len(particle.atoms) == len(ball)
        rest = Displacements(t).of(np.arange(len(ball)))
        raw = t.displacements(np.arange(len(ball)))
    assert (raw[-1] ** 2).sum(axis=1).mean() > 1000
    assert (rest**2).sum(axis=2).max() < 1e-8


def test_atoms_may_leave_and_join(tmp_path: Path) -> None:
    x = RNG.random((6, 3)) * 10
    few, many = frame(1, x[:4]), frame(2, x)
    gone = DumpFrame(
        3, np.eye(3) * 10, np.zeros(3), np.ones(3, bool), np.array([1, 6]), x[[0, 5]], np.array(["Cu", "Cu"])
    )
    write_dump(tmp_path / "a.dump", [few, many, gone])
    with convert([tmp_path / "a.dump"], None, tmp_path / "a.h5", 1.0) as t:
        assert [int(f.present.sum()) for f in t.frames()] == [4, 6, 2]
        assert np.isnan(t.displacements(np.arange(6))[0, 4]).all()
        assert len(t.atoms(2)) == 2


def test_ids_beyond_the_model_are_an_error(tmp_path: Path, model_of) -> None:
    write_dump(tmp_path / "a.dump", [frame(0, RNG.random((3, 3)))])
    with pytest.raises(ValueError, match="not of one run"):
        convert([tmp_path / "a.dump"], model_of(ase.Atoms("CuSe", positions=np.eye(3)[:2])), tmp_path / "a.h5", 1.0)
