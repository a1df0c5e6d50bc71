"""Checkpoints: two generations, and a bad one is never trusted."""

from pathlib import Path

import pytest

from nanokiln.workflows.rundir.checkpoints import Checkpoints

GOOD = b"state " * 100 + b"LammpS RestartT\0"


def with_steps(folder: Path, *steps: int) -> Checkpoints:
    checkpoints = Checkpoints(folder)
    for step in steps:
        checkpoints.path(step).write_bytes(GOOD)
        checkpoints.seal(step)
    return checkpoints


def test_two_generations_are_kept(tmp_path: Path) -> None:
    checkpoints = with_steps(tmp_path, 100, 200, 300)
    assert checkpoints.steps() == [300, 200]
    assert checkpoints.newest_good() == 300
    assert len(list(tmp_path.iterdir())) == 4


@pytest.mark.parametrize("damage", [GOOD[:-40], GOOD.replace(b"state", b"stage", 1), b""])
def test_a_damaged_checkpoint_gives_way_to_the_one_before(tmp_path: Path, damage: bytes) -> None:
    checkpoints = with_steps(tmp_path, 100, 200)
    checkpoints.path(200).write_bytes(damage)
    assert checkpoints.newest_good() == 100


def test_a_truncated_checkpoint_is_not_sealed_and_the_old_ones_stay(tmp_path: Path) -> None:
    checkpoints = with_steps(tmp_path, 100, 200)
    checkpoints.path(300).write_bytes(GOOD[:-30])
    with pytest.raises(OSError, match="not written whole"):
        checkpoints.seal(300)
    assert checkpoints.newest_good() == 200
    assert checkpoints.path(100).exists()


def test_an_unsealed_checkpoint_counts_when_it_is_whole(tmp_path: Path) -> None:
    checkpoints = with_steps(tmp_path, 100)
    checkpoints.path(200).write_bytes(GOOD)
    assert checkpoints.newest_good() == 200
    checkpoints.path(200).write_bytes(GOOD[:-30])
    assert checkpoints.newest_good() == 100


def test_none_at_all(tmp_path: Path) -> None:
    assert Checkpoints(tmp_path / "new").newest_good() is None
