"""The batch script, read as a person would, and a submission that cannot work."""

import subprocess
from pathlib import Path

import pytest

from nanokiln.hpc.job import Job
from nanokiln.hpc.slurm import SubmitError, script, submit

JOB = Job("demo", ("nanokiln", "run", "a recipe.yaml", "--out", "x"), ranks=4, walltime_min=90, modules=("gcc", "cuda"))


def test_the_script_is_the_one_a_person_would_write() -> None:
    assert script(JOB).splitlines() == [
        "#!/bin/bash",
        "#SBATCH --job-name=demo",
        "#SBATCH --ntasks=4",
        "#SBATCH --cpus-per-task=1",
        "#SBATCH --time=01:30:00",
        "#SBATCH --output=%x-%j.log",
        "#SBATCH --open-mode=append",
        "#SBATCH --signal=USR1@120",
        "",
        "module load gcc",
        "module load cuda",
        "export OMP_NUM_THREADS=1",
        "",
        "# Submitted again, this goes on from the last checkpoint.",
        "srun --mpi=pmi2 --kill-on-bad-exit=1 --ntasks=4 --cpus-per-task=1 nanokiln run 'a recipe.yaml' --out x",
    ]


def test_partition_and_account_appear_when_given() -> None:
    text = script(Job("demo", ("true",), partition="long", account="phys"))
    assert "#SBATCH --partition=long\n#SBATCH --account=phys\n" in text


def test_the_script_is_bash() -> None:
    assert subprocess.run(["bash", "-n"], input=script(JOB), text=True, check=False).returncode == 0


def test_without_slurm_the_error_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SubmitError, match="--dry-run"):
        submit(script(JOB), tmp_path)
