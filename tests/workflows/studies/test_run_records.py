"""From a finished run directory to a record, and back into the table; a record of another potential is named."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from nanokiln.analysis.experiment.evidence import Evidence, verdicts
from nanokiln.analysis.experiment.record import SHIPPED, Record, shipped_records
from nanokiln.hpc.resources import Resources
from nanokiln.structures.files import sha256
from nanokiln.workflows.errors import InputError
from nanokiln.workflows.pipeline import run
from nanokiln.workflows.recipe.recipe import load_recipe
from nanokiln.workflows.studies.run_records import outdated, record_of, shipped


def test_a_finished_run_becomes_a_record_that_answers_rows(write: Callable[..., Path], tmp_path: Path) -> None:
    directory = run(write(), tmp_path / "run", Resources(ranks=1))[0].path
    record = record_of(directory)
    assert (record.name, record.potential, record.phases) == ("small", "cdse-sw", ("CdSe-wz",))
    assert record.recipe_sha256 == sha256(directory / "recipe.yaml")
    assert record.hottest_K == pytest.approx(400, abs=1)
    again = Record.read(record.write(tmp_path / "small.json"))
    verdict = verdicts(Evidence(runs=(again,)), lambda row: row == "A14")[0]
    assert verdict.results[0].name == "wurtzite_fraction"
    assert "run small" in verdict.results[0].method
    assert list(outdated([record])) == []
    old = replace(record, checksums=dict.fromkeys(record.checksums, "0"))
    assert "earlier cdse-sw" in next(iter(outdated([old])))
    assert shipped([record])[-1] is record


def test_what_is_no_finished_run_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not a run directory"):
        record_of(tmp_path)


def test_shipped_recipes_are_those_of_their_records() -> None:
    for record in shipped_records():
        recipe = load_recipe(SHIPPED / f"{record.name}.yaml")
        assert hashlib.sha256(recipe.to_yaml().encode()).hexdigest() == record.recipe_sha256, record.name
