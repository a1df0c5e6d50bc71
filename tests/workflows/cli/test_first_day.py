"""What people expect of a command line: verbs in order, answers as JSON, options of output anywhere, completion."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import typer

from nanokiln.workflows.cli.app import ORDER, app


def test_every_verb_has_its_place_in_the_order_of_a_first_day() -> None:
    listed = [name for name in typer.main.get_command(app).commands if name != "potentials"]  # type: ignore[attr-defined]
    assert listed == list(ORDER)


@pytest.mark.parametrize(
    "words", ["models", "recipes", "potentials list", "potentials show cu-eam", "schema", "doctor"]
)
def test_answers_in_json(nanokiln: Callable[..., subprocess.CompletedProcess[str]], words: str) -> None:
    done = nanokiln(*words.split(), "--json", "-q")
    assert json.loads(done.stdout)
    assert done.stderr == ""


def test_every_verb_answers_in_json() -> None:
    def ends(command: typer.core.TyperCommand, words: str) -> Iterator[tuple[str, set[str]]]:
        inside = getattr(command, "commands", {})
        for name, sub in inside.items():
            yield from ends(sub, f"{words} {name}")
        if not inside:
            yield words, {option for parameter in command.params for option in parameter.opts}

    found = dict(ends(typer.main.get_command(app), ""))  # type: ignore[arg-type]
    assert len(found) > 30
    assert [words for words, options in found.items() if "--json" not in options] == []


def test_a_run_its_report_and_its_frames_in_json(
    nanokiln: Callable[..., subprocess.CompletedProcess[str]], write: Callable[..., Path], tmp_path: Path
) -> None:
    out = tmp_path / "run"
    done = nanokiln("run", write(), "--out", out, "--json")
    assert done.stderr == ""  # no lines of progress beside it
    (told,) = json.loads(done.stdout)["runs"]
    assert (told["directory"], told["state"], told["step"]) == (str(out), "finished", 600)
    assert Path(told["results"]).name == "results.json" and Path(told["report"]).name == "report.html"
    assert json.loads(nanokiln("resume", out, "--json").stdout)["runs"] == [told]
    assert json.loads(nanokiln("report", out, "--json").stdout) == {
        "report": told["report"],
        "warnings": told["warnings"],
    }
    frames = json.loads(nanokiln("export", out, "--json").stdout)
    assert Path(frames["file"]).is_file() and frames["frames"] > 1 and frames["atoms"] > 1


def test_a_batch_script_in_json(
    nanokiln: Callable[..., subprocess.CompletedProcess[str]], write: Callable[..., Path], tmp_path: Path
) -> None:
    words = ("submit", write(), "--out", tmp_path / "job", "--scheduler", "slurm", "--dry-run", "--json")
    assert "#SBATCH" in json.loads(nanokiln(*words).stdout)["script"]


def test_options_of_output_stand_anywhere(nanokiln: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    assert nanokiln("models", "--plain", "-q").stdout == nanokiln("--quiet", "models", "--plain").stdout != ""


def test_help_shows_brackets(nanokiln: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    said = " ".join(nanokiln("campaign", "--help").stdout.split())
    assert "potential: [cd-cu-p-se-pod]" in said and "'nanokiln[campaign]'" in said


def test_completion_is_offered() -> None:
    program = "import sys; sys.argv = ['nanokiln']; from nanokiln.workflows.cli.app import main; main()"
    environment = os.environ | {"_NANOKILN_COMPLETE": "complete_bash", "COMP_WORDS": "nanokiln st", "COMP_CWORD": "1"}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, env=environment)
    assert done.stdout.split() == ["status"], done.stderr
    offered = {option for parameter in typer.main.get_command(app).params for option in parameter.opts}
    assert {"--install-completion", "--version", "-q", "-v"} <= offered
