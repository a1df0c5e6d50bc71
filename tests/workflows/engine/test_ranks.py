"""What several MPI ranks must agree on, and how they end when one of them fails."""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from nanokiln.hpc.launch import LaunchError, check_world, mpi_command
from nanokiln.hpc.ranks import RankGroup
from nanokiln.hpc.resources import Resources
from nanokiln.workflows.engine.heat import heat, supervise
from nanokiln.workflows.errors import RunError
from nanokiln.workflows.pipeline import begin
from nanokiln.workflows.recipe.recipe import load_recipe
from nanokiln.workflows.rundir.prepared import reference_eV_per_atom
from nanokiln.workflows.rundir.rundir import RunDirectory
from nanokiln.workflows.rundir.segments import read_frames
from nanokiln.workflows.rundir.thermo_rows import column


def heated(recipe: Path, out: Path, ranks: int) -> RunDirectory:
    run = RunDirectory(out)
    begin(load_recipe(recipe), run)
    assert heat(run, Resources(ranks=ranks), RankGroup()) == "finished"
    return run


def rows(run: RunDirectory) -> list[str]:
    return run.thermo_path.read_text().splitlines()[1:]


def built_eV_per_atom(run: RunDirectory) -> float:
    text = (run.stage_path(run.recipe.stages[0]) / "start.csv").read_text()
    return float(dict(line.split(",") for line in text.splitlines())["built"])


@pytest.mark.mpi
def test_one_and_two_ranks_begin_alike_and_end_alike(write: Callable[..., Path], tmp_path: Path) -> None:
    one, two = (heated(write(), tmp_path / str(n), n) for n in (1, 2))
    assert built_eV_per_atom(one) == pytest.approx(built_eV_per_atom(two), abs=1e-6)
    assert built_eV_per_atom(one) == pytest.approx(one.record.energy_as_built_eV_per_atom, abs=1e-6)
    assert reference_eV_per_atom(one) == pytest.approx(reference_eV_per_atom(two), abs=1e-3)
    last = [column(rows(run), "temperature_K")[-15:] for run in (one, two)]
    error = np.hypot(*(t.std(ddof=1) / np.sqrt(len(t) / 4) for t in last))  # rows are correlated over about four
    assert abs(last[0].mean() - last[1].mean()) < 4 * error
    assert [run.record.ranks for run in (one, two)] == [1, 2]
    assert json.loads(two.status_path.read_text())["ranks"] == 2


@pytest.mark.mpi
@pytest.mark.parametrize("ranks", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_the_same_recipe_on_the_same_ranks_is_the_same_trajectory(
    write: Callable[..., Path], tmp_path: Path, ranks: int
) -> None:
    bath = {"kind": "langevin", "damping_ps": 0.5}
    first, second = (heated(write(bath=bath), tmp_path / name, ranks) for name in ("a", "b"))
    assert rows(first) == rows(second)
    frames = [[text for path in run.dumps() for _, text in read_frames(path)] for run in (first, second)]
    assert frames[0] == frames[1]


@pytest.mark.mpi
def test_a_fault_on_one_rank_ends_all_with_one_message(write: Callable[..., Path], tmp_path: Path) -> None:
    run = RunDirectory(tmp_path / "run")
    begin(load_recipe(write()), run)
    program = [
        sys.executable,
        str(Path(__file__).with_name("failing_rank.py")),
        "1",
        "100",
        str(run.path),
        "2",
        "1",
        "0",
    ]
    begun = time.monotonic()
    with pytest.raises(RunError, match=r"^rank 1: ZeroDivisionError: planted at step 100$"):
        supervise(run, mpi_command(2, program))
    assert time.monotonic() - begun < 30
    assert (run.path / "ranks.log").read_text().count("nanokiln: rank 1") == 1


@pytest.mark.parametrize(
    ("variable", "started", "size", "asked", "expected"),
    [
        ("PMI_SIZE", "2", 2, 4, "ask for --ranks 2"),
        ("SLURM_STEP_NUM_TASKS", "2", 1, 2, "they do not see each other: use `srun --mpi=pmi2`"),
        ("OMPI_COMM_WORLD_SIZE", "2", 1, 1, "they do not see each other"),
        ("", "", 1, 2, "2 ranks were asked for, but the MPI world has 1"),
    ],
)
def test_the_world_must_be_what_was_asked_for(
    monkeypatch: pytest.MonkeyPatch, variable: str, started: str, size: int, asked: int, expected: str
) -> None:
    if variable:
        monkeypatch.setenv(variable, started)
    with pytest.raises(LaunchError, match=expected):
        check_world(size, asked)


def test_a_world_as_asked_for_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    check_world(1, 1)
    monkeypatch.setenv("PMI_SIZE", "3")
    check_world(3, 3)
