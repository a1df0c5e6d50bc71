"""A campaign end to end, on this machine's cores and on a real Slurm: one poisoned point stops no other."""

import importlib.util
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import polars
import pytest
import yaml

pytestmark = pytest.mark.skipif(importlib.util.find_spec("snakemake") is None, reason="needs the extra `campaign`")
Write = Callable[..., Path]
KINDS = [1201, 1202, 1203, 1204, 1205, 1206, 1207, 1208, 1209, 1210, 1211]
POISON = 305  # a guard that the bath's own fluctuations trip


def campaign(*words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-P", "-m", "nanokiln.workflows.cli.app", "campaign", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=1500)


def written(tmp_path: Path, hottest_K: list[int]) -> Path:
    path = tmp_path / "campaign.yaml"
    said: dict[str, object] = {"name": "guards", "recipe": "base.yaml", "replicas": 1, "walltime_min": 10}
    said["vary"] = {"guards.hottest_K": hottest_K}
    path.write_text(yaml.safe_dump(said))
    return path


def states(out: Path) -> dict[str, float]:
    """When each file of the finished runs was written, by path."""
    return {str(path): path.stat().st_mtime for path in out.glob("runs/*/*") if path.is_file()}


def check_twelve(tmp_path: Path, *how: object) -> None:
    file, out = written(tmp_path, [POISON, *KINDS]), tmp_path / "out"
    first = campaign(file, "--out", out, *how)
    assert first.returncode == 1, first.stderr
    assert "11 of 12 runs are reported" in first.stdout
    assert f"hottest_K-{POISON}_replica-1 failed: " in first.stderr
    assert "guard_hot met on step" in first.stderr
    assert len(list(out.glob("runs/*/report.html"))) == 11
    table = polars.read_csv(out / "campaign.csv")
    assert table["setting"].n_unique() == 11
    page = (out / "campaign.html").read_text()
    assert page.count("report.html") == 11
    before = states(out)
    second = campaign(file, "--out", out, *how)
    assert second.returncode == 1
    assert states(out) == before
    assert "11 of 12 runs are reported" in second.stdout


@pytest.mark.slow
def test_of_twelve_points_one_poisoned_eleven_are_reported_and_a_second_call_does_nothing(
    write: Write, tmp_path: Path
) -> None:
    write("base.yaml")
    check_twelve(tmp_path, "--cores", 2)


@pytest.mark.slurm
@pytest.mark.skipif(shutil.which("sbatch") is None, reason="no Slurm here")
def test_the_same_on_a_batch_system(write: Write, tmp_path: Path) -> None:
    write("base.yaml")
    (tmp_path / "site.yaml").write_text("scheduler: slurm\nreport_min: 5\n")
    check_twelve(tmp_path, "--site", tmp_path / "site.yaml")


def test_the_plan_says_what_is_to_do_and_runs_nothing(write: Write, tmp_path: Path) -> None:
    write("base.yaml")
    told = campaign(written(tmp_path, KINDS[:2]), "--out", tmp_path / "out", "--dry-run")
    assert told.returncode == 0, told.stderr
    assert told.stdout.count("to do") == 2 + 1
    assert "core hours to do, at the speed of one core" in told.stdout
    assert not (tmp_path / "out").exists()


def test_a_folder_of_something_else_is_refused(write: Write, tmp_path: Path) -> None:
    write("base.yaml")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "letter.txt").write_text("dear")
    told = campaign(written(tmp_path, KINDS[:2]), "--out", tmp_path / "out")
    assert told.returncode == 2
    assert "is not a campaign of nanokiln" in told.stderr
