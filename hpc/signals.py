"""Signals that ask a program to stop: answering them in one's own way for a while, or ending with a word."""

import logging
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

_LOG = logging.getLogger(__name__)
_AGAIN_S = 0.02
ASKING = (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1)


@contextmanager
def answering(answer: Callable[[int], None]) -> Iterator[None]:
    """Give SIGTERM, SIGINT and SIGUSR1 to a function in the body, and answer them as before after it."""

    def heard(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
        answer(number)

    before = {number: signal.signal(number, heard) for number in ASKING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def ignore(number: int) -> None:
    """Leave the answer to another rank."""


def end_with_a_word(number: int, when: str, then: str) -> NoReturn:
    """End the program on a signal, exit code 0, and say when it was stopped and what goes on from there."""
    _LOG.warning("stopped %s (%s): %s", when, signal.Signals(number).name, then)
    raise SystemExit(0)


@contextmanager
def ending_with_a_word(doing: str, then: str) -> Iterator[None]:
    """End the program on a request to stop in the body, and say what it was doing and what goes on with it.

    Files that are written whole are left as they were. Compiled code may turn the end into another error, or lose it
    (a module that was just being imported, an object that was being deleted); the program ends all the same.
    """
    asked: list[int] = []
    tell_lost = sys.unraisablehook

    def answer(number: int) -> None:
        asked.append(number)
        for name in ASKING:
            signal.signal(name, signal.SIG_IGN)  # ending takes a moment; asking again must not break into it
        end_with_a_word(number, f"during {doing}", then)

    def end(number: int, frame: FrameType | None) -> NoReturn:  # noqa: ARG001
        raise SystemExit(0)

    def lost(what: "sys.UnraisableHookArgs") -> None:
        if not (asked and isinstance(what.exc_value, SystemExit)):
            tell_lost(what)
            return
        signal.signal(signal.SIGALRM, end)  # once more, after whatever swallowed it
        signal.setitimer(signal.ITIMER_REAL, _AGAIN_S)

    sys.unraisablehook = lost
    try:
        with answering(answer):
            try:
                yield
            except Exception as error:
                if asked:
                    raise SystemExit(0) from error
                raise
            if asked:
                raise SystemExit(0)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        sys.unraisablehook = tell_lost
