"""Frames are looked at by several processes as by one, and what was looked at before an end is not looked at again."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from nanokiln.analysis.lattice.occupation import Labels
from nanokiln.analysis.measure import looks as looking
from nanokiln.analysis.measure.heating_curve import Survey, compute_structure
from nanokiln.analysis.motion.census_frames import activity, census_frames
from nanokiln.analysis.trajectory.trajectory import Trajectory

FRAMES = 9


@pytest.fixture
def shaken(crystal_of, model_of, frame_of, written) -> Iterator[tuple[Trajectory, Labels]]:
    rng, atoms = np.random.default_rng(0), crystal_of("antifluorite", (3, 3, 3))
    frames = []
    for step in range(FRAMES):
        moved = atoms.copy()
        moved.positions += rng.normal(0, 0.1, moved.positions.shape)
        frames.append(frame_of(moved, step))
    model = model_of(atoms)
    trajectory = written(frames, model)
    yield trajectory, Labels.of(model)
    trajectory.close()


def survey(trajectory: Trajectory, labels: Labels, processes: int) -> Survey:
    return compute_structure(trajectory, labels, np.linspace(300, 600, FRAMES), np.arange(FRAMES), processes)


def assert_same(one: Survey, other: Survey) -> None:
    assert [(c.name, c.y.tolist()) for c in one.curves] == [(c.name, c.y.tolist()) for c in other.curves]
    assert one.tracker is not None and other.tracker is not None
    assert np.array_equal(one.tracker.cations.atom, other.tracker.cations.atom)
    assert np.array_equal(one.tracker.anions.atom, other.tracker.anions.atom)
    assert np.array_equal(one.phase, other.phase)


def test_two_processes_see_what_one_sees(shaken, monkeypatch) -> None:
    trajectory, labels = shaken
    alone = survey(trajectory, labels, 1)
    monkeypatch.setattr(looking, "_LARGE", 0)
    assert_same(alone, survey(trajectory, labels, 1))
    assert_same(alone, survey(trajectory, labels, 2))
    assert not trajectory.path.with_suffix(".looks").exists()


def test_what_was_looked_at_is_taken_up_and_what_is_of_other_frames_is_not(shaken, monkeypatch) -> None:
    trajectory, labels = shaken
    alone = survey(trajectory, labels, 1)
    monkeypatch.setattr(looking, "_LARGE", 0)
    real, seen = looking.LookTask.look, []

    def until_the_fourth(task: looking.LookTask, file: Trajectory, index: int) -> looking.Look:
        seen.append(index)
        if len(seen) == 4:
            raise KeyboardInterrupt
        return real(task, file, index)

    monkeypatch.setattr(looking.LookTask, "look", until_the_fourth)
    with pytest.raises(KeyboardInterrupt):
        survey(trajectory, labels, 1)
    assert_same(alone, survey(trajectory, labels, 1))
    assert seen == [1, 2, 3, 4, 4, 5, 6, 7]
    seen.clear()
    with pytest.raises(KeyboardInterrupt):
        survey(trajectory, labels, 1)
    fewer = Labels(**{**labels.__dict__, "complete": np.zeros_like(labels.complete)})
    seen += [0] * 4  # no more interrupts
    survey(trajectory, fewer, 1)
    assert seen[-7:] == list(range(1, 8))


def test_a_killed_helper_costs_time_only(shaken, monkeypatch) -> None:
    trajectory, labels = shaken
    alone = survey(trajectory, labels, 1)
    monkeypatch.setattr(looking, "_LARGE", 0)
    start = subprocess.Popen

    def dead(command: list[str], **how: object) -> subprocess.Popen[bytes]:
        (Path(command[-1]) / "frame-3.claim").touch()  # and what it took stays undone
        process = start([sys.executable, "-c", "import time; time.sleep(60)"], **how)  # type: ignore[call-overload]
        os.kill(process.pid, signal.SIGKILL)
        return process  # type: ignore[no-any-return]

    monkeypatch.setattr(looking.subprocess, "Popen", dead)
    assert_same(alone, survey(trajectory, labels, 2))


def test_a_frame_is_taken_once(tmp_path: Path) -> None:
    assert looking._is_mine(tmp_path, 7) and not looking._is_mine(tmp_path, 7)
    (tmp_path / "frame-8.npz").touch()
    assert not looking._is_mine(tmp_path, 8)


class Jumps:
    """Ten still atoms in a long run, one of which goes away late."""

    n_frames, elements = 400, np.array(["Cu"] * 10)

    def frames(self) -> Iterator[object]:
        for index in range(self.n_frames):
            moved = np.zeros((10, 3))
            moved[3, 0] = 2.5 * (index >= 300)
            yield type("Snapshot", (), {"index": index, "displacements": moved})


def test_censuses_lie_where_atoms_move_and_where_it_grows_hotter() -> None:
    run, steady = Jumps(), np.full(400, 600.0)
    assert np.flatnonzero(activity(run)).tolist() == [298, 299, 300]
    heated = steady.copy()
    heated[100:200] += np.linspace(0, 300, 100)
    heated[200:] += 300
    chosen = census_frames(run, heated, 60)
    assert len(chosen) == len(set(chosen.tolist())) == 60 and chosen[0] == 0 and chosen[-1] == 399
    assert (np.diff(chosen) > 0).all()
    heating, moving, quiet = (np.sum((chosen >= a) & (chosen < b)) for a, b in ((100, 200), (290, 310), (310, 399)))
    assert heating > 20 and moving > 15 and quiet < 10
    assert census_frames(run, steady, 500).tolist() == list(range(400))


def test_a_memory_of_no_temperature_leaves_censuses_even(tmp_path: Path) -> None:
    run = Jumps()
    chosen = census_frames(run, np.full(400, np.nan), 60)
    assert len(set(chosen.tolist())) == 60
