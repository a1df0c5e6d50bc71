"""Batch systems: the script of a job, its submission, where it stands, its end; their commands are pysqa's."""

import math
import shlex
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import jinja2

from nanokiln.hpc.job import Job
from nanokiln.hpc.site import Scheduler, Site

if TYPE_CHECKING:
    from pysqa.wrapper.abstract import SchedulerCommands

_PYSQA_NAMES: dict[Scheduler, str] = {"slurm": "SLURM", "pbs": "TORQUE", "lsf": "LSF", "sge": "SGE", "flux": "FLUX"}


# Slurm's words for jobs that wait for ever.
_NEVER = frozenset({"BadConstraints", "PartitionConfig", "PartitionNodeLimit", "PartitionTimeLimit"})


class SchedulerError(RuntimeError):
    """The batch system refused, answers otherwise than its adapter reads, or is not there."""


def script(job: Job, site: Site) -> str:
    """Return the batch script of a job, as a person would write it for this site."""
    loader = jinja2.FileSystemLoader(Path(__file__).parent / "templates")
    environment = jinja2.Environment(
        loader=loader, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined, autoescape=False
    )
    environment.filters["quote"] = shlex.quote
    per_node = None if site.cores_per_node is None else max(site.cores_per_node // job.threads, 1)
    inside = f"apptainer exec {shlex.quote(site.container)} " if site.container else ""
    launch = "" if site.lmp else f"{site.launch(job.ranks, job.threads)} "
    return environment.get_template("job.sh").render(
        job=job,
        site=site,
        nodes=None if per_node is None else math.ceil(job.ranks / per_node),
        per_node=per_node,
        select=_select(job, per_node),
        clock=_clock(job.walltime_min),
        warn_min=math.ceil(job.warn_s / 60),
        launched=f"{launch}{inside}{shlex.join(job.command)}",
        then=f"{inside}{shlex.join(job.then)}" if job.then else "",
    )


def submit(path: Path, scheduler: Scheduler) -> int:
    """Submit a script from its own folder; return the job's number. Raises SchedulerError with the system's words."""
    commands = _commands(scheduler)
    said = _said([*commands.submit_job_command, path.name], scheduler, path.parent)
    try:
        return int(commands.get_job_id_from_output(said))
    except (ValueError, IndexError) as error:
        raise SchedulerError(f"{scheduler} answered without a job's number: {said.strip()}") from error


def state(number: int, scheduler: Scheduler) -> str:
    """Return where a job stands ("pending", "running" or the system's own word); "" when it is no longer known."""
    commands = _commands(scheduler)
    said = _said(commands.get_queue_status_command, scheduler)
    try:
        jobs = commands.convert_queue_status(said)
        standing = dict(zip(map(int, jobs["jobid"]), map(str, jobs["status"]), strict=True))
    except (ValueError, IndexError, KeyError, AttributeError) as error:
        if str(number) in said:
            raise SchedulerError(
                f"{scheduler} tells of job {number} in words that its adapter does not read"
            ) from error
        return ""  # a queue without any job is printed without its table
    word = standing.get(number, "")
    return "" if word in {"finished", "error"} and scheduler == "flux" else word


def reason(number: int, scheduler: Scheduler) -> str:
    """Return why a job waits, in the batch system's own word and, where it will never start, in a sentence.

    "" where the system says nothing, or is not Slurm.
    """
    if scheduler != "slurm":
        return ""
    word = _said(["squeue", "--noheader", "--format=%r", f"--jobs={number}"], scheduler).strip()
    if word in _NEVER:
        return f"{word}: it asks for more than the queue gives and will not start; cancel it, and ask for less"
    return "" if word == "None" else word


def cancel(number: int, scheduler: Scheduler) -> None:
    """Take a job out of the queue, or end it. Raises SchedulerError with the system's words."""
    _said([*_commands(scheduler).delete_job_command, str(number)], scheduler)


def _commands(scheduler: Scheduler) -> "SchedulerCommands":
    from pysqa.base.core import get_queue_commands

    try:
        return get_queue_commands(_PYSQA_NAMES[scheduler])
    except ImportError as error:
        raise SchedulerError(
            f"{scheduler} needs the Python module {error.name}, which its own installation has"
        ) from error


def _said(command: list[str], scheduler: Scheduler, folder: Path | None = None) -> str:
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise SchedulerError(
            f"there is no {command[0]} here, which {scheduler} needs; --dry-run prints the script for another machine"
        ) from error
    if done.returncode:
        raise SchedulerError(f"{scheduler} refused: {' '.join((done.stderr or done.stdout).split())}")
    return done.stdout


def _select(job: Job, per_node: int | None) -> str:
    """Chunks of PBS: whole nodes and what is left over, or one chunk per rank where the nodes are not known."""
    if per_node is None:
        return f"{job.ranks}:ncpus={job.threads}:mpiprocs=1:ompthreads={job.threads}"
    whole, rest = divmod(job.ranks, per_node)
    chunks = [(whole, per_node), (1, rest)]
    return "+".join(
        f"{count}:ncpus={ranks * job.threads}:mpiprocs={ranks}:ompthreads={job.threads}"
        for count, ranks in chunks
        if count and ranks
    )


def _clock(minutes: float) -> str:
    seconds = round(minutes * 60)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
