"""The display: bars in a terminal, plain lines in a batch log."""

import logging
import time
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from nanokiln.workflows.answer import is_watched
from nanokiln.workflows.rundir.status import Status

_LINE_EVERY_S = 30.0
_LOG = logging.getLogger(__name__)


class Display:
    """Shows each new status: a bar with time, temperature, speed and time left, or a line every half minute.

    Beside a bar the lines go to the log of the run only.
    """

    def __init__(self) -> None:
        """Choose by whether a person is watching."""
        self._bar = _bar(Console(stderr=True)) if is_watched() else None
        self._task = self._bar.add_task("heating", total=None, text="") if self._bar is not None else None
        self._shown: Status | None = None
        self._when = 0.0

    def show(self, status: Status) -> None:
        """Show where the run is."""
        if self._bar is not None and self._task is not None:
            text = status.line.replace(f"step {status.step}/{status.last_step}  ", "")
            self._bar.update(self._task, total=status.last_step, completed=status.step, text=text)
        if self._is_news(status):
            _LOG.log(logging.INFO if self._bar is None else logging.DEBUG, status.line)
            self._shown, self._when = status, time.monotonic()

    def _is_news(self, status: Status) -> bool:
        """Whether a line is due: another stage, an end at another step than the last line's, or half a minute."""
        shown = self._shown
        if shown is None or status.stage != shown.stage:
            return True
        if status.step == shown.step:
            return False
        return status.state != shown.state or time.monotonic() - self._when > _LINE_EVERY_S

    def __enter__(self) -> "Display":
        """Begin to draw."""
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Leave the terminal as it was."""
        if self._bar is not None:
            self._bar.stop()


def _bar(console: Console) -> Progress:
    return Progress(
        BarColumn(24), MofNCompleteColumn(), TextColumn("{task.fields[text]}", markup=False), console=console
    )
