"""From a finished run directory to what answers rows; a run of another potential is named."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from nanokiln.analysis.experiment import Evidence, load_experiment, shipped_experiments
from nanokiln.analysis.experiment.evidence import Panel
from nanokiln.analysis.measured import Measured
from nanokiln.hpc.resources import Resources
from nanokiln.structures.storage import sha256
from nanokiln.workflows.errors import InputError
from nanokiln.workflows.pipeline import run
from nanokiln.workflows.recipe.recipe import load_recipe
from nanokiln.workflows.studies.run_records import keep, outdated, record_of, with_shipped

REVIEW = load_experiment("review2019")


def test_a_finished_run_answers_rows(write: Callable[..., Path], tmp_path: Path) -> None:
    directory = run(write(), tmp_path / "run", Resources(ranks=1))[0].path
    record = record_of(directory)
    origin = record.origin
    assert (origin.run, origin.potential, origin.phases) == ("small", "cdse-sw", ("CdSe-wz",))
    assert origin.recipe_sha256 == sha256(directory / "recipe.yaml")
    assert origin.hottest_K == pytest.approx(400, abs=1)
    again = Measured.read(keep(record, tmp_path / "kept"))
    answer = Panel(REVIEW.answerers, Evidence(runs=(again,))).answer("A14")
    assert answer is not None
    assert answer.results[0].name == "wurtzite_fraction"
    assert "run small" in answer.results[0].method
    assert list(outdated([record])) == []
    old = replace(record, origin=replace(origin, checksums=dict.fromkeys(origin.checksums, "0")))
    assert "earlier cdse-sw" in next(iter(outdated([old])))
    assert with_shipped([record], REVIEW)[-1] is record


def test_what_is_no_finished_run_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not a run directory"):
        record_of(tmp_path)


@pytest.mark.parametrize("name", list(shipped_experiments()))
def test_shipped_recipes_are_those_of_their_runs(name: str) -> None:
    experiment = load_experiment(name)
    for kept in experiment.runs:
        recipe = load_recipe(experiment.folder / "runs" / f"{kept.origin.run}.yaml")
        assert hashlib.sha256(recipe.to_yaml().encode()).hexdigest() == kept.origin.recipe_sha256, kept.origin.run
