"""Started programs: looking at them while they go on, and making sure that they have ended."""

import subprocess
import time
from collections.abc import Callable

_POLL_S = 0.25


def follow(goes_on: Callable[[], bool], look: Callable[[], None]) -> None:
    """Look again and again while something goes on, and once after it ended."""
    while goes_on():
        look()
        time.sleep(_POLL_S)
    look()


def end(process: "subprocess.Popen[bytes]") -> None:
    """Make sure that a started program has ended."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
    process.wait()
