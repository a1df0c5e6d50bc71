"""The command line, run in this process."""

import subprocess
import sys
from collections.abc import Callable

import pytest

from nanokiln.workflows.cli.app import main

Ended = subprocess.CompletedProcess[str]
Nanokiln = Callable[..., Ended]


@pytest.fixture
def nanokiln(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Nanokiln:
    """Return a function that runs the command line in this process."""

    def run(*words: object) -> Ended:
        monkeypatch.setattr(sys, "argv", ["nanokiln", *map(str, words)])
        capsys.readouterr()
        code = 0
        try:
            main()
        except SystemExit as end:
            code = int(end.code or 0)
        said = capsys.readouterr()
        return Ended(sys.argv, code, said.out, said.err)

    return run
