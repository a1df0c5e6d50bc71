"""A run or a whole study: `analyse`, `report` and `status` of a folder, whichever of the two it holds."""

from pathlib import Path

from nanokiln.workflows import pipeline
from nanokiln.workflows.errors import InputError
from nanokiln.workflows.joined import join, report_study
from nanokiln.workflows.rundir.inspect import describe
from nanokiln.workflows.rundir.study_directory import StudyDirectory


def analyse(out: Path) -> Path:
    """Measure a run, or every run of a study and then the study; return the file of the numbers."""
    study = StudyDirectory(out)
    if not study.exists:
        pipeline.analyse(out)
        return pipeline.finished(out).results_path
    if not study.is_finished:
        raise InputError(f"{study.path} is not finished; `nanokiln status {study.path}` tells which runs are missing")
    for run in study.runs.values():
        pipeline.analyse(run)
    join(study)
    return study.results_path


def report(out: Path) -> Path:
    """Write the page of a run, or of a study and of each of its runs; what is not measured yet is measured first."""
    study = StudyDirectory(out)
    if not study.exists:
        return pipeline.report(out)
    for run in study.runs.values():
        pipeline.report(run)
    join(study)
    return report_study(study)


def status(out: Path) -> str:
    """Say where a run is, or each run of a study."""
    study = StudyDirectory(out)
    return study.describe() if study.exists else describe(out)
