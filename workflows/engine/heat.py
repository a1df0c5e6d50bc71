"""Heating a prepared run directory: by ranks that a launcher started, by our own mpiexec, or by a site's `lmp`."""

import contextlib
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator

from nanokiln.hpc.launch import clean_environment, mpi_command
from nanokiln.hpc.processes import end, ends_with_its_parent, follow
from nanokiln.hpc.ranks import RankGroup
from nanokiln.hpc.resources import Resources
from nanokiln.hpc.signals import answering, end_with_a_word
from nanokiln.workflows.engine.display import Display
from nanokiln.workflows.engine.patience import Patience
from nanokiln.workflows.engine.site_lammps import heat_with_lmp
from nanokiln.workflows.errors import GuardError, RunError
from nanokiln.workflows.rundir.failure import read_failure
from nanokiln.workflows.rundir.prepared import reference_eV_per_atom
from nanokiln.workflows.rundir.provenance import add_session
from nanokiln.workflows.rundir.rundir import RunDirectory
from nanokiln.workflows.rundir.standing import position
from nanokiln.workflows.rundir.status import Ending, Status


def heat(run: RunDirectory, resources: Resources, ranks: RankGroup) -> Ending:
    """Heat from where the run stands, to the end of the programme or to a checkpoint where it was asked to stop.

    Raises GuardError when a guard stopped the dynamics and RunError when a rank failed, each with its one message.
    """
    if run.position_is_end:
        return Ending.FINISHED
    ranks.first(lambda: _begin(run, resources))
    if run.position_is_end:
        return Ending.FINISHED
    if ranks.comm is not None:
        return _heat_here(run, resources, ranks)
    with stop_on_signal(run) as heard:
        ending = (heat_with_lmp if resources.lmp else _heat_with_mpiexec)(run, resources)
    if heard and ending is Ending.FINISHED:
        end_with_a_word(heard[0], "after the dynamics", "nothing is lost, the same line goes on")
    return ending


def _begin(run: RunDirectory, resources: Resources) -> None:
    run.stop_path.unlink(missing_ok=True)
    for stale in (run.failure_path, *run.path.glob("stages/*/guard.dump")):
        stale.unlink(missing_ok=True)
    position(run)
    if run.checkpoints.steps():
        reference_eV_per_atom(run)
    add_session(run, resources)


def _heat_here(run: RunDirectory, resources: Resources, ranks: RankGroup) -> Ending:
    """Be one of the ranks that a launcher started."""
    from nanokiln.workflows.engine import stage_loop

    walltime_s = resources.walltime_min * 60 if resources.walltime_min else None
    with Display() as display:
        return stage_loop.heat(run, ranks.comm, threads=resources.threads, walltime_s=walltime_s, show=display.show)


def _heat_with_mpiexec(run: RunDirectory, resources: Resources) -> Ending:
    walltime_s = (resources.walltime_min or 0) * 60
    numbers = [str(resources.ranks), str(resources.threads), str(walltime_s)]
    python = [sys.executable, "-P"]  # nothing that lies in the working directory is imported
    program = [*python, "-m", "mpi4py", "-m", "nanokiln.workflows.engine.stage_loop", str(run.path), *numbers]
    return supervise(run, mpi_command(resources.ranks, program), resources.threads)


def supervise(run: RunDirectory, command: list[str], threads: int = 1) -> Ending:
    """Start the ranks, show their progress until they end, and turn their end into a value or one error."""
    before = Status.read(run.status_path)
    with tempfile.TemporaryFile() as out, Display() as display:  # not in the run's folder: its disk may be full
        process = subprocess.Popen(
            command,
            stdout=out,
            stderr=out,
            stdin=subprocess.DEVNULL,
            env=clean_environment(threads),
            start_new_session=True,  # Ctrl-C is ours to pass on
            preexec_fn=ends_with_its_parent,
            pass_fds=run.lock_fds,  # ranks that outlive us for a moment keep the lock
        )
        patience = Patience(run)
        try:
            follow(lambda: process.poll() is None and not patience.is_over(), lambda: _news(run, before, display))
        finally:
            end(process)
            out.seek(0)
            said = out.read().decode(errors="replace")
            with contextlib.suppress(OSError):
                (run.path / "ranks.log").write_text(said)
    patience.complain()
    return conclude(run, process.returncode, said)


def _news(run: RunDirectory, before: Status | None, display: Display) -> None:
    status = Status.read(run.status_path)
    if status is not None and status != before:
        display.show(status)


def conclude(run: RunDirectory, code: int, said: str) -> Ending:
    """Return how a session ended, or raise its one error."""
    failure = read_failure(run.failure_path)
    if failure is not None:
        raise (GuardError if failure.is_guard else RunError)(failure.text)
    if code:
        last = next((line for line in said.splitlines() if line.startswith("nanokiln: ")), "")
        raise (GuardError if code == GuardError.exit_code else RunError)(
            last.removeprefix("nanokiln: ")
            or f"the ranks ended with code {code} and no word (killed from outside?); `nanokiln resume {run.path}` "
            "goes on from the last checkpoint"
        )
    return Ending.FINISHED if run.position_is_end else Ending.STOPPED


@contextlib.contextmanager
def stop_on_signal(run: RunDirectory) -> Iterator[list[int]]:
    """Turn the first SIGTERM, SIGINT or SIGUSR1 into a request to stop at the next frame; a second one interrupts.

    Yields the signals that came, as they come.
    """
    heard: list[int] = []

    def note(number: int) -> None:
        heard.append(number)
        if run.stop_path.exists():
            raise KeyboardInterrupt
        run.stop_path.write_text(signal.Signals(number).name + "\n")

    try:
        with answering(note):
            yield heard
    finally:
        run.stop_path.unlink(missing_ok=True)
