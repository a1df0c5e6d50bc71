"""How many inputs are made up: hundreds with fixed seeds in every run, thousands by `make test-fuzz`."""

import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from hypothesis import settings

settings.register_profile("fixed", max_examples=75, derandomize=True, deadline=None, database=None)
settings.register_profile("long", max_examples=1000, deadline=None)
settings.load_profile("fixed")
LONGEST_S = 30


@pytest.fixture(scope="session")
def in_time() -> Callable[[], AbstractContextManager[None]]:
    """Return a context in which half a minute of processor time is a failure, however busy the machine is."""

    def late(*_: object) -> None:
        raise TimeoutError(f"still busy after {LONGEST_S} s of processor time")

    @contextmanager
    def limited() -> Iterator[None]:
        before = signal.signal(signal.SIGPROF, late)
        signal.setitimer(signal.ITIMER_PROF, LONGEST_S)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.signal(signal.SIGPROF, before)

    return limited
