"""What the program says: answers on stdout, the rest by `logging`; nothing prints past it."""

import ast
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from nanokiln.workflows import answer as saying
from nanokiln.workflows.engine.display import Display
from nanokiln.workflows.rundir.status import Status

ROOT = Path(__file__).parents[2]
ROOMS = ("analysis", "hpc", "potentials", "structures", "workflows")
# Who may print: the one module of answers, a rank that fails (its stdout is its log), and programs of their own.
PRINTS = {
    "workflows/answer.py": 2,
    "workflows/rundir/failure.py": 1,
    "analysis/measure/quantities.py": 1,
    "potentials/training/label_cells.py": 1,
    "potentials/training/pbe_labels.py": 3,
}
LOG = logging.getLogger("nanokiln.test")


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """Leave the package's logger as it was found."""
    logger = logging.getLogger("nanokiln")
    level, handlers = logger.level, list(logger.handlers)
    yield
    logger.setLevel(level)
    logger.handlers[:] = handlers


def prints(path: Path) -> int:
    calls = [node.func for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    return sum(isinstance(function, ast.Name) and function.id == "print" for function in calls)


def test_nobody_prints_past_the_module_of_answers() -> None:
    files = [path for room in ROOMS for path in (ROOT / room).rglob("*.py")]
    found = {str(path.relative_to(ROOT)): prints(path) for path in files}
    apart = ("workflows/docs/", "workflows/examples/")
    assert {name: number for name, number in found.items() if number and not name.startswith(apart)} == PRINTS


def test_messages_say_what_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    saying.configure()
    LOG.debug("detail")
    LOG.info("step 3")
    LOG.warning("hot")
    LOG.error("expected this")
    assert capsys.readouterr() == ("", "step 3\nwarning: hot\nnanokiln: expected this\n")


def test_quiet_leaves_warnings_and_answers_and_verbose_adds_details(capsys: pytest.CaptureFixture[str]) -> None:
    saying.configure(quiet=True)
    LOG.info("step 3")
    LOG.warning("hot")
    saying.answer("42")
    assert capsys.readouterr() == ("42\n", "warning: hot\n")
    saying.configure(verbose=True)
    LOG.debug("detail")
    assert capsys.readouterr().err == "nanokiln.test: detail\n"


def test_a_log_has_every_message_once_and_another_run_appends(tmp_path: Path) -> None:
    saying.configure(quiet=True)
    for word in ("first", "second"):
        with saying.logged(tmp_path), saying.logged(tmp_path):
            LOG.debug(word)
    lines = (tmp_path / saying.LOG_FILE).read_text().splitlines()
    assert [line.rpartition(": ")[2] for line in lines] == ["first", "second"]
    LOG.warning("after it")
    assert len((tmp_path / saying.LOG_FILE).read_text().splitlines()) == 2


def test_a_log_that_cannot_be_written_ends_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    saying.configure()
    with saying.logged(tmp_path / "nowhere"):
        LOG.info("goes on")
    assert capsys.readouterr().err == "goes on\n"


def test_long_work_says_a_line_now_and_then_where_nobody_watches(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    saying.configure()
    monkeypatch.setattr(saying, "_LINE_EVERY_S", -1.0)
    with saying.steps("points") as tell:
        tell(1, 3, "")
        tell(2, 3, "rods")
    assert capsys.readouterr().err == "1 of 3: points\n2 of 3: rods\n"
    monkeypatch.setattr(saying, "_LINE_EVERY_S", 10.0)
    with saying.steps("points") as tell:
        tell(1, 3, "")
    assert capsys.readouterr().err == ""


def test_short_work_says_a_line_before_it_where_nobody_watches(capsys: pytest.CaptureFixture[str]) -> None:
    saying.configure()
    with saying.busy("measuring"):
        assert capsys.readouterr().err == "measuring\n"
    assert capsys.readouterr().err == ""
    saying.hush()  # what --json asks for
    with saying.busy("measuring"):
        pass
    assert capsys.readouterr().err == ""
    saying.configure(verbose=True)
    saying.hush()  # every detail was asked for
    with saying.busy("measuring"):
        assert capsys.readouterr().err == "measuring\n"


def moment(state: str, stage: str, step: int) -> Status:
    return Status(state, stage, step, 600, step / 500, 400, 401.0, 144, 0, 1, 900.0 + step, 0.0)  # type: ignore[arg-type]


def test_the_last_line_of_a_run_is_not_repeated(capsys: pytest.CaptureFixture[str]) -> None:
    saying.configure()
    with Display() as display:
        for state, step in (("running", 500), ("running", 600), ("finished", 600)):
            display.show(moment(state, "03-hold", step))
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 2  # the stage's first line, and its end once
    assert "step 600/600" in said[-1]
