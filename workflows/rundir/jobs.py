"""The jobs of a run or study, in `jobs/jobs.json`: what was asked of the batch system, and what was submitted."""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from nanokiln.hpc.scheduler import SchedulerError, cancel, reason, state
from nanokiln.hpc.site import Site
from nanokiln.structures.storage import write_whole
from nanokiln.workflows.errors import InputError
from nanokiln.workflows.rundir.rundir import JOBS, RunDirectory
from nanokiln.workflows.rundir.study_directory import StudyDirectory

Task = Literal["dynamics", "report"]


class Submission(BaseModel):
    """A job that was submitted: its number, what it does, and the steps that were done before it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    number: int
    task: Task
    steps: int


class Jobs(BaseModel):
    """What the jobs of a directory are to do: the recipe, what each may use, the site, and whether one follows another
    until the recipe is finished."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: str
    name: str
    ranks: int
    threads: int
    walltime_min: float
    site: Site
    chain: bool = True
    submissions: tuple[Submission, ...] = ()

    @property
    def last(self) -> Submission | None:
        """The job that was submitted last."""
        return self.submissions[-1] if self.submissions else None

    @property
    def standing(self) -> str:
        """Where the last job stands in the queue; "" when it is there no longer. SchedulerError as `state`."""
        return state(self.last.number, self.site.scheduler) if self.last is not None else ""

    def write(self, out: Path) -> None:
        """Write the file whole, in the folder of a run or study."""
        folder_of(out).mkdir(parents=True, exist_ok=True)
        write_whole(folder_of(out) / "jobs.json", self.model_dump_json(indent=1) + "\n")

    @classmethod
    def read(cls, out: Path) -> "Jobs | None":
        """Read what `write` wrote; None where nothing was submitted, InputError where the file is damaged."""
        path = folder_of(out) / "jobs.json"
        try:
            return cls.model_validate_json(path.read_text(errors="replace"))
        except FileNotFoundError:
            return None
        except ValidationError as error:
            raise InputError(
                f"{path} is damaged ({error.error_count()} faults): remove it, and submit again"
            ) from error


def folder_of(out: Path) -> Path:
    """Return the folder of scripts, logs and record of the jobs of a run or study."""
    return out / JOBS


def steps_done(out: Path) -> int:
    """Return the steps that a run, or all runs of a study, would not have to compute again."""
    study = StudyDirectory(out)
    runs = study.runs.values() if study.exists else [RunDirectory(out)]
    return sum(_steps_of(run) for run in runs if run.exists)


def _steps_of(run: RunDirectory) -> int:
    return max(run.checkpoints.newest_good() or 0, *run.stage_ends, 0)


def describe_jobs(out: Path) -> str:
    """Return a line on the last job of a directory, "" where none was ever submitted."""
    jobs = Jobs.read(out)
    if jobs is None or jobs.last is None:
        return ""
    what = f"job {jobs.last.number} ({jobs.last.task}, {jobs.site.scheduler}, the {len(jobs.submissions)}. of this run)"
    try:
        standing = jobs.standing or "no longer in the queue"
        why = reason(jobs.last.number, jobs.site.scheduler) if standing == "pending" else ""
        return f"{what}: {standing}{why and f' ({why})'}"
    except SchedulerError as error:
        return f"{what}: {error}"


def cancel_jobs(out: Path) -> str:
    """End the last job of a directory, and with it the chain; return what was done. InputError where there is none."""
    jobs = Jobs.read(out)
    if jobs is None or jobs.last is None:
        raise InputError(f"no job was submitted from {out}; `nanokiln submit` does that")
    try:
        if not jobs.standing:
            return f"job {jobs.last.number} is no longer in the queue; nothing to cancel"
        jobs.model_copy(update={"chain": False}).write(out)
        cancel(jobs.last.number, jobs.site.scheduler)
    except SchedulerError as error:
        raise InputError(str(error)) from error
    return f"job {jobs.last.number} is cancelled; the same `nanokiln submit` line goes on from the last checkpoint"
