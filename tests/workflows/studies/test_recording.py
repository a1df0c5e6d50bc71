"""Records: what is stretched, what is kept, and that the same line goes on."""

from collections.abc import Callable
from pathlib import Path

import pytest

from nanokiln.analysis.measured import Measured
from nanokiln.workflows.recipe.recipe import list_recipes, load_recipe
from nanokiln.workflows.studies.recording import Asked, record_all, small_recipes, stretched


def test_every_temperature_is_held_as_long_as_asked() -> None:
    recipe = stretched(load_recipe("cdse-rod-small"), Asked(hold_ps=50), 2)
    held = [stage.steps * recipe.timestep_ps for stage in recipe.stages if "hold" in stage.name]
    assert held == pytest.approx([50, 50])
    assert recipe.name == "cdse-rod-50ps-2"
    assert recipe.seed != stretched(load_recipe("cdse-rod-small"), Asked(hold_ps=50), 1).seed
    assert stretched(recipe, Asked(potential="cdse-sw"), 1).potential == "cdse-sw"


def test_small_recipes_are_those_that_can_be_heated() -> None:
    assert "pbs-cd-small" in small_recipes()
    assert set(small_recipes()) <= set(list_recipes())
    assert len(small_recipes()) >= 20


def test_a_record_is_made_once_and_says_how(write: Callable[..., Path], tmp_path: Path) -> None:
    path = write()
    said = list(record_all([str(path)], Asked(hold_ps=0.4), tmp_path / "work", tmp_path / "kept"))
    assert "small-0.4ps-1" in said[0].words
    kept = Measured.read(tmp_path / "kept" / "small-0.4ps-1.json")
    assert kept.origin.command.startswith("nanokiln")
    assert kept.origin.checksums and kept.origin.seconds >= 0
    assert load_recipe(tmp_path / "kept" / "small-0.4ps-1.yaml").name == "small-0.4ps-1"
    trajectory = tmp_path / "work" / "small-0.4ps-1" / "trajectory.h5"
    before = trajectory.stat().st_mtime_ns
    list(record_all([str(path)], Asked(hold_ps=0.4), tmp_path / "work", tmp_path / "kept"))
    assert trajectory.stat().st_mtime_ns == before


def test_one_that_fails_says_why_and_the_next_goes_on(write: Callable[..., Path], tmp_path: Path) -> None:
    bad, good = write("bad.yaml", potential="cu-eam"), write()
    said = list(record_all([str(bad), str(good)], Asked(hold_ps=0.4), tmp_path / "work", tmp_path / "kept"))
    assert "covers Cu but the model also has Cd, Se" in said[0].fault and said[0].file is None
    assert said[1].file == tmp_path / "kept" / "small-0.4ps-1.json" and not said[1].fault
