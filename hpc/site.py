"""A site: what its batch system and machine want to be told, from a profile that its users write once."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

SCHEDULERS = ("slurm", "pbs", "lsf", "sge", "flux")
Scheduler = Literal["slurm", "pbs", "lsf", "sge", "flux"]

# What starts the ranks of a job, where the profile names nothing. Without --kill-on-bad-exit the ranks that are left
# wait for one that was killed until the wall time is over.
_LAUNCHERS: dict[Scheduler, str] = {
    "slurm": "srun --mpi=pmi2 --kill-on-bad-exit=1 --ntasks={ranks} --cpus-per-task={threads}",
    "pbs": "mpiexec -n {ranks}",
    "lsf": "mpiexec -n {ranks}",
    "sge": "mpiexec -n {ranks}",
    "flux": "flux run -n {ranks} -c {threads}",
}


def _plain(word: str) -> str:
    if word and not re.fullmatch(r"[A-Za-z0-9._][A-Za-z0-9._/+-]*", word):
        raise ValueError(f"a name of letters, digits and . _ - / + was expected, not {word!r}")
    return word


def _line(text: str) -> str:
    if not text.isprintable():
        raise ValueError(f"one line of printable text was expected, not {text!r}")
    return text


def _launcher(text: str) -> str:
    try:
        _line(text).format(ranks=1, threads=1)
    except (KeyError, IndexError, ValueError) as error:
        raise ValueError(f"a command with {{ranks}} and {{threads}} was expected, not {text!r}") from error
    return text


Word = Annotated[str, AfterValidator(_plain)]
Line = Annotated[str, AfterValidator(_line)]


class Site(BaseModel):
    """A batch system and how ranks are started on its nodes.

    `partition` is the queue; `modules` are loaded and `activate` is sourced first (default: this environment);
    `container` is an Apptainer image in which nanokiln runs; `launcher` starts `{ranks}` ranks of `{threads}` threads;
    `lmp` is the site's own LAMMPS with its launcher, in place of the bindings; `options` are further directives as
    they stand. Jobs are at most `longest_min` minutes, analysis and report have `report_min`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    scheduler: Scheduler = "slurm"
    partition: Word = ""
    account: Word = ""
    modules: tuple[Word, ...] = ()
    activate: Line = ""
    container: Line = ""
    launcher: Annotated[str, AfterValidator(_launcher)] = ""
    lmp: Line = ""
    cores_per_node: Annotated[int, Field(ge=1, le=4096)] | None = None
    parallel_environment: Word = "mpi"
    options: tuple[Line, ...] = ()
    longest_min: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    report_min: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 60

    def launch(self, ranks: int, threads: int) -> str:
        """Return the words that start so many ranks of so many threads each."""
        return (self.launcher or _LAUNCHERS[self.scheduler]).format(ranks=ranks, threads=threads)
