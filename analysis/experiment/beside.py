"""Processes beside this one, forked with what they work on: scenes and answers are functions, which no pickle holds."""

import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any


def beside(workers: int, hold: Callable[..., None], given: tuple[Any, ...]) -> ProcessPoolExecutor:
    """Return forked workers, each of which called `hold(*given)` first.

    A fork has none of the threads that a library started before it, and OpenMP would wait for them for ever: a worker
    matches templates on one thread.
    """
    return ProcessPoolExecutor(workers, get_context("fork"), _begin, (hold, given))


def _begin(hold: Callable[..., None], given: tuple[Any, ...]) -> None:
    os.environ["MDAPY_NUM_THREADS"] = "1"  # read by mdapy at every call
    hold(*given)
