"""From a finished run directory to what answers rows; a run of another potential is named."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from nanokiln.analysis.experiment import Evidence, load_experiment, shipped_experiments
from nanokiln.analysis.experiment.evidence import Panel
from nanokiln.analysis.measured import Measured, Origin
from nanokiln.hpc.resources import Resources
from nanokiln.potentials.cards import load_card
from nanokiln.structures.storage import sha256
from nanokiln.workflows.errors import InputError
from nanokiln.workflows.pipeline import run
from nanokiln.workflows.recipe.recipe import load_recipe
from nanokiln.workflows.studies.bands import current_barriers
from nanokiln.workflows.studies.run_records import keep, record_of, refused, with_shipped

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
    alone = replace(REVIEW, folder=tmp_path)
    assert list(refused([record], alone)) == []
    old = replace(record, origin=replace(origin, checksums=dict.fromkeys(origin.checksums, "0")))
    assert "earlier cdse-sw" in next(iter(refused([old], alone)))
    assert with_shipped([record], REVIEW)[-1] is record


@pytest.mark.parametrize(("potential", "why"), [("cu-eam", "an earlier cu-eam"), ("gone", "gone no longer ships")])
def test_a_record_of_a_potential_that_no_longer_ships_is_refused(tmp_path: Path, potential: str, why: str) -> None:
    keep(Measured(Origin("old", "m", potential=potential, checksums={"x": "0"})), tmp_path / "runs")
    current = {file.path: file.sha256 for file in load_card("cu-eam").files}
    keep(Measured(Origin("new", "m", potential="cu-eam", checksums=current)), tmp_path / "runs")
    experiment = replace(REVIEW, folder=tmp_path)
    assert [run.origin.run for run in with_shipped([], experiment)] == ["new"]
    assert [why in told for told in refused([], experiment)] == [True]


def test_every_shipped_record_and_barrier_is_of_a_potential_that_ships() -> None:
    for name in shipped_experiments():
        experiment = load_experiment(name)
        assert list(refused([], experiment)) == []
        assert with_shipped([], experiment) == experiment.runs
    assert current_barriers()[1] == ()


def test_a_barrier_of_a_file_that_is_gone_is_refused(tmp_path: Path) -> None:
    entry = (
        "{barrier_eV: {value: 0.5, sigma: 0.2}, log10_prefactor: {value: 13.0, sigma: 0.5}, obtained: neb, source: s, "
    )
    here = load_card("cu-eam").files[0].sha256
    path = tmp_path / "bands.yaml"
    path.write_text(f"gone: {entry}provenance: {{sha256: abc}}}}\nhere: {entry}provenance: {{sha256: {here}}}}}\n")
    assert current_barriers(path) == (("here",), ("gone",))


def test_what_is_no_finished_run_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not a run directory"):
        record_of(tmp_path)


@pytest.mark.parametrize("name", list(shipped_experiments()))
def test_shipped_recipes_are_those_of_their_runs(name: str) -> None:
    experiment = load_experiment(name)
    for kept in (one for one in experiment.runs if one.origin.recipe_sha256):  # relaxations have none
        recipe = load_recipe(experiment.folder / "runs" / f"{kept.origin.run}.yaml")
        assert hashlib.sha256(recipe.to_yaml().encode()).hexdigest() == kept.origin.recipe_sha256, kept.origin.run
