"""Started programs: looking at them while they go on, and making sure that they have ended."""

import contextlib
import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

_POLL_S = 0.25
_TERMINATE_S = 5.0
_PR_SET_PDEATHSIG = 1


def follow(goes_on: Callable[[], bool], look: Callable[[], None]) -> None:
    """Look again and again while something goes on, and once after it ended."""
    while goes_on():
        look()
        time.sleep(_POLL_S)
    look()


def ends_with_its_parent() -> None:
    """Have the kernel ask this process to end (SIGTERM) when its parent is gone; for `preexec_fn`, Linux only.

    A batch system that knows a job by its process group, as Grid Engine does, ends the parent and not what that started
    in a session of its own.
    """
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def end(process: "subprocess.Popen[bytes]") -> None:
    """Make sure that a program that was started in a session of its own has ended, with all that it started.

    It is asked (SIGTERM), then made to (SIGKILL), which a stopped process obeys too.
    """
    if process.poll() is None:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_TERMINATE_S)
        if process.poll() is None:
            process.kill()
    # A launcher that fell to an earlier signal may have left a rank behind that could not hear it.
    limit = time.monotonic() + (_TERMINATE_S if process.poll() != 0 else 0.0)
    while time.monotonic() < limit and (left := [*_session(process.pid)]):
        for number in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)
        time.sleep(0.02)
    process.wait()


def _session(leader: int) -> Iterator[int]:
    """The living processes of a session, as /proc tells; none where there is no /proc."""
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, _, _, session = path.read_text().rpartition(")")[2].split()[:4]
            if session == str(leader) and state not in "ZX":
                yield int(path.parent.name)
