"""A run or a whole study: `analyse`, `report`, `status` and `verify` of a folder, whichever of the two it holds."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from nanokiln.hpc.signals import ending_with_a_word
from nanokiln.workflows import pipeline
from nanokiln.workflows.errors import InputError
from nanokiln.workflows.joined import join, report_study
from nanokiln.workflows.rundir.inspect import describe
from nanokiln.workflows.rundir.jobs import describe_jobs
from nanokiln.workflows.rundir.provenance import verify as verify_run
from nanokiln.workflows.rundir.rundir import RunDirectory
from nanokiln.workflows.rundir.status import Status
from nanokiln.workflows.rundir.study_directory import StudyDirectory
from nanokiln.workflows.source import SOURCE, is_source, report_files

if TYPE_CHECKING:
    from nanokiln.analysis.measure.run import How


@ending_with_a_word("analysis", "nothing is lost, `nanokiln analyse` begins again")
def analyse(out: Path, how: "How | None" = None) -> tuple[Path, tuple[str, ...]]:
    """Measure a run, or every run of a study and then the study; return the file of the numbers, and the warnings."""
    if is_source(out):
        raise InputError(
            f"{out} holds a trajectory of your own: {SOURCE} names the files; give them to --trajectory again"
        )
    study = StudyDirectory(out)
    if not study.exists:
        warnings = pipeline.analyse(out, how).warnings
        return pipeline.finished(out).results_path, warnings
    for run in _finished(study):
        pipeline.analyse(run, how)
    return study.results_path, join(study).warnings


@ending_with_a_word("analysis or report", "nothing is lost, `nanokiln report` goes on")
def report(out: Path) -> tuple[Path, tuple[str, ...]]:
    """Write the page of a run, a study with all its runs, or a trajectory of one's own; return it, and the warnings.

    What is not measured yet, or belongs to other files, is measured first.
    """
    if is_source(out):
        return report_files(out)
    study = StudyDirectory(out)
    if not study.exists:
        return pipeline.report(out), pipeline.finished(out).record.warnings
    for run in _finished(study):
        pipeline.report(run)
    warnings = join(study).warnings
    return report_study(study), warnings


def _finished(study: StudyDirectory) -> Iterable[RunDirectory]:
    if not study.is_finished:
        raise InputError(f"{study.path} is not finished; `nanokiln status {study.path}` tells which runs are missing")
    return study.runs.values()


def verify(out: Path) -> list[str]:
    """Return what is wrong with a run, or with each run of a study after the name of its folder, one sentence each."""
    study = StudyDirectory(out)
    if not study.exists:
        return verify_run(RunDirectory(out).require())
    return [f"{folder}: {fault}" for folder, run in study.runs.items() for fault in _faults_of(run)]


def _faults_of(run: RunDirectory) -> list[str]:
    try:
        return verify_run(run) if run.exists else ["not begun"]
    except InputError as error:
        return [str(error)]


def moments(out: Path) -> dict[str, Status | None]:
    """Return the last word of a run, or of each run of a study, by the name of its folder; None before it began."""
    study = StudyDirectory(out)
    runs = study.runs if study.exists else {out.resolve().name: RunDirectory(out).require()}
    return {folder: Status.read(run.status_path) for folder, run in runs.items()}


def status(out: Path) -> str:
    """Say where a run is, or each run of a study, and its last job where a batch system has it."""
    study, job = StudyDirectory(out), describe_jobs(out)
    if job and not (study.exists or RunDirectory(out).exists):
        return f"{out}: not begun\n{job}"
    return "\n".join(filter(None, [study.describe() if study.exists else describe(out), job]))
