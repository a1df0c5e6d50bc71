"""Submitting a run to a batch system, piece after piece until it is finished."""

import math
import os
import sys
from pathlib import Path

from pydantic import ValidationError

from nanokiln.hpc import scheduler
from nanokiln.hpc.job import Job
from nanokiln.hpc.resources import Resources
from nanokiln.hpc.site import Site
from nanokiln.structures.schema.explain import explain
from nanokiln.structures.schema.plain_yaml import PlainYamlError, read_yaml
from nanokiln.workflows.engine.preflight import check_ranks
from nanokiln.workflows.engine.prepare import build_model, check_elements, choose
from nanokiln.workflows.errors import InputError
from nanokiln.workflows.recipe.obvious import find_recipe
from nanokiln.workflows.recipe.recipe import Recipe
from nanokiln.workflows.rundir.failure import read_failure
from nanokiln.workflows.rundir.jobs import Jobs, Submission, Task, folder_of, steps_done
from nanokiln.workflows.rundir.rundir import RunDirectory
from nanokiln.workflows.rundir.study_directory import StudyDirectory

_WARN_S = 120
_SHORTEST_MIN = 4  # a minute of dynamics, beside the warning and what starting takes
_SITE_VARIABLE = "NANOKILN_SITE"


def load_site(path: Path | None = None, **said: object) -> Site:
    """Return a site's profile: a YAML file (default: $NANOKILN_SITE, ~/.config/nanokiln/site.yaml), and what else is
    said on top of it. InputError says what is wrong."""
    asked = path or (Path(os.environ[_SITE_VARIABLE]) if os.environ.get(_SITE_VARIABLE) else None)
    usual = Path.home() / ".config" / "nanokiln" / "site.yaml"
    file = asked or (usual if usual.is_file() else None)
    if file is not None and not file.is_file():
        raise InputError(f"no site profile at {file}; a YAML file that says `scheduler: slurm` and so on was expected")
    try:
        data = read_yaml(file) if file is not None else {}
    except PlainYamlError as error:
        raise InputError(str(error)) from error
    if not isinstance(data, dict):
        raise InputError(f"{file}: a site profile is a mapping of keys such as scheduler, partition, launcher")
    try:
        return Site.model_validate(data | {key: value for key, value in said.items() if value})
    except ValidationError as error:
        raise InputError(explain(error, Site, str(file) if file else "site")) from error


def submit(
    recipe: str, out: Path, resources: Resources, site: Site, *, chain: bool = True, dry_run: bool = False
) -> str:
    """Submit a run's first or next job and say so, or return its script (`dry_run`); all is checked either way."""
    _check_walltime(resources.walltime_min, site)
    loaded = find_recipe(recipe)
    check_ranks(loaded, resources.ranks, resources.lmp)
    _refuse_other(loaded, out)
    check_elements(choose(loaded), build_model(loaded))
    source = recipe if Path(recipe).suffix not in {".yaml", ".yml"} else str(Path(recipe).resolve())
    jobs = Jobs(
        source=source,
        name=loaded.name,
        ranks=resources.ranks,
        threads=resources.threads,
        walltime_min=resources.walltime_min or 0,
        site=site if site.activate or site.container else site.model_copy(update={"activate": _own_environment()}),
        chain=chain,
        submissions=() if dry_run else _earlier(out),
    )
    task: Task = "report" if _is_finished(out) else "dynamics"
    return scheduler.script(_job(jobs, out.resolve(), task), jobs.site).rstrip() if dry_run else _send(jobs, out, task)


def proceed(out: Path, exit_code: int = 0) -> str:
    """Submit what a run needs after its last job: more dynamics, then analysis and report; or say why nothing follows.

    A job that failed, or after which the run stands where it stood before it, has no successor.
    """
    jobs = Jobs.read(out)
    if jobs is None or jobs.last is None:
        raise InputError(f"no job was submitted from {out}; `nanokiln submit` does that")
    if (why := _reason_to_end(jobs, jobs.last, out, exit_code)) is not None:
        return why
    return _send(jobs, out, "report" if _is_finished(out) else "dynamics")


def _reason_to_end(jobs: Jobs, last: Submission, out: Path, exit_code: int) -> str | None:
    mend = f"mend it, then `nanokiln submit` with the same words goes on; the log is in {folder_of(out)}"
    if last.task == "report":
        return "nothing follows the report" if exit_code == 0 else f"the report failed (exit code {exit_code}): {mend}"
    if not jobs.chain:
        return "no job follows: none was asked for, or the job was cancelled; `nanokiln submit` goes on"
    if exit_code:
        failure = read_failure(RunDirectory(out).failure_path)
        return f"no job follows job {last.number}, which failed (exit code {exit_code}{_brief(failure)}): {mend}"
    if not _is_finished(out) and steps_done(out) <= last.steps:
        return (
            f"no job follows job {last.number}: it computed nothing that lasts (still at step {last.steps}): "
            "give more --walltime-min, or write checkpoints more often (output.checkpoint_ps)"
        )
    return None


def _brief(failure: object) -> str:
    message = getattr(failure, "message", "")
    return f"; {message}" if message else ""


def _send(jobs: Jobs, out: Path, task: Task) -> str:
    folder = folder_of(out.resolve())
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{len(jobs.submissions) + 1:03d}-{task}.sh"
    path.write_text(scheduler.script(_job(jobs, out.resolve(), task), jobs.site))
    try:
        number = scheduler.submit(path, jobs.site.scheduler)
    except scheduler.SchedulerError as error:
        raise InputError(str(error)) from error
    sent = Submission(number=number, task=task, steps=steps_done(out))
    jobs.model_copy(update={"submissions": (*jobs.submissions, sent)}).write(out)
    return f"submitted job {number} ({task}); `nanokiln status {out}` tells where it is"


def _earlier(out: Path) -> tuple[Submission, ...]:
    """The jobs before; InputError where the last of them is not over."""
    jobs = Jobs.read(out)
    if jobs is None or jobs.last is None:
        return ()
    try:
        standing = jobs.standing
    except scheduler.SchedulerError as error:
        raise InputError(str(error)) from error
    if standing:
        raise InputError(f"job {jobs.last.number} of {out} is {standing}; `nanokiln cancel {out}` ends it")
    return jobs.submissions


def _job(jobs: Jobs, out: Path, task: Task) -> Job:
    then = ("nanokiln", "proceed", str(out), "--exit-code")
    if task == "report":
        return Job(
            f"{jobs.name}-report", ("nanokiln", "report", str(out)), walltime_min=jobs.site.report_min, then=then
        )
    options = {
        "--out": out,
        "--ranks": jobs.ranks,
        "--threads": jobs.threads,
        "--walltime-min": f"{jobs.walltime_min - _WARN_S / 60 - 1:g}",  # room for the checkpoint
        **({"--lmp": jobs.site.lmp} if jobs.site.lmp else {}),
    }
    words = (str(part) for pair in options.items() for part in pair)
    command = ("nanokiln", "run", jobs.source, *words, "--dynamics-only")
    return Job(jobs.name, command, jobs.ranks, jobs.threads, jobs.walltime_min, then, _WARN_S)


def _check_walltime(minutes: float | None, site: Site) -> None:
    longest = site.longest_min or math.inf
    if minutes is None or not _SHORTEST_MIN <= minutes <= longest:
        most = "" if math.isinf(longest) else f" and at most {longest:g}, the site's longest"
        raise InputError(f"--walltime-min must be at least {_SHORTEST_MIN}{most} (given: {minutes})")


def _refuse_other(recipe: Recipe, out: Path) -> None:
    if recipe.study is None:
        RunDirectory(out).refuse_other(recipe)


def _is_finished(out: Path) -> bool:
    study = StudyDirectory(out)
    run = RunDirectory(out)
    return study.is_finished if study.exists else run.exists and run.position_is_end


def _own_environment() -> str:
    activate = Path(sys.executable).parent / "activate"
    return str(activate) if activate.exists() else ""
