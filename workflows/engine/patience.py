"""Patience with ranks that were asked to stop: a bounded time, after which they are ended."""

import time

from nanokiln.workflows.errors import RunError
from nanokiln.workflows.rundir.rundir import RunDirectory
from nanokiln.workflows.rundir.status import Status

SHORTEST_S = 15.0
_FRAMES = 3


class Patience:
    """How long a request to stop may go unanswered: some seconds, or a few frames at the run's own speed."""

    def __init__(self, run: RunDirectory) -> None:
        """Watch a run's `stop` file, which is the request."""
        self._run, self._frame_steps = run, run.recipe.cadence[1]
        self._asked: float | None = None
        self._lost = False

    @property
    def _limit_s(self) -> float:
        now = Status.read(self._run.status_path)
        frame_s = self._frame_steps / now.steps_per_s if now is not None and now.steps_per_s > 0 else 0.0
        return max(SHORTEST_S, _FRAMES * frame_s)

    def is_over(self) -> bool:
        """Whether the request has been there for too long."""
        if self._asked is None:
            self._asked = time.monotonic() if self._run.stop_path.exists() else None
        self._lost = self._asked is not None and time.monotonic() - self._asked > self._limit_s
        return self._lost

    def complain(self) -> None:
        """Raise RunError where the ranks had to be ended."""
        if self._lost:
            raise RunError(
                f"a rank did not answer the request to stop within {self._limit_s:.0f} s, so all were ended; "
                f"`nanokiln resume {self._run.path}` goes on from the last checkpoint"
            )
