"""A finished run is measured once: what was measured is read again while it belongs to the files of the run."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from nanokiln.analysis.forecast import of_prior
from nanokiln.analysis.measured import Measured
from nanokiln.hpc.resources import Resources
from nanokiln.potentials.cards.card import lammps_potentials_folder
from nanokiln.workflows import pipeline
from nanokiln.workflows.errors import InputError
from nanokiln.workflows.recipe.recipe import load_recipe
from nanokiln.workflows.rundir.provenance import verify
from nanokiln.workflows.rundir.record import RunRecord
from nanokiln.workflows.rundir.rundir import RunDirectory
from nanokiln.workflows.studies.sighting import follow, follow_minutes, view

pytestmark = pytest.mark.mpi
OWN = {
    "elements": ["Se", "Cd"],
    "pair_commands": ["pair_style sw", "pair_coeff * * mine.sw {elements}"],
    "files": ["mine.sw"],
}


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory, small_recipe: Callable[..., dict]) -> RunDirectory:
    """A whole run with a potential of the recipe's own."""
    folder = tmp_path_factory.mktemp("run")
    shutil.copy(lammps_potentials_folder() / "CdTeZnSeHgS0.sw", folder / "mine.sw")
    (folder / "small.yaml").write_text(yaml.safe_dump(small_recipe(potential=OWN)))
    return pipeline.run(folder / "small.yaml", folder / "out", Resources())[0]


@pytest.fixture
def run(finished: RunDirectory, tmp_path: Path) -> RunDirectory:
    """A copy of the finished run that a test may spoil."""
    return RunDirectory(shutil.copytree(finished.path, tmp_path / "copy"))


def state(run: RunDirectory) -> list[tuple[int, bytes]]:
    return [(p.stat().st_mtime_ns, p.read_bytes()) for p in (run.results_path, run.trajectory_path)]


def test_a_report_reads_what_was_measured_and_touches_neither_numbers_nor_trajectory(
    run: RunDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = state(run)
    run.report_path.unlink()
    monkeypatch.setattr(pipeline, "analyse", None)
    pipeline.report(run)
    assert state(run) == before
    assert run.report_path.stat().st_size > 10_000
    assert verify(run) == []
    assert pipeline.measured_of(run).to_json() == Measured.read(run.results_path).to_json()


def test_a_report_is_drawn_once_from_the_same_numbers(run: RunDirectory) -> None:
    drawn = run.report_path.stat().st_mtime_ns
    assert pipeline.report(run).stat().st_mtime_ns == drawn
    run.report_path.write_text("spoilt")
    assert "<html" in pipeline.report(run).read_text()
    record = run.record
    record.model_copy(update={"drawn_from": {**record.drawn_from, "nanokiln": "0.0.1"}}).write(run.run_path)
    drawn = run.report_path.stat().st_mtime_ns
    assert pipeline.report(run).stat().st_mtime_ns > drawn  # by another version


@pytest.mark.parametrize("name", ["thermo.csv", "trajectory.h5", "results.json"])
def test_numbers_of_other_files_are_measured_anew(
    run: RunDirectory, name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = run.path / name
    path.write_bytes(path.read_bytes() + b"\n")
    done = []
    monkeypatch.setattr(pipeline, "analyse", done.append)
    pipeline.measured_of(run)
    assert len(done) == 1
    assert f"made anew: {name} is not the file that was recorded" in capsys.readouterr().err


def test_an_older_results_file_is_measured_anew_and_says_so(
    run: RunDirectory, capsys: pytest.CaptureFixture[str]
) -> None:
    first = pipeline.measured_of(run)
    run.results_path.write_text(json.dumps({"name": "cdse", "results": {}, "series": {}}))
    pipeline.record_files(run)
    again = pipeline.measured_of(run)
    assert "has schema 1, this version reads 2" in capsys.readouterr().err
    assert again.rows == first.rows
    assert Measured.read(run.results_path).rows == first.rows


def test_every_warning_is_the_same_everywhere_and_true(run: RunDirectory) -> None:
    """Of a potential of the recipe's own nothing is known; it has no gates that it could miss, and no card."""
    warnings, name = run.record.warnings, run.record.potential.name
    assert warnings == (
        f"potential '{name}' is the recipe's own and says no validated_K: nothing is known of its range",
    )
    assert Measured.read(run.results_path).warnings == warnings
    page = run.report_path.read_text()
    assert page.count('<div class="warning">') == 1
    assert "nothing is known of its range" in page and "gates" not in page and "see its card" not in page


def test_a_run_is_set_beside_the_facts_that_its_recipe_names_and_no_others(run: RunDirectory) -> None:
    assert "Beside the experiment" not in run.report_path.read_text()
    recipe = run.recipe
    data = yaml.safe_load(run.recipe_path.read_text())
    path = run.path.parent / "with.yaml"
    path.write_text(yaml.safe_dump({**data, "experiment": {"name": "review2019", "group": "A"}}))
    named = load_recipe(path)
    assert named.seed == recipe.seed
    pipeline.run(named, run.path)  # its words may change: the dynamics stay
    page = run.report_path.read_text()
    assert 'id="A1"' in page and 'id="C1"' not in page
    assert pipeline.measured_of(run).origin.group == "A"


@pytest.mark.parametrize(
    ("reference", "says"),
    [
        ({"name": "review2018", "group": "C"}, "no experiment 'review2018'"),
        ({"name": "review2019", "group": "Z"}, "no group of facts is called 'Z'"),
    ],
)
def test_facts_that_are_not_there_are_refused_before_anything_is_computed(
    write: Callable[..., Path], tmp_path: Path, reference: dict, says: str
) -> None:
    with pytest.raises(InputError, match=says):
        pipeline.run(write(experiment=reference), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_record_of_the_first_schema_is_read(run: RunDirectory) -> None:
    record = run.record
    told = json.loads(run.run_path.read_text())
    del told["schema_version"]
    run.run_path.write_text(json.dumps({**told, "validated_K": [0, 0], "ranks": 1}))
    assert run.record == record
    assert record.ranks == 1 and record.sessions[0].command


@pytest.mark.parametrize("change", [{"seed": "7"}, {"scene": {}}, {"mood": "good"}])
def test_a_record_that_is_none_is_one_clear_error(run: RunDirectory, change: dict) -> None:
    run.run_path.write_text(json.dumps({**json.loads(run.run_path.read_text()), **change}))
    with pytest.raises(InputError, match=rf"no record of a run that this version reads: {next(iter(change))}"):
        RunRecord.read(run.run_path)


def test_a_finished_run_is_shown_in_a_notebook_and_as_a_film(run: RunDirectory) -> None:
    shown = view(run.path)
    assert shown.structure is not None and shown.structure.shape == shown.positions_A.shape[:2]
    assert len(shown.times) == len(shown.temperatures_C) == len(shown.positions_A)
    assert "srcdoc" in shown._repr_html_()
    course = follow(run.path, 3)
    assert len(course.frames) == 3 and not course.marked
    assert course.programme.unit == "ps"


def test_a_film_along_the_minutes_is_one_sample_of_a_particle(tmp_path: Path) -> None:
    path = tmp_path / "rod.yaml"
    path.write_text("""
heating: {plateaus_C: [300, 350], hold_min: 10}
particles: [{name: own rod, kind: rod, diameter_nm: 2, length_nm: 6, donors: 3, donor_diameter_nm: 2}]
""")
    course = follow_minutes(str(path), None, "7", 2, lambda inputs: of_prior(inputs, 10, 1))
    assert course.name == "own rod" and course.programme.unit == "min"
    assert "sample 7" in course.programme.words
    assert len(course.marked) == 3
    with pytest.raises(InputError, match="there are: own rod"):
        follow_minutes(str(path), "another", "7", 2, lambda inputs: of_prior(inputs, 10, 1))
    with pytest.raises(InputError, match="sandwich-fed"):
        follow_minutes("nothing", None, "likeliest", 2, lambda inputs: of_prior(inputs, 10, 1))
