"""The display: bars in a terminal, plain lines in a batch log."""

import sys
import time
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from nanokiln.workflows.rundir.status import Status

_LINE_EVERY_S = 30.0


class Display:
    """Shows each new status: a bar with time, temperature, speed and time left, or a line every half minute."""

    def __init__(self) -> None:
        """Choose by whether a person is watching."""
        console = Console(stderr=True)
        self._bar = _bar(console) if console.is_terminal else None
        self._task = self._bar.add_task("heating", total=None, text="") if self._bar is not None else None
        self._shown: tuple[str, str, float] = ("", "", 0.0)

    def show(self, status: Status) -> None:
        """Show where the run is."""
        if self._bar is not None and self._task is not None:
            text = status.line.replace(f"step {status.step}/{status.last_step}  ", "")
            self._bar.update(self._task, total=status.last_step, completed=status.step, text=text)
            return
        *what, when = self._shown
        if [status.stage, status.state] != what or (
            status.state == "running" and time.monotonic() - when > _LINE_EVERY_S
        ):
            print(status.line, file=sys.stderr, flush=True)
            self._shown = (status.stage, status.state, time.monotonic())

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
