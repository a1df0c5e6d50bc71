"""A study on real LAMMPS: two replicas of a tiny particle, joined when the second is done, taken up and refused."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from nanokiln.analysis.measured import Measured
from nanokiln.workflows import pipeline
from nanokiln.workflows.errors import InputError
from nanokiln.workflows.recipe.recipe import load_recipe
from nanokiln.workflows.rundir.study_directory import StudyDirectory
from nanokiln.workflows.studies.whole import analyse, report, status

STUDY = {"rates_K_per_ps": [400], "replicas": 2}

pytestmark = pytest.mark.mpi


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory, small_recipe: Callable[..., dict[str, Any]]) -> tuple[Path, Path]:
    """Return the recipe and the folder of a finished study."""
    folder = tmp_path_factory.mktemp("study")
    recipe = folder / "study.yaml"
    recipe.write_text(yaml.safe_dump(small_recipe(study=STUDY)))
    pipeline.run(recipe, folder / "out")
    return recipe, folder / "out"


def test_the_runs_are_joined_once_all_are_finished(study: tuple[Path, Path]) -> None:
    _, out = study
    whole = Measured.read(out / "study-results.json")
    row = whole.one(quantity="runs")
    assert row is not None and row.value == 2
    assert {row.stage for row in whole.select(quantity="midpoint")} == {"rate-400"}
    page = (out / "report.html").read_text()
    for folder in StudyDirectory(out).runs:
        assert (out / folder / "report.html").exists() and f"{folder}/report.html" in page


def test_the_same_line_does_no_run_again(study: tuple[Path, Path]) -> None:
    recipe, out = study
    before = {path: path.stat().st_mtime_ns for path in out.glob("*/results.json")}
    pipeline.run(recipe, out)
    assert len(before) == 2 and before == {path: path.stat().st_mtime_ns for path in before}


def test_status_analyse_and_report_take_the_folder_of_a_study(study: tuple[Path, Path]) -> None:
    _, out = study
    told = status(out)
    assert told.count("all stages are done") == 2 and f"report: {out / 'report.html'}" in told
    for path in ("study-results.json", "report.html"):
        (out / path).unlink()
    assert report(out)[0] == out / "report.html" and (out / "study-results.json").exists()
    results, warnings = analyse(out)
    assert json.loads(results.read_text())["origin"]["run"] == "small"
    assert any("2 replicas" in warning for warning in warnings)


def test_another_study_or_a_single_run_is_not_mixed_in(
    study: tuple[Path, Path], write: Callable[..., Path], tmp_path: Path
) -> None:
    _, out = study
    with pytest.raises(InputError, match="holds another study"):
        pipeline.run(write(study={"replicas": 3}), out)
    single = tmp_path / "single"
    single.mkdir()
    (single / "recipe.yaml").touch()
    with pytest.raises(InputError, match="holds a single run"):
        StudyDirectory(single).claim(load_recipe(write(study=STUDY)))


def test_an_unfinished_study_says_so_and_one_that_never_began_leaves_nothing(
    write: Callable[..., Path], tmp_path: Path
) -> None:
    directory = StudyDirectory(tmp_path / "new")
    directory.claim(load_recipe(write(study=STUDY)))
    assert status(directory.path).count("not begun") == 2
    with pytest.raises(InputError, match="not finished"):
        analyse(directory.path)
    directory.leave_no_trace()
    assert not directory.path.exists()
    with pytest.raises(InputError, match="cu-eam"):
        pipeline.run(write(study=STUDY, potential="cu-eam"), tmp_path / "refused")
    assert not (tmp_path / "refused").exists()
