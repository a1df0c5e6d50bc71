"""A hundred kills at random moments of every phase, of a rank, of any process and of all, and requests to stop.

Nothing is lost, nothing doubled.
"""

import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from nanokiln.hpc.launch import mpiexec, site_lmp
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
VICTIMS = ("all", "a rank", "any")
SRUN = ["srun", "--job-name=nanokiln-kills", "--mpi=pmi2", "--kill-on-bad-exit=1", "--ntasks=2"]
IN_SLURM = [pytest.mark.slurm, pytest.mark.skipif(shutil.which("srun") is None, reason="no Slurm here")]
ROUNDS = [  # of eight kills each
    *(("mpiexec", seed) for seed in range(8)),
    *(("lmp", seed) for seed in range(8, 11)),
    *(pytest.param("srun", seed, marks=IN_SLURM) for seed in range(11, 14)),
]


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
            if str(run.path).encode() in words(folder) or (folder / "cwd").readlink().is_relative_to(run.path):
                found.append(int(folder.name))
    return sorted(set(found) - {os.getpid()})


def words(folder: Path) -> list[bytes]:
    """The command line of a process."""
    return (folder / "cmdline").read_bytes().split(b"\0")


def is_rank(number: int) -> bool:
    """Whether a process is one of those that compute: no launcher, and no program that waits for ranks of its own."""
    with contextlib.suppress(OSError):
        said = words(Path("/proc", str(number)))
        launchers = {b"srun", b"mpiexec", b"hydra_pmi_proxy"}
        starter = b"nanokiln.workflows.cli.app" in said and "srun" not in environment(number)
        return Path(os.fsdecode(said[0])).name.encode() not in launchers and not starter
    return False


def is_srun(number: int) -> bool:
    """Whether a process is a launcher of Slurm, which works with a helper of the same name."""
    with contextlib.suppress(OSError):
        return Path(os.fsdecode(words(Path("/proc", str(number)))[0])).name == "srun"
    return False


def environment(number: int) -> str:
    """What a process was given as its environment, where that tells of a task of Slurm."""
    given = Path("/proc", str(number), "environ").read_bytes()
    return "srun" if b"PMI_RANK=" in given and b"SLURM_STEP_ID=" in given else ""


def command(launcher: str, recipe: Path, run: RunDirectory) -> list[str]:
    """The line a person would write to heat a run on two ranks."""
    verb = [sys.executable, "-m", "nanokiln.workflows.cli.app", "run", str(recipe), "--out", str(run.path)]
    if launcher == "lmp":
        return [*verb, "--lmp", f"{mpiexec()} -n 2 {site_lmp()}"]
    return [*(SRUN if launcher == "srun" else []), *verb, "--ranks", "2"]


def kill_in(phase: str, line: list[str], run: RunDirectory, rng: random.Random) -> str:
    """Start the run or go on with it, and kill some of its processes in a phase; which, or '' where that was over."""
    process = subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    order = PHASES.index(phase)
    while process.poll() is None and PHASES.index(phase_of(run)) < order:
        time.sleep(0.002)
    time.sleep(rng.uniform(0, 2.0 if phase in {"preparation", "analysis", "report"} else 0.3))
    hit = process.poll() is None
    helpers = {number for number in family(run) if is_srun(number)} - {process.pid}  # of Slurm, which hangs without
    there = [number for number in family(run) if number not in helpers]
    ranks = [number for number in there if is_rank(number)]
    whom = rng.choice(VICTIMS if ranks else ("all", "any"))
    for number in there if whom == "all" else [rng.choice(ranks if whom == "a rank" else there)] if there else []:
        with contextlib.suppress(ProcessLookupError):
            os.kill(number, signal.SIGKILL)
    process.wait(120)
    if line[0] == "srun":  # a killed srun leaves its allocation behind until its time is over
        subprocess.run(["scancel", "--name=nanokiln-kills"], check=False)
    while family(run):  # ranks that outlive their parent hold the directory
        for number in family(run):
            with contextlib.suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)
        time.sleep(0.05)
    return whom if hit else ""


@pytest.mark.parametrize(("launcher", "seed"), ROUNDS)
def test_kills_lose_nothing_and_double_nothing(
    recipe: Path, undisturbed: RunDirectory, tmp_path: Path, launcher: str, seed: int
) -> None:
    rng, run = random.Random(seed), RunDirectory(tmp_path / "run")
    line = command(launcher, recipe, run)
    hits = {phase: kill_in(phase, line, run, rng) for phase in PHASES}
    print(f"killed by {launcher}: {hits}")
    assert sum(map(bool, hits.values())) >= len(PHASES) - 2, "the kills must have fallen into the phases"
    pipeline.run(recipe, run.path, Resources(ranks=2))
    assert frames(run) == frames(undisturbed)
    assert row_steps(run) == row_steps(undisturbed)
    assert verify(run) == []
    assert run.report_path.exists()


@pytest.mark.parametrize("phase", PHASES)
def test_a_request_to_stop_is_answered_in_every_phase(recipe: Path, tmp_path: Path, phase: str) -> None:
    run = RunDirectory(tmp_path / "run")
    process = started_until(phase, recipe, run)
    seconds, said = ended(process)
    print(f"SIGTERM during {phase}: {seconds:.1f} s, {said.splitlines()[-1:]}")
    assert seconds < 30
    if process.returncode:  # a machine with more to do than cores may start ranks for longer than they are waited for
        assert "a rank did not answer the request to stop" in said
    else:
        assert "stopped" in said or f"report: {run.report_path}" in said  # it may just have been over
    alone(run)


def test_a_rank_that_does_not_answer_is_ended_after_its_time(recipe: Path, tmp_path: Path) -> None:
    run = RunDirectory(tmp_path / "run")
    process = started_until("hold", recipe, run)
    os.kill(next(number for number in family(run) if is_rank(number)), signal.SIGSTOP)
    seconds, said = ended(process)
    print(f"SIGTERM with a stopped rank: {seconds:.1f} s, {said.splitlines()[-1]}")
    assert process.returncode == 1
    assert "a rank did not answer the request to stop within 15 s, so all were ended" in said
    assert 15 < seconds < 30
    alone(run)


def alone(run: RunDirectory) -> None:
    """Wait until nothing works on a run: the launcher's proxy ends its ranks on its own time."""
    limit = time.monotonic() + 10
    while family(run) and time.monotonic() < limit:
        time.sleep(0.05)
    assert not family(run)


def started_until(phase: str, recipe: Path, run: RunDirectory) -> "subprocess.Popen[str]":
    """The command line at work on a run, once it listens and has come to a phase."""
    line = command("mpiexec", recipe, run)
    process = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    caught = 1 << (signal.SIGTERM - 1)
    while not int(Path(f"/proc/{process.pid}/status").read_text().split("SigCgt:")[1].split()[0], 16) & caught:
        time.sleep(0.01)
    while process.poll() is None and PHASES.index(phase_of(run)) < PHASES.index(phase):
        time.sleep(0.002)
    return process


def ended(process: "subprocess.Popen[str]") -> tuple[float, str]:
    """Ask a program to stop; the seconds it took, and what it said."""
    asked = time.monotonic()
    process.terminate()
    said = process.communicate(timeout=60)[0]
    return time.monotonic() - asked, said
