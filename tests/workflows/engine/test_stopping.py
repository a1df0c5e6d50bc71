"""Requests to stop at any time: a word, exit code 0, nothing lost; and ranks that do not answer."""

import os
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from nanokiln.hpc.ranks import RankGroup
from nanokiln.hpc.resources import Resources
from nanokiln.hpc.signals import ASKING, ending_with_a_word
from nanokiln.workflows import joined, pipeline
from nanokiln.workflows.engine import heat as heating
from nanokiln.workflows.engine import patience
from nanokiln.workflows.errors import RunError
from nanokiln.workflows.recipe.recipe import load_recipe
from nanokiln.workflows.rundir.provenance import verify
from nanokiln.workflows.rundir.rundir import RunDirectory
from nanokiln.workflows.rundir.standing import position
from nanokiln.workflows.rundir.status import Status
from nanokiln.workflows.studies import whole
from nanokiln.workflows.studies.recording import Asked, record_all

pytestmark = pytest.mark.mpi


@pytest.fixture(scope="module")
def recipe_and_run(tmp_path_factory: pytest.TempPathFactory, small_recipe: Callable[..., dict]) -> tuple[Path, Path]:
    """Return the path of a recipe and of its finished run."""
    folder = tmp_path_factory.mktemp("stop")
    (folder / "small.yaml").write_text(yaml.safe_dump(small_recipe()))
    return folder / "small.yaml", pipeline.run(folder / "small.yaml", folder / "out", Resources())[0].path


@pytest.fixture
def recipe(recipe_and_run: tuple[Path, Path]) -> Path:
    """The recipe of the finished run."""
    return recipe_and_run[0]


@pytest.fixture
def finished(recipe_and_run: tuple[Path, Path], tmp_path: Path) -> Path:
    """A copy of the finished run without what was measured."""
    path = shutil.copytree(recipe_and_run[1], tmp_path / "run")
    for name in ("results.json", "report.html", "trajectory.h5"):
        (path / name).unlink()
    return path


@pytest.fixture
def killed_here(monkeypatch: pytest.MonkeyPatch) -> Callable[[object, str, int], None]:
    """Return a function that lets a signal come as soon as a function is called, and that function go on after it."""

    def at(owner: object, name: str, number: int) -> None:
        true = getattr(owner, name)

        def call(*given: object, **more: object) -> object:
            os.kill(os.getpid(), number)
            return true(*given, **more)

        monkeypatch.setattr(owner, name, call)

    return at


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    """Every signal is answered after a test as it was before."""
    before = {number: signal.getsignal(number) for number in ASKING}
    yield
    assert before == {number: signal.getsignal(number) for number in ASKING}


@pytest.mark.parametrize("number", ASKING)
def test_preparation_ends_with_a_word_and_leaves_nothing(
    recipe: Path, tmp_path: Path, killed_here: Callable, caplog: pytest.LogCaptureFixture, number: int
) -> None:
    killed_here(pipeline, "build_model", number)
    with pytest.raises(SystemExit) as left:
        pipeline.run(recipe, tmp_path / "new")
    assert left.value.code == 0
    word = f"stopped during preparation ({signal.Signals(number).name}): nothing is lost"
    assert word in caplog.text
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("at", "number"),
    [
        ("write_ledger", signal.SIGTERM),
        ("record_files", signal.SIGUSR1),
        ("_draw_report", signal.SIGTERM),
        ("record_report", signal.SIGINT),
    ],
)
def test_analysis_and_report_end_with_a_word_and_go_on(
    finished: Path,
    recipe: Path,
    killed_here: Callable,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    at: str,
    number: int,
) -> None:
    with monkeypatch.context():
        killed_here(pipeline, at, number)
        with pytest.raises(SystemExit) as left:
            (whole.report if number == signal.SIGTERM else lambda path: pipeline.run(recipe, path))(finished)
    assert left.value.code == 0
    assert "stopped during analysis or report" in caplog.text
    monkeypatch.undo()
    pipeline.report(finished)
    assert verify(RunDirectory(finished)) == []


def test_a_request_between_two_stages_ends_with_a_word(
    recipe: Path, tmp_path: Path, killed_here: Callable, caplog: pytest.LogCaptureFixture
) -> None:
    killed_here(pipeline, "heat", signal.SIGTERM)
    with pytest.raises(SystemExit) as left:
        pipeline.run(recipe, tmp_path / "new")
    assert left.value.code == 0
    assert "stopped during the run (SIGTERM): nothing is lost" in caplog.text


@pytest.mark.parametrize("lost", [True, False])
def test_compiled_code_cannot_lose_a_request(lost: bool, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(SystemExit) as left, ending_with_a_word("an import", "go on"):
        try:
            os.kill(os.getpid(), signal.SIGTERM)
        except SystemExit as asked:
            if not lost:
                raise ImportError("initialization failed") from asked
    assert left.value.code == 0
    assert "stopped during an import (SIGTERM)" in caplog.text


def test_the_joining_of_a_study_ends_with_a_word(
    small_recipe: Callable[..., dict], tmp_path: Path, killed_here: Callable, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "study.yaml").write_text(yaml.safe_dump(small_recipe(study={"replicas": 1})))
    killed_here(joined, "measured_runs", signal.SIGTERM)
    with pytest.raises(SystemExit):
        pipeline.run(tmp_path / "study.yaml", tmp_path / "out")
    assert "stopped during the joining of the study" in caplog.text
    assert whole.verify(tmp_path / "out") == []
    (tmp_path / "out" / "replica-1" / "results.json").write_text("{}")
    assert all(fault.startswith("replica-1: results.json") for fault in whole.verify(tmp_path / "out"))


def asked_to_stop(run: RunDirectory) -> threading.Thread:
    """Ask a run to stop as soon as it moves, from a thread that was started."""

    def ask() -> None:
        while Status.read(run.status_path) is None:
            time.sleep(0.01)
        run.stop_path.touch()

    thread = threading.Thread(target=ask)
    thread.start()
    return thread


def test_a_study_stops_with_its_run(small_recipe: Callable[..., dict], tmp_path: Path) -> None:
    (tmp_path / "study.yaml").write_text(yaml.safe_dump(small_recipe(study={"replicas": 2})))
    asking = asked_to_stop(RunDirectory(tmp_path / "out" / "replica-1"))
    runs = pipeline.run(tmp_path / "study.yaml", tmp_path / "out")
    asking.join()
    assert [run.path.name for run in runs] == ["replica-1"]
    assert not runs[0].position_is_end
    assert not (tmp_path / "out" / "replica-2").exists()


def test_records_stop_with_their_run(write: Callable[..., Path], tmp_path: Path) -> None:
    asking = asked_to_stop(RunDirectory(tmp_path / "work" / "small-0.4ps-1"))
    said = list(record_all([str(write())], Asked(hold_ps=0.4, replicas=2), tmp_path / "work", tmp_path / "kept"))
    asking.join()
    assert [one.words for one in said] == ["small-0.4ps-1: stopped; the same line goes on"]
    assert not (tmp_path / "kept").exists()


def test_a_request_at_the_very_end_of_the_dynamics_is_not_lost(
    recipe: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    true = heating.conclude

    def conclude(*given: object) -> object:
        os.kill(os.getpid(), signal.SIGUSR1)
        return true(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(heating, "conclude", conclude)
    with pytest.raises(SystemExit) as left:
        pipeline.run(recipe, tmp_path / "new")
    assert left.value.code == 0
    assert "stopped after the dynamics (SIGUSR1)" in caplog.text
    run = RunDirectory(tmp_path / "new")
    assert run.position_is_end and not run.results_path.exists()


def test_ranks_that_do_not_answer_are_ended(
    write: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "SHORTEST_S", 1.0)
    run = RunDirectory(tmp_path / "run")
    start = {"kind": "equilibrate", "temperature_K": 300, "at_most_ps": 0.4, "window_ps": 0.4}
    pipeline.begin(load_recipe(write(programme=[start, {"kind": "hold", "duration_ps": 100}])), run)
    stopped: list[int] = []

    def hang() -> None:
        while (now := Status.read(run.status_path)) is None or now.step < 300:
            time.sleep(0.02)
        stopped.append(next(ranks_of(run)))
        os.kill(stopped[0], signal.SIGSTOP)
        run.stop_path.touch()

    thread = threading.Thread(target=hang)
    thread.start()
    with run.lock(), pytest.raises(RunError, match=r"a rank did not answer the request to stop within \d+ s"):
        heating.heat(run, Resources(ranks=2), RankGroup())
    thread.join()
    limit = time.monotonic() + 10.0  # the launcher's proxy ends its ranks on its own time
    while list(ranks_of(run)) and time.monotonic() < limit:
        time.sleep(0.05)
    assert not list(ranks_of(run))
    where = position(run)
    assert where is not None and where.begin >= 200


def ranks_of(run: RunDirectory) -> Iterator[int]:
    """The processes that heat this run, and no others."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if b"nanokiln.workflows.engine.stage_loop" in words and str(run.path).encode() in words and b"-n" not in words:
            yield int(folder.name)
