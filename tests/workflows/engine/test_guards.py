"""Every guard, triggered on real LAMMPS."""

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from nanokiln.hpc.launch import site_lmp
from nanokiln.hpc.ranks import RankGroup
from nanokiln.hpc.resources import Resources
from nanokiln.workflows.engine.heat import heat
from nanokiln.workflows.errors import GuardError, InputError
from nanokiln.workflows.pipeline import begin
from nanokiln.workflows.recipe.recipe import load_recipe
from nanokiln.workflows.rundir.failure import classify, read_failure
from nanokiln.workflows.rundir.rundir import RunDirectory
from nanokiln.workflows.rundir.segments import read_frames
from nanokiln.workflows.rundir.standing import position

pytestmark = pytest.mark.mpi
HOT = [
    {"kind": "equilibrate", "temperature_K": 300, "at_most_ps": 0.2, "window_ps": 0.2},
    {"kind": "jump", "to_K": 30000, "hold_ps": 20, "bath": {"kind": "langevin", "damping_ps": 0.02}},
]
OPEN = {"hottest_K": 1e6, "energy_rise_eV_per_atom": 1e4, "shortest_A": 0.0}


def prepared(recipe: Path, out: Path) -> RunDirectory:
    run = RunDirectory(out)
    begin(load_recipe(recipe), run)
    return run


@pytest.mark.parametrize(
    ("guard", "changes", "blames"),
    [
        ("guard_hot", {"guards": {"hottest_K": 320}}, "fastest atoms (Cd|Se) \\d+"),
        pytest.param("guard_energy", {"guards": {"energy_rise_eV_per_atom": 0.004}}, "closest", marks=pytest.mark.slow),
        ("guard_close", {"guards": {"shortest_A": 2.45}}, "closest atoms (Cd|Se) \\d+, (Cd|Se) \\d+ at 2.4"),
        ("lost", {"guards": OPEN, "programme": HOT, "vacuum": None}, "frame of step"),
    ],
)
def test_a_guard_stops_the_run_and_tells_where(
    write: Callable[..., Path], tmp_path: Path, guard: str, changes: dict, blames: str
) -> None:
    run = prepared(write(**changes), tmp_path / "run")
    with pytest.raises(GuardError) as error:
        heat(run, Resources(), RankGroup())
    failure = read_failure(run.failure_path)
    assert failure is not None and failure.kind == guard
    text = str(error.value)
    assert re.search(blames, text), text
    assert failure.remedy and failure.remedy in text
    if failure.picture:
        assert Path(failure.picture).stat().st_size > 5000


def test_an_energy_that_is_not_a_number_stops_the_run(write: Callable[..., Path], tmp_path: Path) -> None:
    run = prepared(write(guards=OPEN), tmp_path / "run")
    lines = run.data_path.read_text().splitlines()
    at = lines.index("Atoms # atomic") + 2
    lines[at + 1] = " ".join([*lines[at + 1].split()[:2], *lines[at].split()[2:]])  # atom 2 on top of atom 1
    run.data_path.write_text("\n".join(lines) + "\n")
    with pytest.raises(GuardError, match="on top of each other"):
        heat(run, Resources(), RankGroup())
    failure = read_failure(run.failure_path)
    assert failure is not None and failure.kind == "guard_undefined"


def test_a_guard_speaks_through_a_site_lmp_too(write: Callable[..., Path], tmp_path: Path) -> None:
    run = prepared(write(guards={"hottest_K": 320}), tmp_path / "run")
    with pytest.raises(GuardError, match="fix-id guard_hot met"):
        heat(run, Resources(lmp=(str(site_lmp()),)), RankGroup())


@pytest.mark.slow
def test_the_last_good_state_survives_a_guard(write: Callable[..., Path], tmp_path: Path) -> None:
    programme = [HOT[0], {"kind": "hold", "duration_ps": 0.4}, HOT[1]]
    run = prepared(write(programme=programme, guards={"hottest_K": 2000}), tmp_path / "run")
    with pytest.raises(GuardError, match="the last good state is step 300"):
        heat(run, Resources(), RankGroup())
    assert run.checkpoints.is_good(300)
    where = position(run)
    assert where is not None and (where.index, where.begin) == (2, 300)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A tmpfs of 3 MB; only root can make one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = shutil.which("mount")
    made = (
        mount and subprocess.run([mount, "-t", "tmpfs", "-o", "size=3m", "tmpfs", folder], check=False).returncode == 0
    )
    if not made:
        pytest.skip("a small tmpfs needs root")
    yield folder
    subprocess.run(["umount", folder], check=False)


def fill(folder: Path, leave: int) -> Path:
    ballast = folder / "ballast"
    free = os.statvfs(folder).f_bavail * os.statvfs(folder).f_frsize
    ballast.write_bytes(b"\0" * (free - leave))
    return ballast


def finished_whole(run: RunDirectory) -> bool:
    heat(run, Resources(), RankGroup())
    steps = [step for path in run.dumps() for step, _ in read_frames(path)]
    return steps == list(range(0, steps[-1] + 1, 50))


def test_the_preflight_wants_room(write: Callable[..., Path], small_disk: Path) -> None:
    with pytest.raises(InputError, match=r"needs about .* MB but the disk"):
        begin(load_recipe(write(guards={"free_disk_MB": 10})), RunDirectory(small_disk / "run"))
    assert not list(small_disk.iterdir())


def test_a_disk_that_fills_up_stops_the_run_before_it_is_full(write: Callable[..., Path], small_disk: Path) -> None:
    run = prepared(write(guards={"free_disk_MB": 1.5}), small_disk / "run")
    ballast = fill(small_disk, leave=1_000_000)
    with pytest.raises(GuardError, match="guard_disk"):
        heat(run, Resources(), RankGroup())
    ballast.unlink()
    assert finished_whole(run)


SLOW = pytest.mark.slow


@pytest.mark.parametrize("leave", [pytest.param(20_000, marks=SLOW), 45_000, pytest.param(70_000, marks=SLOW)])
def test_a_full_disk_loses_only_what_was_not_checkpointed(
    write: Callable[..., Path], small_disk: Path, leave: int
) -> None:
    programme = [HOT[0], {"kind": "hold", "duration_ps": 2}]
    run = prepared(write(programme=programme, guards={"free_disk_MB": 0}), small_disk / "run")
    ballast = fill(small_disk, leave)
    with pytest.raises(GuardError, match=r"free some space"):
        heat(run, Resources(), RankGroup())
    ballast.unlink()
    assert finished_whole(run)


def test_messages_of_lammps_are_known() -> None:
    assert classify("ERROR: Lost atoms: original 144 current 143") == "lost"
    assert classify("ERROR: Non-numeric atom coords - simulation unstable") == "guard_undefined"
    assert classify("OSError: [Errno 28] No space left on device") == "disk"
    assert classify("ERROR: Unknown pair style") == "error"
