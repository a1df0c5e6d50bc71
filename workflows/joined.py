"""A study joined: what was measured on its runs becomes `study-results.json` and one page for all of them."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from nanokiln.hpc.ranks import RankGroup
from nanokiln.hpc.signals import ending_with_a_word
from nanokiln.workflows.errors import InputError
from nanokiln.workflows.recipe.recipe import Recipe
from nanokiln.workflows.rundir.study_directory import StudyDirectory

if TYPE_CHECKING:
    from nanokiln.analysis.measured import Measured


@contextmanager
def studied(recipe: Recipe, out: Path, ranks: int, *, joined: bool = True) -> Iterator[None]:
    """Run the variants of a study in the body: its folder is claimed before, and `joined` after the last is finished.

    Nothing happens for a recipe without a study. A claim on which no run was begun is taken back.
    """
    if recipe.study is None:
        yield
        return
    study, together = StudyDirectory(out), RankGroup.of(ranks)
    together.first(partial(study.claim, recipe))
    try:
        yield
    finally:
        if together.is_first:
            study.leave_no_trace()
    if joined and study.is_finished:
        to_stop = ending_with_a_word("the joining of the study", "nothing is lost, the same line goes on")
        together.first(partial(to_stop(join), study))
        together.first(partial(to_stop(report_study), study))


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
