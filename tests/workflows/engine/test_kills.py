"""A hundred kills at random moments of every phase, of one process and of all: nothing is lost, nothing doubled."""

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from nanokiln.hpc.resources import Resources
from nanokiln.workflows import pipeline
from nanokiln.workflows.rundir.provenance import verify
from nanokiln.workflows.rundir.rundir import RunDirectory
from nanokiln.workflows.rundir.segments import read_frames
from nanokiln.workflows.rundir.status import Status

pytestmark = [pytest.mark.mpi, pytest.mark.slow]
START = {"kind": "equilibrate", "temperature_K": 300, "at_most_ps": 1, "window_ps": 1}
PROGRAMME = [START, {"kind": "ramp", "to_K": 400, "rate_K_per_ps": 50}, {"kind": "hold", "duration_ps": 2}]
PHASES = ("preparation", "minimise", "equilibrate", "ramp", "hold", "conclusion", "analysis", "report")
ROUNDS = 13  # of eight kills each


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory, small_recipe: Callable[..., dict]) -> Path:
    """A run of 2500 steps on two ranks."""
    path = tmp_path_factory.mktemp("kills") / "small.yaml"
    path.write_text(yaml.safe_dump(small_recipe(programme=PROGRAMME)))
    return path


@pytest.fixture(scope="module")
def undisturbed(recipe: Path) -> RunDirectory:
    """The same run without a kill."""
    return pipeline.run(recipe, recipe.parent / "whole", Resources(ranks=2))[0]


def frames(run: RunDirectory) -> list[int]:
    return [step for path in run.dumps() for step, _ in read_frames(path)]


def row_steps(run: RunDirectory) -> list[str]:
    return [row.partition(",")[0] for row in run.thermo_path.read_text().splitlines()[1:]]


def phase_of(run: RunDirectory) -> str:
    """Where a run is, as its files tell."""
    if not run.is_prepared:
        return "preparation"
    if run.position_is_end:
        return "report" if run.results_path.exists() else "analysis"
    now = Status.read(run.status_path)
    if now is None:
        return "minimise"
    if now.step == now.last_step:
        return "conclusion"
    return now.stage.split("-")[1]


def family(run: RunDirectory) -> list[int]:
    """The processes that work on a run, its launcher first, and no others."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if str(run.path).encode() in (folder / "cmdline").read_bytes().split(b"\0"):
                found.append(int(folder.name))
    return sorted(set(found) - {os.getpid()})


def kill_in(phase: str, recipe: Path, run: RunDirectory, rng: random.Random) -> bool:
    """Start the run or go on with it, and kill one or all of its processes in a phase; False where that was over."""
    words = [sys.executable, "-m", "nanokiln.workflows.cli.app", "run", str(recipe), "--out", str(run.path)]
    process = subprocess.Popen([*words, "--ranks", "2"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    order = PHASES.index(phase)
    while process.poll() is None and PHASES.index(phase_of(run)) < order:
        time.sleep(0.002)
    time.sleep(rng.uniform(0, 2.0 if phase in {"preparation", "analysis", "report"} else 0.3))
    hit = process.poll() is None
    victims = family(run)
    for number in victims if rng.random() < 0.5 else [rng.choice(victims)] if victims else []:
        with contextlib.suppress(ProcessLookupError):
            os.kill(number, signal.SIGKILL)
    process.wait(60)
    while family(run):  # ranks that outlive their parent hold the directory
        for number in family(run):
            with contextlib.suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)
        time.sleep(0.05)
    return hit


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_kills_lose_nothing_and_double_nothing(
    recipe: Path, undisturbed: RunDirectory, tmp_path: Path, seed: int
) -> None:
    rng, run = random.Random(seed), RunDirectory(tmp_path / "run")
    hits = [kill_in(phase, recipe, run, rng) for phase in PHASES]
    assert sum(hits) >= len(PHASES) - 2, "the kills must have fallen into the phases"
    pipeline.run(recipe, run.path, Resources(ranks=2))
    assert frames(run) == frames(undisturbed)
    assert row_steps(run) == row_steps(undisturbed)
    assert verify(run) == []
    assert run.report_path.exists()
