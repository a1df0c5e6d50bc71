"""Batch scripts, read as a person would, and a batch system that is not there."""

import subprocess
from pathlib import Path

import pytest

from nanokiln.hpc.job import Job
from nanokiln.hpc.scheduler import SchedulerError, cancel, reason, script, state, submit
from nanokiln.hpc.site import SCHEDULERS, Site

COMMAND = ("nanokiln", "run", "a recipe.yaml", "--out", "x")
JOB = Job("demo", COMMAND, ranks=96, threads=2, walltime_min=90, then=("nanokiln", "proceed", "a b"))
SITE = Site(partition="long", account="phys", modules=("gcc/12",), activate="/a b/activate", cores_per_node=48)


def on(scheduler: str, **said: object) -> Site:
    return Site.model_validate(SITE.model_dump() | {"scheduler": scheduler} | said)


def directives(text: str) -> list[str]:
    return [line for line in text.splitlines()[1:] if line.startswith("#") and "checkpoint" not in line]


def test_the_whole_script_is_the_one_a_person_would_write() -> None:
    assert script(JOB, SITE).splitlines() == [
        "#!/bin/bash",
        "#SBATCH --job-name=demo",
        "#SBATCH --nodes=4",
        "#SBATCH --ntasks=96",
        "#SBATCH --cpus-per-task=2",
        "#SBATCH --time=01:30:00",
        "#SBATCH --partition=long",
        "#SBATCH --account=phys",
        "#SBATCH --output=%x-%j.log",
        "#SBATCH --open-mode=append",
        "#SBATCH --signal=USR1@120",
        "#SBATCH --requeue",
        "",
        "module load gcc/12",
        ". '/a b/activate'",
        "export OMP_NUM_THREADS=2",
        "",
        "# Submitted again, this goes on from the last checkpoint.",
        "srun --mpi=pmi2 --kill-on-bad-exit=1 --ntasks=96 --cpus-per-task=2 nanokiln run 'a recipe.yaml' --out x",
        "code=$?",
        "nanokiln proceed 'a b' \"$code\"",
        'exit "$code"',
    ]


@pytest.mark.parametrize(
    ("scheduler", "expected"),
    [
        (
            "pbs",
            "-N demo|-l select=4:ncpus=48:mpiprocs=24:ompthreads=2|-l walltime=01:30:00|-q long|-A phys|-j oe|-r y",
        ),
        (
            "lsf",
            '-J demo|-n 96|-R "affinity[core(2)]"|-R "span[ptile=24]"|-W 01:30|-q long|-P phys|-o demo-%J.log|-wa USR1|'
            "-wt 2|-r",
        ),
        (
            "sge",
            "-S /bin/bash|-N demo|-pe mpi 192|-l h_rt=01:30:00|-q long|-P phys|-cwd|-j y|-o $JOB_NAME-$JOB_ID.log|-r y",
        ),
        (
            "flux",
            "--job-name=demo|--nodes=4|--nslots=96|--cores-per-slot=2|--time-limit=90m|--queue=long|--bank=phys|"
            "--output=demo-{{id}}.log|--signal=SIGUSR1@120s",
        ),
    ],
)
def test_each_batch_system_is_told_the_same_in_its_own_words(scheduler: str, expected: str) -> None:
    prefix = {"pbs": "#PBS ", "lsf": "#BSUB ", "sge": "#$ ", "flux": "# flux: "}[scheduler]
    assert directives(script(JOB, on(scheduler))) == [prefix + words for words in expected.split("|")]


def test_without_a_number_of_cores_nothing_is_said_of_nodes() -> None:
    text = script(JOB, Site())
    assert "nodes" not in text
    assert "select=96:ncpus=2:mpiprocs=1:ompthreads=2\n" in script(JOB, Site(scheduler="pbs"))


def test_ranks_that_do_not_fill_the_last_node_have_a_chunk_of_their_own() -> None:
    job = Job("demo", COMMAND, ranks=50)
    wanted = "select=1:ncpus=48:mpiprocs=48:ompthreads=1+1:ncpus=2:mpiprocs=2:ompthreads=1\n"
    assert wanted in script(job, on("pbs"))


@pytest.mark.parametrize("scheduler", SCHEDULERS)
def test_every_script_is_bash_and_says_a_further_option_as_it_stands(scheduler: str) -> None:
    text = script(JOB, on(scheduler, options=("#SBATCH --qos=high",)))
    assert subprocess.run(["bash", "-n"], input=text, text=True, check=False).returncode == 0
    assert "\n#SBATCH --qos=high\n" in text


def test_a_container_and_a_launcher_of_the_site_stand_before_the_command() -> None:
    text = script(JOB, on("slurm", container="/images/nano kiln.sif", launcher="mpirun -np {ranks} --cpus {threads}"))
    assert "mpirun -np 96 --cpus 2 apptainer exec '/images/nano kiln.sif' nanokiln run" in text
    assert "\napptainer exec '/images/nano kiln.sif' nanokiln proceed" in text


def test_a_site_that_has_its_own_lammps_starts_one_process_which_starts_it() -> None:
    assert "\nnanokiln run 'a recipe.yaml'" in script(JOB, on("slurm", lmp="srun lmp -k on g 1 -sf kk"))


def test_a_name_that_begins_with_a_digit_is_one_that_grid_engine_takes() -> None:
    assert "#$ -N job-300K\n" in script(Job("300K", COMMAND), on("sge"))


@pytest.mark.parametrize(
    "said",
    [
        {"partition": "a\nb"},
        {"modules": ("gcc; rm x",)},
        {"account": "--uid=0"},
        {"activate": "x\ny"},
        {"options": ("#SBATCH -n 1\ntouch PWN",)},
        {"launcher": "srun {nodes}"},
        {"cores_per_node": 0},
        {"longest_min": float("nan")},
    ],
)
def test_what_a_script_could_read_as_something_else_is_refused(said: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"expected|greater|finite"):
        Site.model_validate(said)


@pytest.mark.parametrize("scheduler", ["slurm", "pbs", "lsf", "sge"])
def test_without_its_commands_the_error_says_what_to_do(
    scheduler: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "job.sh").write_text("#!/bin/bash\n")
    with pytest.raises(SchedulerError, match=r"--dry-run"):
        submit(tmp_path / "job.sh", on(scheduler).scheduler)
    with pytest.raises(SchedulerError, match=f"which {scheduler} needs"):
        state(1, on(scheduler).scheduler)
    with pytest.raises(SchedulerError, match=f"which {scheduler} needs"):
        cancel(1, on(scheduler).scheduler)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("None", ""),
        ("Resources", "Resources"),
        ("PartitionTimeLimit", "PartitionTimeLimit: it asks for more than the queue gives and will not start"),
    ],
)
def test_why_a_job_waits_is_told_and_what_waits_for_ever_in_a_sentence(
    said: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    squeue = tmp_path / "squeue"
    squeue.write_text(f"#!/bin/sh\necho {said}\n")
    squeue.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert reason(1, "slurm").startswith(told) and bool(reason(1, "slurm")) == bool(told)
    assert reason(1, "sge") == ""
