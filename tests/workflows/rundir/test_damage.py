"""Run directories that were damaged or edited: each goes on from what can be trusted, or says one thing."""

import fcntl
import gzip
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from nanokiln.hpc.resources import Resources
from nanokiln.workflows import pipeline
from nanokiln.workflows.engine.heat import heat
from nanokiln.workflows.errors import InputError
from nanokiln.workflows.rundir.inspect import describe
from nanokiln.workflows.rundir.prepared import reference_eV_per_atom
from nanokiln.workflows.rundir.provenance import verify
from nanokiln.workflows.rundir.rundir import RunDirectory
from nanokiln.workflows.rundir.standing import go_back, position

pytestmark = pytest.mark.mpi
FIRST, SECOND, THIRD = "stages/01-equilibrate-300K", "stages/02-ramp-400K", "stages/03-hold-400K"
Damage = Callable[[Path], object]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, small_recipe: Callable[..., dict]) -> Path:
    """A finished run: stages of steps 0 to 200, 450 and 600, with the checkpoints of 200, 450, 500 and 600."""
    folder = tmp_path_factory.mktemp("damage")
    (folder / "small.yaml").write_text(yaml.safe_dump(small_recipe()))
    return pipeline.run(folder / "small.yaml", folder / "out", Resources())[0].path


@pytest.fixture
def finished(whole: Path, tmp_path: Path) -> Path:
    """A copy of the finished run that a test may spoil."""
    return shutil.copytree(whole, tmp_path / "run")


@pytest.fixture
def broken(finished: Path) -> Path:
    """The run as a kill after the checkpoint of step 500 leaves it."""
    for name in ("results.json", "report.html", "trajectory.h5", "left.csv", "thermo.csv", f"{THIRD}/thermo.csv"):
        (finished / name).unlink()
    for path in (*finished.glob("checkpoints/checkpoint-600.*"), *finished.glob(f"{THIRD}/segment-500.*")):
        path.unlink()
    (finished / f"{THIRD}/done.json").unlink()
    return finished


def garbage(name: str) -> Damage:
    return lambda run: (run / name).write_bytes(bytes(range(256)) * 4)


def empty(name: str) -> Damage:
    return lambda run: (run / name).write_bytes(b"")


def missing(name: str) -> Damage:
    return lambda run: (run / name).unlink()


def half(name: str) -> Damage:
    return lambda run: (run / name).write_bytes((run / name).read_bytes()[: (run / name).stat().st_size // 2])


def edited(name: str, old: str, new: str) -> Damage:
    def edit(run: Path) -> None:
        text = (run / name).read_text()
        assert old in text
        (run / name).write_text(text.replace(old, new))

    return edit


def copied(name: str, to: str) -> Damage:
    return lambda run: shutil.copy(run / name, run / to)


def flipped(name: str) -> Damage:
    """One byte in the middle is another."""

    def flip(run: Path) -> None:
        data = bytearray((run / name).read_bytes())
        data[len(data) // 2] ^= 1
        (run / name).write_bytes(data)

    return flip


def both(*damages: Damage) -> Damage:
    return lambda run: [damage(run) for damage in damages]


def swapped(name: str, other: str) -> Damage:
    def swap(run: Path) -> None:
        (run / name).rename(run / "between")
        (run / other).rename(run / name)
        (run / "between").rename(run / other)

    return swap


def repacked(name: str) -> Damage:
    """The frames are edited, and packed again so that gzip finds nothing wrong."""

    def repack(run: Path) -> None:
        text = gzip.decompress((run / name).read_bytes()).replace(b" 1 Cd ", b" 2 Cd ", 1)
        (run / name).write_bytes(gzip.compress(text))

    return repack


NEWEST, OLDER = "checkpoints/checkpoint-500", "checkpoints/checkpoint-450"
SEGMENT = f"{THIRD}/segment-450"
GOES_ON = [
    ("nothing", lambda run: None, 500),
    ("status garbage", garbage("status.json"), 500),
    ("status empty", empty("status.json"), 500),
    ("status missing", missing("status.json"), 500),
    ("status of another version", lambda run: (run / "status.json").write_text('{"mood": "good"}'), 500),
    ("failure garbage", garbage("failure.json"), 500),
    ("log of the ranks missing", missing("ranks.log"), 500),
    ("a stop left over", empty("stop"), 500),
    ("strange names", both(empty("checkpoints/checkpoint-x.restart"), empty(f"{FIRST}/segment-x.dump.gz")), 500),
    ("newest checkpoint half", half(f"{NEWEST}.restart"), 450),
    ("newest checkpoint empty", empty(f"{NEWEST}.restart"), 450),
    ("newest checkpoint missing", missing(f"{NEWEST}.restart"), 450),
    ("newest checkpoint one byte", flipped(f"{NEWEST}.restart"), 450),
    ("older checkpoint garbage", garbage(f"{OLDER}.restart"), 500),
    ("newest seal garbage", garbage(f"{NEWEST}.json"), 450),
    ("newest seal empty", empty(f"{NEWEST}.json"), 450),
    ("newest seal missing", missing(f"{NEWEST}.json"), 500),
    ("newest seal edited", edited(f"{NEWEST}.json", '"bytes": ', '"bytes": 1'), 450),
    ("first stage's word garbage", garbage(f"{FIRST}/done.json"), 500),
    ("first stage's word missing", missing(f"{FIRST}/done.json"), 500),
    ("both stages' words empty", both(empty(f"{FIRST}/done.json"), empty(f"{SECOND}/done.json")), 500),
    ("newest segment half", half(f"{SEGMENT}.dump.gz"), 450),
    ("newest segment empty", empty(f"{SEGMENT}.dump.gz"), 450),
    ("newest segment missing", missing(f"{SEGMENT}.dump.gz"), 450),
    ("newest segment edited", repacked(f"{SEGMENT}.dump.gz"), 450),
    ("newest segment and checkpoint", both(half(f"{SEGMENT}.dump.gz"), half(f"{NEWEST}.restart")), 450),
    ("a segment's seal garbage", garbage(f"{FIRST}/segment-0.json"), 500),
    ("a segment's seal missing", missing(f"{SECOND}/segment-300.json"), 500),
    ("newest rows garbage", garbage(f"{THIRD}/thermo-450.csv"), 450),
    ("newest rows missing", missing(f"{THIRD}/thermo-450.csv"), 450),
    ("a finished stage's rows", garbage(f"{FIRST}/thermo.csv"), 500),
    ("what they were joined from", missing(f"{FIRST}/thermo-0.csv"), 500),
]
CHANGED = "since the run was begun: put it back"
SAYS = [
    ("recipe edited", edited("recipe.yaml", "to_K: 400", "to_K: 900"), f"recipe.yaml is changed {CHANGED}"),
    ("recipe garbage", garbage("recipe.yaml"), f"recipe.yaml is changed {CHANGED}"),
    ("recipe empty", empty("recipe.yaml"), f"recipe.yaml is changed {CHANGED}"),
    ("recipe missing", missing("recipe.yaml"), "is not a run directory"),
    ("model edited", edited("model.extxyz", "Cd", "Zn"), f"model.extxyz is changed {CHANGED}"),
    ("model missing", missing("model.extxyz"), f"model.extxyz is missing {CHANGED}"),
    ("data half", half("model.data"), f"model.data is changed {CHANGED}"),
    ("data missing", missing("model.data"), f"model.data is missing {CHANGED}"),
    ("record garbage", garbage("run.json"), "run.json is no record of a run"),
    ("record empty", empty("run.json"), "run.json is no record of a run"),
    ("record half", half("run.json"), "run.json is no record of a run"),
    ("record missing", missing("run.json"), "run.json is missing, but its dynamics have begun"),
    ("relaxed energy missing", missing(f"{FIRST}/start.csv"), "start.csv is missing or damaged"),
    ("relaxed energy garbage", garbage(f"{FIRST}/start.csv"), "start.csv is missing or damaged"),
    (
        "both generations",
        both(half(f"{NEWEST}.restart"), half(f"{OLDER}.restart")),
        "no checkpoint that can be read is left; .*--restart-from 200`",
    ),
    (
        "no checkpoints",
        lambda run: shutil.rmtree(run / "checkpoints"),
        "no checkpoint that can be read is left; .*--restart-from 0`",
    ),
    ("old segment half", half(f"{FIRST}/segment-100.dump.gz"), "is not as it was sealed.*--restart-from 0`"),
    ("old segment missing", missing(f"{SECOND}/segment-300.dump.gz"), "but what follows begins at .*from 200`"),
    ("first segment missing", missing(f"{FIRST}/segment-0.dump.gz"), "frames of steps 0 to 100 in 01-.* are missing"),
    ("segments swapped", swapped(f"{FIRST}/segment-0.dump.gz", f"{FIRST}/segment-100.dump.gz"), "not as it was sealed"),
    (
        "segment doubled",
        copied(f"{FIRST}/segment-0.dump.gz", f"{FIRST}/segment-50.dump.gz"),
        "ends at step 100, but what follows begins at step 50",
    ),
    (
        "segment half without its seal",
        both(half(f"{FIRST}/segment-0.dump.gz"), missing(f"{FIRST}/segment-0.json")),
        "segment-0.dump.gz cannot be read",
    ),
    ("a stage's end edited", edited(f"{FIRST}/done.json", '"last_step": 200', '"last_step": 150'), "ends at step 200"),
    (
        "rows lost twice",
        both(missing(f"{FIRST}/thermo.csv"), garbage(f"{FIRST}/thermo-0.csv")),
        "the row of step 10 in 01-equilibrate-300K is missing; .*--restart-from 0`",
    ),
]


def take_up(path: Path, whole: Path) -> int | None:
    """Do what `nanokiln run` does before the ranks start; return the step to begin from."""
    run = RunDirectory(path).require()
    recipe = RunDirectory(whole).recipe
    with run.lock():
        pipeline.begin(recipe, run)
        where = position(run)
        reference_eV_per_atom(run)
    return None if where is None else where.begin


@pytest.mark.parametrize(("damage", "begin"), [pytest.param(d, b, id=name) for name, d, b in GOES_ON])
def test_a_damaged_run_goes_on_from_what_can_be_trusted(broken: Path, whole: Path, damage: Damage, begin: int) -> None:
    damage(broken)
    assert take_up(broken, whole) == begin
    assert all(RunDirectory(broken).done(stage) for stage in RunDirectory(broken).recipe.stages[:2])
    assert "03-hold-400K" in describe(broken)


@pytest.mark.parametrize(("damage", "says"), [pytest.param(d, s, id=name) for name, d, s in SAYS])
def test_what_cannot_be_trusted_is_said_in_one_line(broken: Path, whole: Path, damage: Damage, says: str) -> None:
    before = {path for path in broken.rglob("*") if path.suffix in {".gz", ".restart"}}
    damage(broken)
    kept = {path for path in before if path.exists()}
    with pytest.raises(InputError, match=says) as raised:
        take_up(broken, whole)
    assert "\n" not in str(raised.value)
    assert kept == {path for path in before if path.exists()}, "nothing is taken back without being asked for"


def test_a_run_goes_on_after_damage_with_every_frame_and_row_once(broken: Path) -> None:
    both(half(f"{NEWEST}.restart"), garbage("status.json"), garbage(f"{FIRST}/done.json"))(broken)
    run = pipeline.resume(broken, Resources())
    assert verify(run) == []


@pytest.mark.parametrize(("to", "begin"), [("0", 0), ("02-ramp-400K", 200), ("450", 450), ("03-hold-400K", 450)])
def test_going_back_further_has_to_be_asked_for(broken: Path, whole: Path, to: str, begin: int) -> None:
    run = RunDirectory(broken)
    go_back(run, to)
    where = position(run)
    assert where is not None and where.begin == begin
    assert max(run.checkpoints.steps(), default=0) == begin


@pytest.mark.parametrize("to", ["250", "04-hold-700K", "-1", "all"])
def test_a_way_back_that_is_none_tells_those_that_are(broken: Path, to: str) -> None:
    with pytest.raises(InputError, match=r"takes a step.*: 0, 200, 450, 500; 01-equilibrate-300K, 02-ramp-400K, 03-"):
        go_back(RunDirectory(broken), to)


ANEW = [
    ("numbers garbage", garbage("results.json")),
    ("numbers empty", empty("results.json")),
    ("numbers missing", missing("results.json")),
    ("numbers edited", edited("results.json", '"value": ', '"value": 1')),
    ("trajectory half", half("trajectory.h5")),
    ("trajectory missing", missing("trajectory.h5")),
    ("rows garbage", garbage("thermo.csv")),
    ("rows missing", missing("thermo.csv")),
]


@pytest.mark.parametrize("damage", [pytest.param(d, id=name) for name, d in ANEW])
def test_numbers_that_cannot_be_trusted_are_measured_anew(
    finished: Path, damage: Damage, monkeypatch: pytest.MonkeyPatch
) -> None:
    damage(finished)
    done: list[RunDirectory] = []
    monkeypatch.setattr(pipeline, "analyse", done.append)
    pipeline.measured_of(finished)
    assert len(done) == 1


def test_measuring_anew_mends_what_was_derived(finished: Path, whole: Path) -> None:
    for name in ("results.json", "trajectory.h5", "thermo.csv", "left.csv", f"{SECOND}/thermo.csv", "status.json"):
        garbage(name)(finished)
    pipeline.report(finished)
    assert (finished / "thermo.csv").read_text() == (whole / "thermo.csv").read_text()
    told = verify(RunDirectory(finished))
    assert told == []


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (flipped(f"{SECOND}/segment-200.dump.gz"), "segment-200.dump.gz is not as it was sealed"),
        (missing(f"{THIRD}/segment-500.dump.gz"), "but what follows begins at step 600"),
        (edited("left.csv", "step", "steps"), "left.csv is not the file that was recorded"),
        (edited("thermo.csv", "\n300,", "\n310,"), "1 rows of thermo.csv are missing, the first of step 300"),
        (edited("thermo.csv", "\n300,", "\n310,"), "1 rows of thermo.csv are there more than once"),
        (missing(f"{FIRST}/done.json"), "stage 01-equilibrate-300K is not finished"),
        (garbage("report.html"), "report.html is not the file that was recorded"),
        (edited("recipe.yaml", "to_K: 400", "to_K: 900"), "recipe.yaml is changed since the run was begun"),
    ],
)
def test_verify_tells_what_is_not_as_it_was(finished: Path, damage: Damage, says: str) -> None:
    assert verify(RunDirectory(finished)) == []
    damage(finished)
    assert any(says in fault for fault in verify(RunDirectory(finished)))


def test_frames_that_are_not_as_they_were_sealed_are_not_measured(finished: Path) -> None:
    repacked(f"{THIRD}/segment-500.dump.gz")(finished)
    with pytest.raises(InputError, match=r"segment-500.dump.gz is not as it was sealed.*--restart-from 500`"):
        pipeline.analyse(finished)


@pytest.mark.parametrize("name", ["model.extxyz", "recipe.yaml"])
def test_a_run_of_another_model_or_recipe_is_neither_measured_nor_drawn(finished: Path, name: str) -> None:
    (finished / name).write_text((finished / name).read_text() + "\n")
    for verb in (pipeline.analyse, pipeline.report, pipeline.resume):
        with pytest.raises(InputError, match=rf"{name} is changed since the run was begun"):
            verb(finished)


def test_a_finished_run_needs_neither_checkpoints_nor_the_words_of_its_stages(finished: Path) -> None:
    shutil.rmtree(finished / "checkpoints")
    both(garbage(f"{FIRST}/done.json"), missing(f"{SECOND}/done.json"))(finished)
    run = RunDirectory(finished)
    assert position(run) is None
    assert run.position_is_end


def test_a_stage_at_its_end_is_finished_without_dynamics(finished: Path) -> None:
    missing(f"{THIRD}/done.json")(finished)
    run = RunDirectory(finished)
    assert heat(run, Resources(lmp=("false",)), pipeline.RankGroup()) == "finished"


def test_two_programs_do_not_work_in_one_directory(finished: Path) -> None:
    with (finished / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        for verb in (pipeline.analyse, pipeline.report, pipeline.resume):
            with pytest.raises(InputError, match="another nanokiln is running"):
                verb(finished)


def test_a_directory_into_which_nothing_can_be_written_is_one_line(finished: Path) -> None:
    (finished / ".lock").unlink()
    (finished / ".lock").mkdir()
    with pytest.raises(InputError, match="nothing can be written into"):
        pipeline.resume(finished)
