"""The pipeline: Recipe -> Model -> Deck -> run directory -> Trajectory -> results -> Verdicts -> Report."""

from pathlib import Path
from typing import TYPE_CHECKING

from nanokiln.hpc.ranks import Together
from nanokiln.hpc.resources import Resources as Resources
from nanokiln.workflows.engine.heat import heat
from nanokiln.workflows.engine.preflight import check_ranks
from nanokiln.workflows.engine.prepare import build_model, prepare
from nanokiln.workflows.errors import InputError, nearest
from nanokiln.workflows.recipe.recipe import Recipe, list_recipes, load_recipe
from nanokiln.workflows.rundir.ledger import write_ledger
from nanokiln.workflows.rundir.provenance import record_files
from nanokiln.workflows.rundir.rundir import RunDirectory

if TYPE_CHECKING:
    from nanokiln.analysis.measure.run import Analysis
    from nanokiln.structures.model import Model


def run(recipe: Recipe | str | Path, out: Path | str, resources: Resources | None = None) -> list[RunDirectory]:
    """Take a recipe through build, dynamics, analysis and report; return its run directories (several for a study).

    The same recipe in the same directory goes on where it was. A run that was asked to stop has no report yet.
    Raises InputError before anything is computed; GuardError and RunError from the dynamics.
    """
    recipe = recipe if isinstance(recipe, Recipe) else load_recipe(recipe)
    return [run_one(one, Path(out) / folder, resources or Resources()) for folder, one in recipe.variants().items()]


def run_one(recipe: Recipe, out: Path, resources: Resources) -> RunDirectory:
    """The picture above, for a recipe without a study."""
    check_ranks(recipe, resources.ranks, resources.lmp)
    directory = RunDirectory(out)
    ranks = Together.of(resources.ranks)
    with ranks.alone(directory.lock):
        ranks.first(lambda: prepare(recipe, directory))
        if heat(directory, resources, ranks) == "finished":
            ranks.first(lambda: report(directory, analyse(directory)))
    return directory


def resume(out: Path | str, resources: Resources | None = None) -> RunDirectory:
    """Go on with an interrupted run, on any number of ranks (default: as many as before)."""
    directory = RunDirectory(Path(out)).require()
    return run_one(directory.recipe, directory.path, resources or Resources(ranks=directory.run.get("ranks") or 1))


def build(recipe: Recipe | str | Path, out: Path | str) -> "Model":
    """Build the model of a recipe, or a shipped model by its own name, write it as the name of the file says.

    Extended XYZ keeps every label; .data, .cif, .vasp and POSCAR are for other programs, .png is a picture.
    """
    from nanokiln.structures import catalogue
    from nanokiln.structures.output import export, picture

    if isinstance(recipe, str) and recipe in catalogue.models():
        model = catalogue.build(recipe)
    elif isinstance(recipe, str) and Path(recipe).suffix not in {".yaml", ".yml"} and recipe not in list_recipes():
        raise InputError(f"no model or recipe '{recipe}'{nearest(recipe, list(catalogue.models()))}")
    else:
        model = build_model(recipe if isinstance(recipe, Recipe) else load_recipe(recipe))
    path = Path(out)
    try:
        (picture.draw if path.suffix == ".png" else export.write)(model, path)
    except ValueError as error:
        raise InputError(str(error)) from error
    return model


def analyse(out: RunDirectory | Path | str) -> "Analysis":
    """Measure a finished run: its trajectory read once into `trajectory.h5`, the numbers into `results.json`."""
    directory = finished(out)
    from nanokiln.analysis.measure import run as pipeline
    from nanokiln.analysis.trajectory.trajectory import convert
    from nanokiln.structures.model import Model

    write_ledger(directory)
    model = Model.read(directory.model_path)
    with convert(directory.dumps(), model, directory.trajectory_path, directory.recipe.timestep_ps) as trajectory:
        measured = pipeline.analyse(trajectory, model, directory.thermo_path, directory.run)
    measured.write(directory.results_path)
    record_files(directory)
    return measured


def report(out: RunDirectory | Path | str, measured: "Analysis | None" = None) -> Path:
    """Write `report.html` of a finished run, measuring it first if that was not done; return its path."""
    directory = finished(out)
    from nanokiln.analysis.report.page import write_report

    write_report(measured or analyse(directory), directory.report_path)
    record_files(directory)
    return directory.report_path


def finished(out: RunDirectory | Path | str) -> RunDirectory:
    """Return a run directory whose dynamics are done; InputError says how to get there."""
    directory = (out if isinstance(out, RunDirectory) else RunDirectory(Path(out))).require()
    if not directory.position_is_end:
        raise InputError(f"{directory.path} is not finished; `nanokiln resume {directory.path}` goes on with it")
    return directory
