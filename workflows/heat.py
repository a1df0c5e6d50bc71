"""Heating a prepared run directory: by ranks that a launcher started, by our own mpiexec, or by a site's `lmp`."""

import contextlib
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import FrameType

from nanokiln.workflows.display import Display
from nanokiln.workflows.errors import GuardError, InputError, RunError
from nanokiln.workflows.failure import read_failure
from nanokiln.workflows.launch import clean_environment, mpi_command
from nanokiln.workflows.provenance import add_session
from nanokiln.workflows.rundir import RunDirectory
from nanokiln.workflows.status import State, Status
from nanokiln.workflows.together import Together

_POLL_S = 0.25


@dataclass(frozen=True)
class Resources:
    """What a session may use: MPI ranks, OpenMP threads per rank, wall time, and a site's own `lmp` if not ours.

    `lmp` is the whole command that starts it, launcher included; `-in deck.in` is added.
    """

    ranks: int = 1
    threads: int = 1
    walltime_min: float | None = None
    lmp: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        for name in ("ranks", "threads"):
            if getattr(self, name) < 1:
                raise InputError(f"--{name} must be at least 1 (given: {getattr(self, name)})")
        if self.walltime_min is not None and self.walltime_min <= 0:
            raise InputError(f"--walltime-min must be positive (given: {self.walltime_min})")


def heat(run: RunDirectory, resources: Resources, ranks: Together) -> State:
    """Heat from where the run stands; return `finished`, or `stopped` after a checkpoint on request.

    Raises GuardError when a guard stopped the dynamics and RunError when a rank failed, each with its one message.
    """
    if run.position_is_end:
        return "finished"
    ranks.first(lambda: _begin(run, resources))
    if ranks.comm is not None:
        return _heat_here(run, resources, ranks)
    with stop_on_signal(run):
        if resources.lmp:
            from nanokiln.workflows.site import heat_with_lmp

            return heat_with_lmp(run, resources)
        return _heat_with_mpiexec(run, resources)


def _begin(run: RunDirectory, resources: Resources) -> None:
    run.stop_path.unlink(missing_ok=True)
    for stale in (run.failure_path, *run.path.glob("stages/*/guard.dump")):
        stale.unlink(missing_ok=True)
    add_session(run, ranks=resources.ranks, threads=resources.threads, lmp=list(resources.lmp))


def _heat_here(run: RunDirectory, resources: Resources, ranks: Together) -> State:
    """Be one of the ranks that a launcher started."""
    from nanokiln.workflows import furnace

    walltime_s = resources.walltime_min * 60 if resources.walltime_min else None
    with Display() as display:
        return furnace.heat(run, ranks.comm, threads=resources.threads, walltime_s=walltime_s, show=display.show)


def _heat_with_mpiexec(run: RunDirectory, resources: Resources) -> State:
    walltime_s = (resources.walltime_min or 0) * 60
    numbers = [str(resources.ranks), str(resources.threads), str(walltime_s)]
    program = [sys.executable, "-m", "mpi4py", "-m", "nanokiln.workflows.furnace", str(run.path), *numbers]
    return supervise(run, mpi_command(resources.ranks, program), resources.threads)


def supervise(run: RunDirectory, command: list[str], threads: int = 1) -> State:
    """Start the ranks, show their progress until they end, and turn their end into a state or one error."""
    before = Status.read(run.status_path)
    with tempfile.TemporaryFile() as out, Display() as display:  # not in the run's folder: its disk may be full
        process = subprocess.Popen(
            command,
            stdout=out,
            stderr=out,
            stdin=subprocess.DEVNULL,
            env=clean_environment(threads),
            start_new_session=True,  # Ctrl-C is ours to pass on
            pass_fds=run.lock_fds,  # ranks that outlive us keep the lock
        )
        try:
            follow(lambda: process.poll() is None, lambda: _news(run, before, display))
        finally:
            end(process)
            out.seek(0)
            said = out.read().decode(errors="replace")
            with contextlib.suppress(OSError):
                (run.path / "furnace.log").write_text(said)
    return conclude(run, process.returncode, said)


def follow(goes_on: Callable[[], bool], look: Callable[[], None]) -> None:
    """Look again and again while something goes on, and once after it ended."""
    while goes_on():
        look()
        time.sleep(_POLL_S)
    look()


def _news(run: RunDirectory, before: Status | None, display: Display) -> None:
    status = Status.read(run.status_path)
    if status is not None and status != before:
        display.show(status)


def conclude(run: RunDirectory, code: int, said: str) -> State:
    """Return the state that a session left, or raise its one error."""
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
    return "finished" if run.position_is_end else "stopped"


def end(process: "subprocess.Popen[bytes]") -> None:
    """Make sure that a started program has ended."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
    process.wait()


@contextlib.contextmanager
def stop_on_signal(run: RunDirectory) -> Iterator[None]:
    """Turn the first SIGTERM, SIGINT or SIGUSR1 into a request to stop at the next frame; a second one interrupts."""

    def heard(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
        if run.stop_path.exists():
            raise KeyboardInterrupt
        run.stop_path.write_text(signal.Signals(number).name + "\n")

    names = (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1)
    before = {name: signal.signal(name, heard) for name in names}
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)
        run.stop_path.unlink(missing_ok=True)
