"""What a verb says: its answer on stdout, as text or JSON; all else by `logging`, on stderr and in the log of a run."""

import contextlib
import json
import logging
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

LOG_FILE = "nanokiln.log"
Tell = Callable[[int, int, str], None]
_ROOT = logging.getLogger("nanokiln")
_LINE_EVERY_S = 10.0


class _OnStderr(logging.Handler):
    """Messages for a person: warnings and errors say what they are, the rest stands as it is."""

    def format(self, record: logging.LogRecord) -> str:
        """Name a warning, an error, and where a detail comes from."""
        words = {logging.WARNING: "warning: ", logging.ERROR: "nanokiln: ", logging.DEBUG: f"{record.name}: "}
        return words.get(record.levelno, "") + record.getMessage()

    def emit(self, record: logging.LogRecord) -> None:
        """Print to the stderr of the moment, which a bar may hold."""
        print(self.format(record), file=sys.stderr, flush=True)


class _InFile(logging.Handler):
    """A run's log, a line per message; a disk without room ends no run."""

    def __init__(self, path: Path) -> None:
        """Name the file, which is opened for each line: there are few, and others may append to it."""
        super().__init__()
        self.path = path
        self.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        """Append a line, if that can be done."""
        with contextlib.suppress(OSError), self.path.open("a", encoding="utf-8") as file:
            file.write(self.format(record) + "\n")


def configure(*, quiet: bool = False, verbose: bool = False) -> None:
    """Let messages of the package come to stderr, warnings only or every detail; asked again, the last holds."""
    for handler in [one for one in _ROOT.handlers if isinstance(one, _OnStderr)]:
        _ROOT.removeHandler(handler)
    _ROOT.setLevel(logging.DEBUG)
    _ROOT.addHandler(_OnStderr(logging.WARNING if quiet else logging.DEBUG if verbose else logging.INFO))


@contextlib.contextmanager
def logged(folder: Path) -> Iterator[None]:
    """Append every message of the body, with its time, to the log of a folder that is there."""
    path = folder.resolve() / LOG_FILE
    if any(isinstance(one, _InFile) and one.path == path for one in _ROOT.handlers):
        yield  # further up is the same log
        return
    handler, before = _InFile(path), _ROOT.level
    _ROOT.setLevel(min(before or logging.INFO, logging.INFO))
    _ROOT.addHandler(handler)
    try:
        yield
    finally:
        _ROOT.removeHandler(handler)
        _ROOT.setLevel(before)


def hush() -> None:
    """Where nobody watches, leave warnings and errors only on stderr, unless every detail was asked for."""
    told = [one for one in _ROOT.handlers if isinstance(one, _OnStderr)]
    if not sys.stderr.isatty() and not any(one.level == logging.DEBUG for one in told):
        configure(quiet=True)


def answer(*lines: object) -> None:
    """Print the lines of an answer on stdout."""
    for line in lines:
        print(line, flush=True)


def answer_json(value: Any) -> None:
    """Print an answer as JSON: dataclasses, pydantic models and paths in it as plain values; NaN is an error."""
    answer(json.dumps(value, indent=1, default=_plain, allow_nan=False))


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    return value.tolist() if hasattr(value, "tolist") else str(value)


def warn(warnings: Iterable[str]) -> None:
    """Say warnings, each in a line."""
    for warning in warnings:
        _ROOT.warning(warning)


def is_watched() -> bool:
    """Whether a person looks at stderr and has not asked for quiet: then there are bars, else lines or nothing."""
    return sys.stderr.isatty() and not _is_quiet()


def _is_quiet() -> bool:
    return any(isinstance(one, _OnStderr) and one.level > logging.INFO for one in _ROOT.handlers)


@contextlib.contextmanager
def steps(title: str = "") -> Iterator[Tell]:
    """Give a function that hears (done, total, what) of a long computation: a bar, or a line every ten seconds."""
    if is_watched():
        columns = (
            BarColumn(24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.description}", markup=False),
        )
        with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task(title, total=None)
            yield lambda done, total, what: bar.update(task, completed=done, total=total, description=what or title)
        return
    said = time.monotonic()

    def tell(done: int, total: int, what: str) -> None:
        nonlocal said
        if time.monotonic() - said > _LINE_EVERY_S:
            _ROOT.info("%d of %d: %s", done, total, what or title)
            said = time.monotonic()

    yield tell


@contextlib.contextmanager
def busy(doing: str) -> Iterator[None]:
    """Say what the body does: while it lasts to who watches, else in a line before it; -v adds how long it took."""
    began = time.monotonic()
    if is_watched():
        with Console(stderr=True).status(doing):
            yield
    else:
        _ROOT.info("%s", doing)
        yield
    _ROOT.debug("%s: %.1f s", doing, time.monotonic() - began)
