"""Text from outside that tries to run something, or to paint the terminal: it is refused, quoted or shown as it is."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from nanokiln.hpc.ranks import RankGroup
from nanokiln.hpc.resources import Resources
from nanokiln.potentials.cards.card import DATA
from nanokiln.workflows.engine.heat import heat
from nanokiln.workflows.pipeline import begin
from nanokiln.workflows.recipe.recipe import load_recipe
from nanokiln.workflows.rundir.rundir import RunDirectory

Nanokiln = Callable[..., subprocess.CompletedProcess[str]]
HOSTILE = ("a\ntouch PWN", "a\n#SBATCH --wrap=x", "$(touch PWN)", "a;touch PWN", "`touch PWN`", "-rf", "a b")


@pytest.mark.parametrize("word", HOSTILE)
@pytest.mark.parametrize("place", ["name", "--partition", "--account", "--module"])
def test_a_name_that_reaches_a_script_is_plain(
    nanokiln: Nanokiln, small_recipe: Callable[..., dict], tmp_path: Path, place: str, word: str
) -> None:
    recipe = tmp_path / "r.yaml"
    recipe.write_text(yaml.safe_dump(small_recipe(**({"name": word} if place == "name" else {}))))
    site = [] if place == "name" else [f"{place}={word}"]
    done = nanokiln("submit", recipe, "--out", tmp_path / "run", "--dry-run", *site)
    assert done.returncode == 2
    assert "name" in done.stderr and "expected" in done.stderr
    assert done.stderr.count("\n") == 1
    assert not done.stdout


def test_paths_are_quoted_in_the_script(
    nanokiln: Nanokiln, small_recipe: Callable[..., dict], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "it's $(touch PWN); `touch PWN`"
    folder.mkdir()
    recipe = folder / "a recipe.yaml"
    recipe.write_text(yaml.safe_dump(small_recipe()))
    monkeypatch.chdir(tmp_path)
    done = nanokiln("submit", recipe, "--out", folder / "run", "--dry-run")
    (tmp_path / "srun").write_text('#!/bin/sh\nprintf "%s\\n" "$@" > said\n')
    (tmp_path / "srun").chmod(0o755)
    subprocess.run(["bash"], input=done.stdout, text=True, check=True, env={"PATH": f"{tmp_path}:{os.environ['PATH']}"})
    assert str(folder / "run") in (tmp_path / "said").read_text().splitlines()
    assert not list(tmp_path.rglob("PWN"))


@pytest.mark.mpi
def test_ranks_import_nothing_from_the_working_directory(
    write: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("numpy", "mpi4py", "nanokiln", "yaml"):
        (tmp_path / f"{name}.py").write_text("open('PWN', 'w').close()\nraise SystemExit(7)\n")
    monkeypatch.chdir(tmp_path)
    run = RunDirectory(tmp_path / "run")
    begin(load_recipe(write()), run)
    assert heat(run, Resources(), RankGroup()) == "finished"
    assert not (tmp_path / "PWN").exists()


def test_markup_in_a_card_is_shown_as_it_is(nanokiln: Nanokiln, tmp_path: Path) -> None:
    data = yaml.safe_load((DATA / "cards" / "cu-eam.yaml").read_text())
    path = tmp_path / "own.yaml"
    path.write_text(yaml.safe_dump(data | {"title": "[red]mine[/red] [/x]", "faults": ["[blink]none[/blink]"]}))
    done = nanokiln("potentials", "show", path)
    assert done.returncode == 0
    assert "[red]mine[/red] [/x]" in done.stdout
    assert "[blink]none[/blink]" in done.stdout
    path.write_text(yaml.safe_dump(data | {"title": "\x1b[31mred"}))
    done = nanokiln("potentials", "show", path)
    assert done.returncode == 2
    assert "\x1b" not in done.stderr


def test_a_particle_of_the_clock_is_shown_as_it_is_called(nanokiln: Nanokiln, tmp_path: Path) -> None:
    path = tmp_path / "clock.yaml"
    rod = {"name": "[bold]rod[/bold] <b>", "kind": "rod", "diameter_nm": 5}
    told = {"heating": {"plateaus_C": [300], "hold_min": 5}, "particles": [rod], "samples": 10}
    path.write_text(yaml.safe_dump(told))
    done = nanokiln("clock", path, "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert "[bold]rod[/bold]" in done.stdout
    assert "[/bold] <b>" not in next((tmp_path / "out").glob("*.html")).read_text()


@pytest.mark.parametrize("verb", ["run", "resume"])
def test_more_ranks_than_cores_are_refused_at_once(
    nanokiln: Nanokiln, write: Callable[..., Path], tmp_path: Path, verb: str
) -> None:
    out = tmp_path / "run"
    if verb == "resume":
        begin(load_recipe(write()), RunDirectory(out))
    done = nanokiln(*(("run", write(), "--out", out) if verb == "run" else ("resume", out)), "--ranks", 500)
    assert done.returncode == 2
    assert "500 ranks were asked for, but there are" in done.stderr
    assert "--oversubscribe" in done.stderr
    assert out.exists() == (verb == "resume")
