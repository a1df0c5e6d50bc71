"""The pipeline: build -> choose -> prepare -> heat -> analyse -> judge -> report, each a value, and each on disk."""

import logging
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from nanokiln.hpc.launch import check_cores, cores_of_own, started_beside_others
from nanokiln.hpc.ranks import RankGroup
from nanokiln.hpc.resources import Resources as Resources
from nanokiln.hpc.signals import answering, ending_with_a_word, ignore
from nanokiln.structures import catalogue
from nanokiln.structures.model import Model
from nanokiln.structures.schema.explain import nearest
from nanokiln.workflows.answer import busy, logged
from nanokiln.workflows.engine.heat import heat
from nanokiln.workflows.engine.preflight import check_ranks
from nanokiln.workflows.engine.prepare import build_model, choose, prepare, take_up
from nanokiln.workflows.errors import InputError
from nanokiln.workflows.joined import studied
from nanokiln.workflows.recipe.both_programmes import beside
from nanokiln.workflows.recipe.obvious import find_recipe
from nanokiln.workflows.recipe.recipe import ExperimentReference, Recipe, list_recipes, load_recipe
from nanokiln.workflows.rundir.ledger import write_ledger
from nanokiln.workflows.rundir.provenance import origin_of, outdated, record_files, record_report, report_is_current
from nanokiln.workflows.rundir.record import RunRecord
from nanokiln.workflows.rundir.rundir import RunDirectory
from nanokiln.workflows.rundir.standing import check_segments, go_back
from nanokiln.workflows.rundir.status import Ending
from nanokiln.workflows.rundir.warnings import warnings_of

if TYPE_CHECKING:
    from nanokiln.analysis.experiment import Experiment, Verdict
    from nanokiln.analysis.measure.run import How
    from nanokiln.analysis.measured import Measured

_LOG = logging.getLogger(__name__)


def run(
    recipe: Recipe | str | Path, out: Path | str, resources: Resources | None = None, *, dynamics_only: bool = False
) -> list[RunDirectory]:
    """Take a recipe through build, dynamics, analysis and report; return its run directories.

    A study has several, one for every rate and replica, and is measured as a whole once all of them are finished.
    The same recipe in the same directory goes on where it was. A run that was asked to stop has no report yet, nor has
    one that was to do its dynamics only: `whole.report` measures and draws it. With its run a study stops, too.
    Raises InputError before anything is computed; GuardError and RunError from the dynamics.
    """
    recipe, resources = recipe if isinstance(recipe, Recipe) else find_recipe(recipe), resources or Resources()
    refuse_crowd(resources)
    runs = []
    with studied(recipe, Path(out), resources.ranks, joined=not dynamics_only):
        for folder, one in recipe.variants().items():
            directory, ending = run_one(one, Path(out) / folder, resources, dynamics_only)
            runs.append(directory)
            if ending is Ending.STOPPED:
                break
    return runs


def run_one(
    recipe: Recipe, out: Path, resources: Resources, dynamics_only: bool = False
) -> tuple[RunDirectory, Ending]:
    """The picture above, for a recipe without a study, and how its dynamics ended; what is done is not done again."""
    check_ranks(recipe, resources.ranks, resources.lmp)
    directory, ranks = RunDirectory(out), RankGroup.of(resources.ranks)
    with ranks.alone(directory.lock), _between_stages(ranks):
        ranks.first(partial(ending_with_a_word("preparation", _SAME_LINE)(begin), recipe, directory))
        with ranks.alone(partial(logged, directory.path)):
            _LOG.debug("%s on %d ranks: %s", recipe.name, resources.ranks, directory.path)
            ending = heat(directory, resources, ranks)
            if ending is Ending.FINISHED and not dynamics_only:
                ranks.first(partial(ending_with_a_word("analysis or report", _SAME_LINE)(report), directory))
    return directory, ending


def _between_stages(ranks: RankGroup) -> AbstractContextManager[None]:
    """Answer a request to stop that comes between two stages; under a launcher rank 0's stages answer for all."""
    if ranks.comm is None:
        return ending_with_a_word("the run", _SAME_LINE)
    return nullcontext() if ranks.is_first else answering(ignore)


_SAME_LINE = "nothing is lost, the same line goes on"


def resume(out: Path | str, resources: Resources | None = None, restart_from: str = "") -> RunDirectory:
    """Go on with an interrupted run, on any number of ranks (default: as many as before).

    `restart_from` is a step or the name of a stage: what follows it is taken back first, and computed anew.
    """
    directory = RunDirectory(Path(out)).require()
    recipe, resources = directory.recipe, resources or Resources(ranks=directory.record.ranks)
    refuse_crowd(resources)
    if restart_from:
        ranks = RankGroup.of(resources.ranks)
        with ranks.alone(directory.lock):
            ranks.first(partial(go_back, directory, restart_from))
    return run_one(recipe, directory.path, resources)[0]


def refuse_crowd(resources: Resources) -> None:
    """Raise LaunchError when ranks that we start ourselves are more than the cores, and nobody asked for that."""
    alone = not started_beside_others()
    if alone and not resources.lmp and not resources.oversubscribe:
        check_cores(resources.ranks)


def begin(recipe: Recipe, directory: RunDirectory) -> RunRecord:
    """Build, choose and prepare, or take up the run that is there; InputError, and then nothing has been written."""
    directory.refuse_other(recipe)
    if recipe.experiment is not None:
        experiment_of(recipe.experiment)
    card = choose(recipe)
    if directory.is_prepared:
        return take_up(recipe, card, directory)
    return prepare(recipe, build_model(recipe), card, directory)


def build(recipe: Recipe | str | Path, out: Path | str) -> Model:
    """Build the model of a recipe, of a structure file, or a shipped model by its name, and write it as `out` is named.

    Extended XYZ keeps every label; .data, .cif, .vasp and POSCAR are for other programs, .png is a picture.
    """
    from nanokiln.structures.output import export, picture

    path = Path(out)
    try:
        model = model_of(recipe)
        (picture.draw if path.suffix == ".png" else export.write)(model, path)
    except ValueError as error:
        raise InputError(str(error)) from error
    return model


def heats_another(name: str) -> bool:
    """Return whether a shipped model shares its name with a recipe that heats another one, as small recipes do."""
    shared = name in catalogue.models() and name in list_recipes()
    return shared and load_recipe(name).model != {"preset": name}


def model_of(recipe: Recipe | str | Path) -> Model:
    """Build the model of a recipe, of a structure file, or a shipped model by its name."""
    if isinstance(recipe, str) and recipe in catalogue.models():
        return catalogue.build(recipe)
    if isinstance(recipe, Recipe) or Path(recipe).suffix in {".yaml", ".yml"} or recipe in list_recipes():
        return build_model(recipe if isinstance(recipe, Recipe) else load_recipe(recipe))
    if Path(recipe).is_file():
        return catalogue.build({"kind": "file", "path": str(recipe)})
    if Path(recipe).suffix:
        raise InputError(f"there is no file {recipe}; give a structure file, a recipe or one of `nanokiln models`")
    known = nearest(str(recipe), list(catalogue.models()))
    raise InputError(f"no model, recipe or structure file '{recipe}'{known}")


def analyse(out: RunDirectory | Path | str, how: "How | None" = None) -> "Measured":
    """Measure a finished run: its trajectory read once into `trajectory.h5`, the numbers into `results.json`.

    `how` many censuses and processes: 60, and as many as there are cores.
    """
    directory = finished(out)
    from nanokiln.analysis.measure import run as measuring
    from nanokiln.analysis.trajectory.thermo import Thermo
    from nanokiln.analysis.trajectory.trajectory import convert
    from nanokiln.workflows.rundir.force_errors import force_error_results

    how = how or measuring.How(processes=cores_of_own())
    with directory.lock(), logged(directory.path), busy("measuring"):
        check_segments(directory)
        write_ledger(directory)
        model, recipe, record = Model.read(directory.model_path), directory.recipe, directory.record
        with convert(directory.dumps(), model, directory.trajectory_path, recipe.timestep_ps) as trajectory:
            thermo = Thermo(directory.thermo_path)
            measured = measuring.analyse(trajectory, model, thermo, origin_of(directory), how)
            worth = force_error_results(record.potential, trajectory, model, thermo)
            measured = replace(measured, rows=(*measured.rows, *worth))
        warnings = warnings_of(recipe, record.potential, measured)
        measured = replace(measured, warnings=warnings)
        measured.write(directory.results_path)
        record.model_copy(update={"warnings": warnings}).write(directory.run_path)
        record_files(directory)
    return measured


def measured_of(out: RunDirectory | Path | str) -> "Measured":
    """Return what was measured on a finished run: `results.json` while it belongs to the run's files, or measure anew.

    Where there is a `results.json` that no longer does, a sentence on stderr says why.
    """
    directory = finished(out)
    from nanokiln.analysis.measured import Measured

    if not directory.results_path.exists():
        return analyse(directory)
    why = outdated(directory)
    try:
        if not why:
            return Measured.read(directory.results_path)
    except ValueError as error:
        why = str(error)
    _LOG.warning("%s is made anew: %s", directory.results_path.name, why)
    return analyse(directory)


def judge(measured: "Measured", model: Model, reference: ExperimentReference | None) -> "tuple[Verdict, ...]":
    """Return the verdicts on the facts that a run stands for, none where it stands for none."""
    if reference is None:
        return ()
    from nanokiln.analysis.experiment import judge_run

    return judge_run(measured, model, experiment_of(reference), reference.group)


def experiment_of(reference: ExperimentReference) -> "Experiment":
    """Return the experiment that a recipe names; InputError where there is none, or no such group of facts in it."""
    from nanokiln.analysis.experiment import load_experiment

    try:
        experiment = load_experiment(reference.name)
        experiment.table.of_group(reference.group)
    except ValueError as error:
        raise InputError(f"experiment: {error}") from error
    return experiment


def report(out: RunDirectory | Path | str, measured: "Measured | None" = None) -> Path:
    """Write `report.html` of a finished run, from what was measured on it (`measured_of`); return its path.

    A report that was drawn from the same numbers, frames and facts by this version stays as it is.
    """
    directory = finished(out)
    with directory.lock():
        measured = measured or measured_of(directory)
        if not report_is_current(directory):
            with logged(directory.path), busy("drawing the report"):
                _draw_report(directory, measured)
                record_report(directory)
    return directory.report_path


def _draw_report(directory: RunDirectory, measured: "Measured") -> None:
    from nanokiln.analysis.report.run_course import RunCourse
    from nanokiln.analysis.report.run_page import RunReport, StandsFor, write_report
    from nanokiln.analysis.trajectory.trajectory import Trajectory

    model, reference = Model.read(directory.model_path), directory.recipe.experiment
    stands_for = None
    if reference is not None:
        group = experiment_of(reference).table.groups[reference.group]
        stands_for = StandsFor(group, judge(measured, model, reference))
    with Trajectory.open(directory.trajectory_path) as trajectory:
        course = RunCourse.of(trajectory)
    provenance = directory.record.model_dump(mode="json", exclude={"warnings", "drawn_from"})
    recipe = directory.recipe_path.read_text()
    page = RunReport(measured, model, course, provenance, stands_for, recipe, beside(directory.recipe))
    write_report(page, directory.report_path)


def finished(out: RunDirectory | Path | str) -> RunDirectory:
    """Return a run directory whose dynamics are done; InputError says how to get there."""
    directory = (out if isinstance(out, RunDirectory) else RunDirectory(Path(out))).require()
    if not directory.position_is_end:
        raise InputError(f"{directory.path} is not finished; `nanokiln resume {directory.path}` goes on with it")
    directory.check_seals()
    return directory
