"""What people expect of a command line: verbs in order, answers as JSON, options of output anywhere, completion."""

import json
import os
import subprocess
import sys
from collections.abc import Callable

import pytest
import typer

from nanokiln.workflows.cli.app import ORDER, app


def test_every_verb_has_its_place_in_the_order_of_a_first_day() -> None:
    listed = [name for name in typer.main.get_command(app).commands if name != "potentials"]  # type: ignore[attr-defined]
    assert listed == list(ORDER)


@pytest.mark.parametrize("words", ["models", "recipes", "potentials list", "potentials show cu-eam", "doctor"])
def test_answers_in_json(nanokiln: Callable[..., subprocess.CompletedProcess[str]], words: str) -> None:
    done = nanokiln(*words.split(), "--json", "-q")
    assert json.loads(done.stdout)
    assert done.stderr == ""


def test_options_of_output_stand_anywhere(nanokiln: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    assert nanokiln("models", "--plain", "-q").stdout == nanokiln("--quiet", "models", "--plain").stdout != ""


def test_completion_is_offered() -> None:
    program = "import sys; sys.argv = ['nanokiln']; from nanokiln.workflows.cli.app import main; main()"
    environment = os.environ | {"_NANOKILN_COMPLETE": "complete_bash", "COMP_WORDS": "nanokiln st", "COMP_CWORD": "1"}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, env=environment)
    assert done.stdout.split() == ["status"], done.stderr
    offered = {option for parameter in typer.main.get_command(app).params for option in parameter.opts}
    assert {"--install-completion", "--version", "-q", "-v"} <= offered
