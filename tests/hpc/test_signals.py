"""A request to stop ends the program wherever it comes."""

import os
import signal
import sys
import time

import pytest

from nanokiln.hpc.signals import ending_with_a_word


class Dying:
    """An object in whose deletion the request comes: what is raised there is lost."""

    def __del__(self) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(0.01)


def test_a_request_in_a_deletion_ends_the_program_without_a_traceback(capfd: pytest.CaptureFixture[str]) -> None:
    began = time.monotonic()
    with pytest.raises(SystemExit) as ended, ending_with_a_word("analysis", "nothing is lost"):
        dying = Dying()
        del dying
        while time.monotonic() < began + 20:
            time.sleep(0.01)
    assert ended.value.code == 0
    assert time.monotonic() < began + 10
    assert "Exception ignored" not in capfd.readouterr().err


def test_what_else_is_lost_in_a_deletion_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    class Failing:
        def __del__(self) -> None:
            raise RuntimeError("not of the request")

    told: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", told.append)
    with ending_with_a_word("analysis", "nothing is lost"):
        failing = Failing()
        del failing
    assert len(told) == 1
    assert sys.unraisablehook == told.append
