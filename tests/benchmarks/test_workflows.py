"""The loop over stages beside bare LAMMPS, and what a second rank brings; `make benchmark` prints the ratios."""

import os
import resource
import statistics
import subprocess
import time
from collections.abc import Callable
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
        ours, plain = (prepared(tmp_path / f"{name}{pair}", 40) for name in ("ours", "bare"))
        mine = timed(lambda run=ours: heat(run, Resources(), RankGroup()))  # type: ignore[misc]
        theirs = timed(lambda run=plain: bare(run))  # type: ignore[misc]
        ratios.append([a / b for a, b in zip(mine, theirs, strict=True)])
        with capsys.disabled():
            print(
                f"\nnanokiln {mine[0]:.1f} s wall {mine[1]:.1f} s cpu, lmp {theirs[0]:.1f} s wall {theirs[1]:.1f} s cpu"
            )
    wall, cpu = (statistics.median(r) for r in zip(*ratios, strict=True))
    with capsys.disabled():
        print(f"nanokiln / lmp, median of {PAIRS}: wall {wall:.3f}, cpu {cpu:.3f}")
    assert min(wall, cpu) > 0.5


def test_two_ranks_against_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ratios, atoms = [], 0
    for pair in range(PAIRS):
        speed = {}
        for ranks in (1, 2):
            run = prepared(tmp_path / f"{ranks}-{pair}", 4)
            heat(run, Resources(ranks=ranks), RankGroup())
            now = Status.read(run.status_path)
            assert now is not None
            speed[ranks], atoms = now.steps_per_s, now.atoms
        ratios.append(speed[2] / speed[1])
    with capsys.disabled():
        print(f"\n2 ranks / 1 on {atoms} atoms, median of {PAIRS}: {statistics.median(ratios):.2f} ({ratios})")
    assert atoms >= 5000
