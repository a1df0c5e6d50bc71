"""`nanokiln submit`, `proceed`, `cancel`: runs as jobs of a batch system."""

import shlex
from pathlib import Path
from typing import Annotated

import typer

from nanokiln.workflows.answer import answer, answer_json
from nanokiln.workflows.cli.json_option import JsonOption

DirArgument = Annotated[Path, typer.Argument(metavar="DIR", help="directory of a run or study")]


def submit(
    recipe: Annotated[str, typer.Argument(help="name of a shipped recipe, or path of a .yaml file")],
    out: Annotated[Path, typer.Option("--out", help="directory of the run; the same recipe there goes on")],
    ranks: Annotated[int, typer.Option(help="MPI ranks")] = 1,
    threads: Annotated[int, typer.Option(help="OpenMP threads per rank")] = 1,
    walltime_min: Annotated[float, typer.Option(help="wall time of each job")] = 60,
    site: Annotated[Path | None, typer.Option(help="profile of the site (YAML); default: $NANOKILN_SITE")] = None,
    scheduler: Annotated[str, typer.Option(help="slurm, pbs, lsf, sge or flux, if not the profile's")] = "",
    partition: Annotated[str, typer.Option(help="partition (queue), if not the profile's")] = "",
    account: Annotated[str, typer.Option(help="account to charge, if not the profile's")] = "",
    module: Annotated[list[str] | None, typer.Option(help="module to load; may be given again")] = None,
    once: Annotated[bool, typer.Option("--once", help="one job: none follows at the end of its wall time")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="print the batch script and submit nothing")] = False,
    as_json: JsonOption = False,
) -> None:
    """Submit a run to a batch system, job after job until it is finished; then its analysis and report as a small job.

    Submitting the same line again goes on where the last job stopped. hpc/README.md shows site profiles.
    """
    from nanokiln.hpc.resources import Resources
    from nanokiln.workflows.engine.batch import load_site
    from nanokiln.workflows.engine.batch import submit as go

    words = {"scheduler": scheduler, "partition": partition, "account": account, "modules": tuple(module or ())}
    profile = load_site(site, **words)
    resources = Resources(ranks, threads, walltime_min, tuple(shlex.split(profile.lmp)))
    before = () if dry_run else _numbers(out)
    said = go(recipe, out, resources, profile, chain=not once, dry_run=dry_run)
    if dry_run and as_json:
        answer_json({"script": said})
    elif dry_run:
        answer(said)
    else:
        _tell_jobs(said, before, out, as_json)


def proceed(
    directory: DirArgument,
    exit_code: Annotated[int, typer.Option(help="exit code of the job that ends")] = 0,
    as_json: JsonOption = False,
) -> None:
    """Submit what a run needs after its last job, or say why nothing follows; every job calls this at its end."""
    from nanokiln.workflows.engine.batch import proceed as go

    before = _numbers(directory)
    _tell_jobs(go(directory, exit_code), before, directory, as_json)


def cancel(directory: DirArgument, as_json: JsonOption = False) -> None:
    """Take a run's job out of the queue, or end it; no other follows it."""
    from nanokiln.workflows.rundir.jobs import cancel_jobs

    before = _numbers(directory)
    _tell_jobs(cancel_jobs(directory), before, directory, as_json)


def _numbers(directory: Path) -> tuple[int, ...]:
    """The numbers of the jobs that were submitted from a directory, in their order."""
    from nanokiln.workflows.rundir.jobs import Jobs

    jobs = Jobs.read(directory)
    return () if jobs is None else tuple(one.number for one in jobs.submissions)


def _tell_jobs(said: str, before: tuple[int, ...], directory: Path, as_json: bool) -> None:
    """Answer with what was done, for a script with the numbers of the jobs: those submitted now, and all of them."""
    if as_json:
        now = _numbers(directory)
        answer_json({"says": said, "submitted": now[len(before) :], "jobs": now})
    else:
        answer(said)


def campaign(
    file: Annotated[Path, typer.Argument(help="campaign, a .yaml file with name, recipe, vary and replicas")],
    out: Annotated[Path, typer.Option("--out", help="folder of the campaign; the same line goes on")],
    cores: Annotated[int, typer.Option(help="cores of this machine to use at a time")] = 1,
    site: Annotated[Path | None, typer.Option(help="profile of a Slurm site: its jobs in place of --cores")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="show the runs and their core hours, run nothing")] = False,
    as_json: JsonOption = False,
) -> None:
    """Run one recipe in many variants, what is missing only, and write one page and one table for all of them.

    FILE holds, for example: {name: rates, recipe: cdse-cu3p-cdse, replicas: 3, vary: {programme.*.rate_K_per_ps:
    [25, 50, 100], potential: [cd-cu-p-se-pod]}}. Snakemake (`pip install 'nanokiln[campaign]'`) keeps the order; one
    run that fails stops no other, and is not tried again until its recipe changes.
    """
    from nanokiln.workflows.campaign.conductor import tell_or_conduct

    raise typer.Exit(tell_or_conduct(file, out, cores, site, dry_run=dry_run, as_json=as_json))


def scaling(
    recipe: Annotated[str, typer.Argument(help="name of a shipped recipe, or path of a .yaml file")],
    ranks: Annotated[str, typer.Option(help="numbers of ranks to measure on, as 1,2,4")] = "1,2",
    steps: Annotated[int, typer.Option(help="steps of each of the runs that are timed", min=1)] = 50,
    as_json: JsonOption = False,
) -> None:
    """Measure how a recipe's model scales on this machine, and tell what fits which allocation.

    LAMMPS runs the model on each number of ranks, and as many copies of it side by side as there are ranks. Time per
    step = c n + s n^(2/3) + L log2(ranks), n atoms per rank, is fitted to these and extrapolated: what was measured
    within one node says nothing about a network between nodes. Run it in a job of two nodes to know that.
    """
    from nanokiln.workflows.cli.scaling_table import tell_scaling

    tell_scaling(recipe, ranks, steps, as_json=as_json)


def register(app: typer.Typer, panel: str) -> None:
    """Add these verbs to the program, under a heading of its help."""
    for verb in (submit, proceed, cancel, campaign, scaling):
        app.command(rich_help_panel=panel)(verb)
