"""Jobs on a real Slurm; `make test-slurm` on a machine that has one, with this environment's folder shared."""

import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from nanokiln.analysis.measured import Measured
from nanokiln.hpc.resources import Resources
from nanokiln.workflows.engine.batch import submit
from nanokiln.workflows.errors import InputError
from nanokiln.workflows.rundir.rundir import RunDirectory

pytestmark = [
    pytest.mark.slurm,
    pytest.mark.skipif(shutil.which("sbatch") is None, reason="no Slurm here"),
]
SITE = {"partition": "", "account": "", "modules": ()}


def state(job: str) -> str:
    shown = subprocess.run(["scontrol", "show", "job", job], capture_output=True, text=True, check=False).stdout
    return shown.partition("JobState=")[2].split()[0]


def wait(job: str, seconds: float = 400) -> str:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if (now := state(job)) not in {"PENDING", "RUNNING", "COMPLETING", "CONFIGURING"}:
            return now
        time.sleep(1)
    raise TimeoutError(f"job {job} is still {state(job)}")


def number(said: str) -> str:
    return said.split("job ")[1].split(";")[0]


def test_a_two_rank_job_ends_with_a_report(
    write: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    out = tmp_path / "run"
    programme = [
        {"kind": "equilibrate", "temperature_K": 300, "at_most_ps": 1, "window_ps": 0.5},
        {"kind": "ramp", "to_K": 600, "rate_K_per_ps": 100},
        {"kind": "hold", "duration_ps": 2},
    ]
    said = submit(str(write(programme=programme)), out, Resources(ranks=2, walltime_min=8), "slurm", SITE)
    assert wait(number(said)) == "COMPLETED", next(tmp_path.glob("*.log")).read_text()
    results = Measured.read(out / "results.json")
    assert results.one(quantity="ranks").value == 2
    assert (out / "report.html").stat().st_size > 10_000


def test_a_folder_whose_name_is_a_command_is_only_a_folder(
    write: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    out = tmp_path / "it's $(touch PWN); `touch PWN` #"
    said = submit(str(write()), out, Resources(ranks=1, walltime_min=8), "slurm", SITE)
    assert wait(number(said)) == "COMPLETED", next(tmp_path.glob("*.log")).read_text()
    assert (out / "report.html").exists()
    assert not list(tmp_path.rglob("PWN"))


@pytest.mark.parametrize("place", ["name", "partition", "account", "modules"])
@pytest.mark.parametrize("word", ["a\ntouch PWN", "a\n#SBATCH --wrap=x", "$(touch PWN)", "a;touch PWN", "`touch PWN`"])
def test_a_hostile_name_submits_nothing(
    small_recipe: Callable[..., dict], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str, word: str
) -> None:
    monkeypatch.chdir(tmp_path)
    recipe = tmp_path / "small.yaml"
    recipe.write_text(yaml.safe_dump(small_recipe(**({"name": word} if place == "name" else {}))))
    site = SITE | ({} if place == "name" else {place: (word,) if place == "modules" else word})
    before = known_jobs()
    with pytest.raises(InputError, match="expected"):
        submit(str(recipe), tmp_path / "run", Resources(ranks=1, walltime_min=8), "slurm", site)
    assert known_jobs() == before
    assert not list(tmp_path.rglob("PWN"))


def known_jobs() -> set[str]:
    """The jobs that the batch system still remembers, whatever became of them."""
    listed = ["squeue", "--noheader", "--states=all", "--format=%i"]
    return set(subprocess.run(listed, capture_output=True, text=True, check=True).stdout.split())


def test_a_job_that_is_warned_stops_with_a_checkpoint_and_goes_on_when_submitted_again(
    write: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run = RunDirectory(tmp_path / "run")
    programme = [
        {"kind": "equilibrate", "temperature_K": 300, "at_most_ps": 1, "window_ps": 0.5},
        {"kind": "hold", "duration_ps": 2000},
    ]
    recipe = str(write(programme=programme))
    job = number(submit(recipe, run.path, Resources(ranks=1, walltime_min=8), "slurm", SITE))
    until(lambda: run.checkpoints.newest_good() is not None)
    subprocess.run(["scancel", "--signal=USR1", job], check=True)
    assert wait(job) == "COMPLETED"
    assert "stopped at step" in next(tmp_path.glob("*.log")).read_text()
    first = run.checkpoints.newest_good()
    assert first is not None
    again = number(submit(recipe, run.path, Resources(ranks=1, walltime_min=8), "slurm", SITE))
    until(lambda: (run.checkpoints.newest_good() or 0) > first)
    subprocess.run(["scancel", "--signal=TERM", again], check=True)
    assert wait(again) in {"COMPLETED", "CANCELLED"}
    assert run.record.sessions[1].ranks == 1


def until(true: Callable[[], bool], seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.5)


def test_ranks_that_do_not_see_each_other_are_refused(write: Callable[..., Path], tmp_path: Path) -> None:
    command = [sys.executable, "-m", "nanokiln.workflows.cli.app", "run", str(write()), "--out", str(tmp_path / "run")]
    srun = ["srun", "--mpi=none", "--ntasks=2"]
    done = subprocess.run([*srun, *command, "--ranks", "2"], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 2
    said = "the MPI world has 1 (the launcher started 2 processes): they do not see each other: use `srun --mpi=pmi2`"
    assert said in done.stderr
    assert not (tmp_path / "run").exists()


def test_the_only_task_of_an_allocation_starts_its_ranks_itself(write: Callable[..., Path], tmp_path: Path) -> None:
    command = [sys.executable, "-m", "nanokiln.workflows.cli.app", "run", str(write()), "--out", str(tmp_path / "run")]
    srun = ["srun", "--mpi=pmi2", "--ntasks=1", "--cpus-per-task=2"]
    done = subprocess.run([*srun, *command, "--ranks", "2"], capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    assert Measured.read(tmp_path / "run" / "results.json").one(quantity="ranks").value == 2
