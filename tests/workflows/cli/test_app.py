"""The command line: every bad input is one clear error with exit code 2, before anything is computed."""

import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import pytest

from nanokiln.hpc.launch import mpi_command
from nanokiln.hpc.ranks import RankGroup
from nanokiln.hpc.resources import Resources
from nanokiln.workflows import list_recipes
from nanokiln.workflows.engine.heat import heat
from nanokiln.workflows.pipeline import begin
from nanokiln.workflows.recipe.recipe import load_recipe
from nanokiln.workflows.rundir.provenance import record_files, verify
from nanokiln.workflows.rundir.rundir import RunDirectory

Ended = subprocess.CompletedProcess[str]
Nanokiln = Callable[..., Ended]
PROGRAM = [sys.executable, "-m", "nanokiln.workflows.cli.app"]


def refused(done: Ended, expected: str) -> None:
    assert done.returncode == 2, done.stderr
    assert expected in done.stderr.replace("\n", " ")
    assert "Traceback" not in done.stderr
    assert done.stderr.count("nanokiln: ") <= 1


@pytest.mark.parametrize(
    ("changes", "ranks", "expected"),
    [
        ({"potentail": "cdse-sw"}, 1, "did you mean 'potential'"),
        ({"potential": "cdse-sv"}, 1, "no potential 'cdse-sv'; there are:"),
        ({"potential": "cu-eam"}, 1, "covers Cu but the model also has Cd, Se"),
        ({"programme": [{"kind": "equilibrate", "temperature_K": -300}]}, 1, "greater than 0 (given: -300)"),
        ({"model": {"kind": "plate", "acros_nm": 3}}, 1, "unknown key 'acros_nm'; did you mean 'across_nm'"),
        ({"guards": {"shortest_A": 3.0}}, 1, "set guards.shortest_A if you know better"),
        ({}, 0, "--ranks must be at least 1 (given: 0)"),
    ],
)
def test_bad_recipes_and_ranks(
    nanokiln: Nanokiln, write: Callable[..., Path], tmp_path: Path, changes: dict, ranks: int, expected: str
) -> None:
    refused(nanokiln("run", write(**changes), "--out", tmp_path / "run", "--ranks", ranks), expected)
    assert not (tmp_path / "run").exists()


def test_an_unknown_recipe(nanokiln: Nanokiln, tmp_path: Path) -> None:
    refused(nanokiln("run", "cdse-cu3p", "--out", tmp_path / "run"), "did you mean 'cdse-cu3p-cdse'")


def test_unknown_options_and_verbs_are_refused_too(nanokiln: Nanokiln) -> None:
    assert nanokiln("rnu").returncode == 2
    assert nanokiln("run", "x", "--rank", "2").returncode == 2


def test_a_directory_with_other_things_in_it(nanokiln: Nanokiln, write: Callable[..., Path], tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    refused(nanokiln("run", write("r.yaml"), "--out", tmp_path), "exists and is not a run of nanokiln")


def test_a_directory_that_holds_another_run(nanokiln: Nanokiln, write: Callable[..., Path], tmp_path: Path) -> None:
    begin(load_recipe(write()), RunDirectory(tmp_path / "run"))
    other = write("other.yaml", timestep_fs=1)
    refused(nanokiln("run", other, "--out", tmp_path / "run"), "holds another run: its recipe differs in timestep_fs")


@pytest.mark.mpi
def test_more_ranks_than_the_launcher_started(write: Callable[..., Path], tmp_path: Path) -> None:
    launcher = tuple(mpi_command(2, []))
    words = ["run", str(write()), "--out", str(tmp_path / "run"), "--ranks", "4"]
    done = subprocess.run([*launcher, *PROGRAM, *words], capture_output=True, text=True, check=False, timeout=60)
    refused(done, "4 ranks were asked for, but the MPI world has 2")


@pytest.mark.parametrize("verb", ["resume", "analyse", "report", "status", "verify"])
def test_verbs_on_what_is_not_a_run(nanokiln: Nanokiln, verb: str, tmp_path: Path) -> None:
    refused(nanokiln(verb, tmp_path), "is not a run directory")


def test_recipes_for_scripts(nanokiln: Nanokiln) -> None:
    assert nanokiln("recipes", "--plain").stdout.split() == list(list_recipes())


def test_help_loads_nothing_heavy() -> None:
    heavy = (
        "import sys, nanokiln.workflows.cli.app;"
        "print(sorted({'numpy', 'ase', 'lammps', 'pydantic'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", heavy], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_versions(nanokiln: Nanokiln) -> None:
    done = nanokiln("--version")
    assert done.returncode == 0
    assert done.stdout.startswith(f"nanokiln {version('nanokiln')}, lammps {version('lammps')}")


def test_a_folder_without_a_fit_is_refused(nanokiln: Nanokiln, tmp_path: Path) -> None:
    refused(nanokiln("potentials", "publish", "cd-cu-p-se-pod", "--work", tmp_path), "holds no student-*.npz")


def test_the_batch_script_is_shown(nanokiln: Nanokiln, write: Callable[..., Path], tmp_path: Path) -> None:
    recipe = write()
    done = nanokiln("submit", recipe, "--out", tmp_path / "run", "--ranks", 4, "--walltime-min", 90, "--dry-run")
    assert done.returncode == 0, done.stderr
    assert "#SBATCH --ntasks=4\n" in done.stdout
    assert "#SBATCH --time=01:30:00\n" in done.stdout
    assert f"nanokiln run {recipe} --out {tmp_path / 'run'} --ranks 4" in done.stdout
    assert not (tmp_path / "run").exists()


def test_a_bad_submission_is_refused_before_it_waits_in_a_queue(
    nanokiln: Nanokiln, write: Callable[..., Path], tmp_path: Path
) -> None:
    out = ("--out", tmp_path / "run", "--dry-run")
    refused(nanokiln("submit", write(potential="cu-eam"), *out), "covers Cu but the model also has")
    refused(
        nanokiln("submit", write(), *out, "--scheduler", "slrum"),
        "should be 'slurm', 'pbs', 'lsf', 'sge' or 'flux' (given: 'slrum')",
    )
    refused(nanokiln("submit", write(), *out, "--walltime-min", 1), "at least 4")


@pytest.mark.mpi
def test_verify_sees_every_change(nanokiln: Nanokiln, write: Callable[..., Path], tmp_path: Path) -> None:
    run = RunDirectory(tmp_path / "run")
    begin(load_recipe(write()), run)
    assert any("not finished" in fault for fault in verify(run))
    heat(run, Resources(), RankGroup())
    record_files(run)
    assert verify(run) == []
    assert run.record.files["model.data"].parents == ("model.extxyz",)
    deck = run.stage_path(run.recipe.stages[1]) / "deck.in"
    deck.write_text(deck.read_text() + "# a remark\n")
    run.dumps()[0].unlink()
    faults = "\n".join(verify(run))
    assert "deck.in is not the file that was recorded" in faults
    assert "segment-0.dump.gz is missing" in faults
    done = nanokiln("status", run.path)
    assert "all stages are done" in done.stdout
