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
    """Return a context in which whatever takes longer than half a minute is a failure."""

    def late(*_: object) -> None:
        raise TimeoutError(f"still busy after {LONGEST_S} s")

    @contextmanager
    def limited() -> Iterator[None]:
        before = signal.signal(signal.SIGALRM, late)
        signal.alarm(LONGEST_S)
        try:
            yield
        finally:
            signal.alarm(0)
            signal.signal(signal.SIGALRM, before)

    return limited
