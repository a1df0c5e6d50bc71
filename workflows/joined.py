"""A study joined: what was measured on its runs becomes `study-results.json` and one page for all of them."""

from pathlib import Path
from typing import TYPE_CHECKING

from nanokiln.workflows.errors import InputError
from nanokiln.workflows.recipe.recipe import Recipe
from nanokiln.workflows.rundir.study_directory import StudyDirectory

if TYPE_CHECKING:
    from nanokiln.analysis.measured import Measured


def claim_study(recipe: Recipe, out: Path) -> None:
    """Make a folder the study's that a recipe asks for; nothing happens where it asks for none."""
    if recipe.study is not None:
        StudyDirectory(out).claim(recipe)


def join_finished(out: Path) -> None:
    """Measure and report a study once the last of its runs is finished; a folder of anything else is left alone."""
    study = StudyDirectory(out)
    if study.exists and study.is_finished:
        join(study)
        report_study(study)


def join(study: StudyDirectory) -> "Measured":
    """Measure a study from the results of its runs and write `study-results.json`; InputError says what is missing."""
    from nanokiln.analysis.measure.study import analyse_study

    measured = measured_runs(study)
    try:
        whole = analyse_study(study.recipe.name, list(measured.values()), study.rates_K_per_ps)
    except ValueError as error:
        raise InputError(str(error)) from error
    whole.write(study.results_path)
    return whole


def report_study(study: StudyDirectory) -> Path:
    """Write the page of a study that was joined; return its path."""
    from nanokiln.analysis.measured import Measured
    from nanokiln.analysis.report.study_page import write_study_page

    rates = dict(zip(study.runs, study.rates_K_per_ps, strict=True))
    write_study_page(Measured.read(study.results_path), measured_runs(study), rates, study.report_path)
    return study.report_path


def measured_runs(study: StudyDirectory) -> "dict[str, Measured]":
    """Return what was measured on every run, by folder; InputError names the first run that lacks it."""
    from nanokiln.analysis.measured import Measured

    out = {}
    for folder, run in study.runs.items():
        if not (run.exists and run.position_is_end and run.results_path.exists()):
            raise InputError(f"{run.path} is not finished and analysed; the same `nanokiln run` line goes on with it")
        out[folder] = Measured.read(run.results_path)
    return out
