"""Slurm: the batch script a person would write, and its submission."""

import re
import shlex
import subprocess
from pathlib import Path

from nanokiln.hpc.job import Job


class SubmitError(RuntimeError):
    """The batch system refused the job, or is not there."""


def script(job: Job) -> str:
    """Return the batch script of a job."""
    options = {
        "job-name": job.name,
        "ntasks": job.ranks,
        "cpus-per-task": job.threads,
        "time": _time(job.walltime_min),
        "partition": job.partition,
        "account": job.account,
        "output": job.log,
        "open-mode": "append",
        "signal": f"USR1@{job.warn_s}",
    }
    lines = ["#!/bin/bash"]
    lines += [f"#SBATCH --{name}={value}" for name, value in options.items() if value != ""]
    lines += [""]
    lines += [f"module load {name}" for name in job.modules]
    lines += [f". {shlex.quote(job.activate)}"] if job.activate else []
    lines += [f"export OMP_NUM_THREADS={job.threads}", "", "# Submitted again, this goes on from the last checkpoint."]
    # Without --kill-on-bad-exit the ranks that are left wait for one that was killed until the wall time is over.
    step = f"srun --mpi=pmi2 --kill-on-bad-exit=1 --ntasks={job.ranks} --cpus-per-task={job.threads}"
    lines += [f"{step} {shlex.join(job.command)}"]
    return "\n".join(lines) + "\n"


def submit(text: str, folder: Path) -> int:
    """Submit a script from a folder; return the job's number. Raises SubmitError with Slurm's own words."""
    try:
        done = subprocess.run(["sbatch"], input=text, cwd=folder, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise SubmitError("there is no sbatch here; --dry-run prints the script for another machine") from error
    number = re.search(r"Submitted batch job (\d+)", done.stdout)
    if done.returncode or number is None:
        raise SubmitError(f"Slurm refused the job: {(done.stderr or done.stdout).strip()}")
    return int(number.group(1))


def _time(minutes: float) -> str:
    seconds = round(minutes * 60)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
