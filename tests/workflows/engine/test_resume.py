"""Interruptions of every kind, and that the run afterwards is the run that was asked for."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from nanokiln.hpc.launch import site_lmp
from nanokiln.hpc.ranks import RankGroup
from nanokiln.hpc.resources import Resources
from nanokiln.workflows.engine.heat import heat
from nanokiln.workflows.errors import InputError
from nanokiln.workflows.pipeline import begin
from nanokiln.workflows.recipe.recipe import load_recipe
from nanokiln.workflows.rundir.rundir import RunDirectory
from nanokiln.workflows.rundir.segments import read_frames
from nanokiln.workflows.rundir.standing import position
from nanokiln.workflows.rundir.status import Status
from nanokiln.workflows.rundir.thermo_rows import column

pytestmark = pytest.mark.mpi
START = {"kind": "equilibrate", "temperature_K": 300, "at_most_ps": 0.4, "window_ps": 0.4}
PROGRAMME = {
    "programme": [START, {"kind": "ramp", "to_K": 400, "rate_K_per_ps": 50}, {"kind": "hold", "duration_ps": 1.6}],
    "output": {"thermo_ps": 0.02, "frame_ps": 0.1, "checkpoint_ps": 0.4},
}
LONG = {"programme": [START, {"kind": "ramp", "to_K": 500, "rate_K_per_ps": 25}, {"kind": "hold", "duration_ps": 4}]}


@pytest.fixture
def prepared(write: Callable[..., Path], tmp_path: Path) -> Callable[..., RunDirectory]:
    """Return a function that prepares a run of the small particle, 4 ps long unless told otherwise."""

    def make(name: str = "run", **changes: object) -> RunDirectory:
        run = RunDirectory(tmp_path / name)
        begin(load_recipe(write(**{**PROGRAMME, **changes})), run)
        return run

    return make


def finish(run: RunDirectory, ranks: int = 1, **more: object) -> RunDirectory:
    assert heat(run, Resources(ranks=ranks, **more), RankGroup()) == "finished"  # type: ignore[arg-type]
    return run


def start(run: RunDirectory, ranks: int, *lmp: str) -> subprocess.Popen[str]:
    program = str(Path(__file__).with_name("heat_only.py"))
    command = [sys.executable, program, str(run.path), str(ranks), *lmp]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wait_for_step(run: RunDirectory, step: int, process: subprocess.Popen[str]) -> None:
    for _ in range(3000):
        now = Status.read(run.status_path)
        if (now is not None and now.step >= step) or process.poll() is not None:
            return
        time.sleep(0.01)
    raise TimeoutError(f"step {step} was never reached")


def ranks_of(run: RunDirectory) -> Iterator[int]:
    """The processes that heat this run, and no others."""
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                words = (folder / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if (
                b"nanokiln.workflows.engine.stage_loop" in words
                and str(run.path).encode() in words
                and b"-n" not in words
            ):
                yield int(folder.name)


def frame_steps(run: RunDirectory) -> list[int]:
    return [step for path in run.dumps() for step, _ in read_frames(path)]


def rows(run: RunDirectory) -> list[str]:
    return run.thermo_path.read_text().splitlines()[1:]


@pytest.mark.slow
def test_five_kills_change_nothing_but_the_noise(prepared: Callable[..., RunDirectory]) -> None:
    whole, broken = finish(prepared("whole", **LONG), 2), prepared("broken", **LONG)
    end = column(rows(whole), "step")[-1]
    rng = random.Random(5)
    targets = sorted(rng.randrange(100, int(end) - 200) for _ in range(5))
    resumed_at = []
    for target in targets:
        process = start(broken, 2)
        wait_for_step(broken, target, process)
        for rank in ranks_of(broken):
            os.kill(rank, signal.SIGKILL)
        assert process.wait(30) == 1
        resumed_at.append(broken.checkpoints.newest_good() or 0)
    finish(broken, 2)
    assert len(set(resumed_at)) > 2, "the kills must have fallen into different places"
    assert frame_steps(broken) == frame_steps(whole) == list(range(0, int(end) + 1, 50))
    assert (column(rows(broken), "step") == column(rows(whole), "step")).all()
    assert (column(rows(broken), "target_K") == column(rows(whole), "target_K")).all()
    for stage in whole.recipe.stages:
        assert whole.done(stage) == broken.done(stage)
        mine = [[row for row in rows(run) if f",{stage.name}," in row] for run in (whole, broken)]
        for name in ("temperature_K", "potential_eV"):
            a, b = (column(r, name) for r in mine)
            error = np.hypot(*(_error(x) for x in (a, b)))
            assert abs(a.mean() - b.mean()) < 4 * error, (stage.name, name)


def _error(values: np.ndarray) -> float:
    """Standard error of a mean from the scatter of ten block means."""
    blocks = [block.mean() for block in np.array_split(values, 10)]
    return float(np.std(blocks, ddof=1) / np.sqrt(10))


def test_a_kill_costs_what_was_not_checkpointed_and_no_more(prepared: Callable[..., RunDirectory]) -> None:
    run = prepared()
    process = start(run, 1)
    wait_for_step(run, 700, process)
    for rank in ranks_of(run):
        os.kill(rank, signal.SIGKILL)
    assert "killed from outside" in process.communicate(timeout=30)[1]
    assert process.returncode == 1
    now = Status.read(run.status_path)
    good = run.checkpoints.newest_good()
    assert now is not None and good is not None
    assert now.step - 200 <= good <= now.step + 50
    steps = frame_steps(finish(run))
    assert steps == list(range(0, steps[-1] + 1, 50))


@pytest.mark.parametrize(
    ("bath", "ranks"),
    [
        ("csvr", 1),
        pytest.param("langevin", 1, marks=pytest.mark.slow),
        pytest.param("nose-hoover", 2, marks=pytest.mark.slow),
        pytest.param("csvr", 2, marks=pytest.mark.slow),
        pytest.param("langevin", 2, marks=pytest.mark.slow),
    ],
)
def test_from_a_checkpoint_the_dynamics_is_the_same(
    prepared: Callable[..., RunDirectory], bath: str, ranks: int
) -> None:
    kind = {"kind": bath}
    whole, broken = finish(prepared("whole", bath=kind), ranks), prepared("broken", bath=kind)
    process = start(broken, ranks)
    wait_for_step(broken, 700, process)
    process.send_signal(signal.SIGTERM)
    assert process.communicate(timeout=30)[0] == "stopped\n"
    assert process.returncode == 0
    at = broken.checkpoints.newest_good()
    assert at is not None
    finish(broken, ranks)
    for name in ("temperature_K", "potential_eV", "kinetic_eV"):
        a, b = (column(rows(run), name) for run in (whole, broken))
        steps = column(rows(whole), "step")
        after = (steps > at) & (steps <= at + 100)
        assert after.sum() == 10
        np.testing.assert_allclose(b[after], a[after], rtol=1e-8)


@pytest.mark.parametrize(("first", "then"), [(2, 1), pytest.param(1, 2, marks=pytest.mark.slow)])
def test_resuming_on_another_number_of_ranks(prepared: Callable[..., RunDirectory], first: int, then: int) -> None:
    run = prepared()
    process = start(run, first)
    wait_for_step(run, 600, process)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    stopped = Status.read(run.status_path)
    assert stopped is not None and stopped.state == "stopped"
    finish(run, then)
    assert [session.ranks for session in run.record.sessions] == [first, then]
    steps = frame_steps(run)
    assert steps == list(range(0, steps[-1] + 1, 50))
    assert steps[-1] == column(rows(run), "step")[-1]


def test_the_ranks_themselves_hear_a_signal(prepared: Callable[..., RunDirectory]) -> None:
    run = prepared()
    process = start(run, 1)
    wait_for_step(run, 300, process)
    os.kill(next(ranks_of(run)), signal.SIGUSR1)
    assert process.communicate(timeout=30)[0] == "stopped\n"
    note = Status.read(run.status_path)
    assert note is not None and note.note == "SIGUSR1"


def test_a_truncated_checkpoint_costs_one_generation(prepared: Callable[..., RunDirectory]) -> None:
    run = prepared()
    process = start(run, 1)
    wait_for_step(run, 900, process)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)
    newest, older = run.checkpoints.steps()[:2]
    whole = run.checkpoints.path(newest).read_bytes()
    run.checkpoints.path(newest).write_bytes(whole[: len(whole) // 2])
    where = position(run)
    assert where is not None and where.begin == older
    steps = frame_steps(finish(run))
    assert steps == list(range(0, steps[-1] + 1, 50))


@pytest.mark.slow
def test_ranks_that_outlive_their_parent_keep_the_directory(prepared: Callable[..., RunDirectory]) -> None:
    run = prepared()
    process = start(run, 1)
    wait_for_step(run, 200, process)
    process.kill()
    process.wait()
    with pytest.raises(InputError, match="another nanokiln is running"), run.lock():
        pass
    for rank in ranks_of(run):
        os.kill(rank, signal.SIGKILL)


def test_the_walltime_stops_in_time_and_the_rest_follows(prepared: Callable[..., RunDirectory]) -> None:
    run = prepared(programme=[START, {"kind": "hold", "duration_ps": 400}])
    assert heat(run, Resources(walltime_min=2 / 60), RankGroup()) == "stopped"
    note = Status.read(run.status_path)
    assert note is not None and note.note == "walltime"
    assert heat(run, Resources(walltime_min=2 / 60), RankGroup()) == "stopped"
    later = Status.read(run.status_path)
    assert later is not None and later.step > note.step
    steps = frame_steps(run)
    assert steps == list(range(0, steps[-1] + 1, 50))


def test_a_site_lmp_does_the_same_steps(prepared: Callable[..., RunDirectory]) -> None:
    bindings, site = finish(prepared("bindings")), prepared("site")
    finish(site, lmp=(str(site_lmp()),))
    for name in ("potential_eV", "kinetic_eV", "temperature_K"):
        a, b = (column(rows(run)[:6], name) for run in (bindings, site))
        np.testing.assert_allclose(b, a, rtol=1e-10)
    steps = frame_steps(site)
    assert steps == list(range(0, steps[-1] + 1, 50))


@pytest.mark.slow
def test_a_site_lmp_stops_on_request_and_the_bindings_go_on(prepared: Callable[..., RunDirectory]) -> None:
    run = prepared()
    process = start(run, 1, str(site_lmp()))
    wait_for_step(run, 300, process)
    process.send_signal(signal.SIGTERM)
    assert process.communicate(timeout=30)[0] == "stopped\n"
    finish(run, 1)
    steps = frame_steps(run)
    assert steps == list(range(0, steps[-1] + 1, 50))
