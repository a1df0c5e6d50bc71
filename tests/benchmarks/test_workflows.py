"""The loop over stages beside bare LAMMPS, and what a second rank brings; `make benchmark` prints the ratios."""

import os
import re
import resource
import statistics
import subprocess
import time
from collections.abc import Callable
from math import inf
from pathlib import Path
from typing import Any

import pytest

from nanokiln.hpc.launch import clean_environment, site_lmp
from nanokiln.hpc.ranks import RankGroup
from nanokiln.hpc.resources import Resources
from nanokiln.workflows.engine.heat import heat
from nanokiln.workflows.engine.logbook import Logbook
from nanokiln.workflows.pipeline import begin
from nanokiln.workflows.recipe.recipe import parse_recipe
from nanokiln.workflows.rundir.rundir import RunDirectory
from nanokiln.workflows.rundir.standing import Position
from nanokiln.workflows.rundir.status import Status

pytestmark = pytest.mark.benchmark
PAIRS = int(os.environ.get("NANOKILN_PAIRS", "3"))
DURATION_PS = float(os.environ.get("NANOKILN_PS", "40"))
PLATE = {
    "kind": "plate",
    "name": "cdse",
    "relation": "S1",
    "across_nm": 6,
    "layers": [{"phase": "CdSe-wz", "periods": 9}],
}


def recipe_data(duration_ps: float) -> dict[str, Any]:
    """One stage that never becomes steady, so that it has the same length both ways."""
    stage = {"kind": "equilibrate", "temperature_K": 300, "at_most_ps": duration_ps, "window_ps": 10 * duration_ps}
    return {
        "name": "cost",
        "model": PLATE,
        "potential": "cdse-sw",
        "programme": [stage],
        "output": {"frame_ps": 0.2, "checkpoint_ps": 4},
    }


def prepared(out: Path, duration_ps: float) -> RunDirectory:
    run = RunDirectory(out)
    begin(parse_recipe(recipe_data(duration_ps)), run)
    return run


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Wall and processor seconds (of all child processes) of some work."""
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    work()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.perf_counter() - begun, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def bare(run: RunDirectory) -> None:
    """The deck that nanokiln wrote, by lmp alone."""
    stage = run.recipe.stages[0]
    Logbook(run, run.recipe, 1).write_deck(stage, Position(0, 0, 0), None)
    command = [str(site_lmp()), "-in", "deck.in", "-log", "log.lammps", "-screen", "none"]
    subprocess.run(command, cwd=run.stage_path(stage), env=clean_environment(), check=True)


def test_overhead_over_bare_lmp(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ratios = []
    for pair in range(PAIRS):
        ours, plain = (prepared(tmp_path / f"{name}{pair}", DURATION_PS) for name in ("ours", "bare"))
        works = [lambda run=ours: heat(run, Resources(), RankGroup()), lambda run=plain: bare(run)]
        first = pair % 2  # in turn, so that a machine that slows down favours neither
        spent = {which: timed(works[which]) for which in (first, 1 - first)}  # type: ignore[arg-type]
        mine, theirs = spent[0], spent[1]
        ratios.append([a / b for a, b in zip(mine, theirs, strict=True)])
        with capsys.disabled():
            print(
                f"\nnanokiln {mine[0]:.1f} s wall {mine[1]:.1f} s cpu, lmp {theirs[0]:.1f} s wall {theirs[1]:.1f} s cpu"
            )
    wall, cpu = (statistics.median(r) for r in zip(*ratios, strict=True))
    with capsys.disabled():
        print(f"nanokiln / lmp, median of {PAIRS}: wall {wall:.3f}, cpu {cpu:.3f}")
    assert min(wall, cpu) > 0.5


def step_times_s(run: RunDirectory) -> list[float]:
    """Seconds per step of every whole frame of a run's dynamics, as LAMMPS says them."""
    log = next(run.path.glob("stages/*/log.lammps")).read_text()
    loops = re.findall(r"^Loop time of (\S+) on \d+ procs for (\d+) steps", log, re.MULTILINE)
    most = max(int(steps) for _, steps in loops)
    return [float(seconds) / int(steps) for seconds, steps in loops if int(steps) == most]


def test_two_ranks_against_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ratios, atoms, fastest_s = [], 0, {1: inf, 2: inf}
    for pair in range(PAIRS):
        speed = {}
        for ranks in (1, 2):
            run = prepared(tmp_path / f"{ranks}-{pair}", 4)
            heat(run, Resources(ranks=ranks), RankGroup())
            now = Status.read(run.status_path)
            assert now is not None
            speed[ranks], atoms = now.steps_per_s, now.atoms
            fastest_s[ranks] = min(fastest_s[ranks], *step_times_s(run))
        ratios.append(speed[2] / speed[1])
    with capsys.disabled():
        print(f"\n2 ranks / 1 on {atoms} atoms, median of {PAIRS}: {statistics.median(ratios):.2f} ({ratios})")
        # Ranks that wait give way to whatever else runs; the fastest frames of each were not disturbed.
        print(f"  of the fastest frames: {fastest_s[1] / fastest_s[2]:.2f}")
    assert atoms >= 5000
