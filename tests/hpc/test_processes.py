"""Programs that do not end by themselves are ended, and a rank that leaves takes the others along."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from nanokiln.hpc import processes
from nanokiln.hpc.ranks import RankGroup


def test_what_does_not_listen_is_ended_with_all_it_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "_TERMINATE_S", 0.5)
    script = 'trap "" TERM; sleep 100 & echo $! > child; sleep 100'
    process = subprocess.Popen(["sh", "-c", script], cwd=tmp_path, start_new_session=True)
    child = tmp_path / "child"
    while not (child.exists() and child.read_text().strip()):
        time.sleep(0.01)
    processes.end(process)
    assert process.returncode == -9
    stat = Path(f"/proc/{child.read_text().strip()}/stat")
    assert not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] in "ZX"


def test_what_a_killed_parent_started_ends_with_it(tmp_path: Path) -> None:
    start = (
        "import subprocess, time; from nanokiln.hpc.processes import ends_with_its_parent as ends; "
        "child = subprocess.Popen(['sleep', '60'], start_new_session=True, preexec_fn=ends); "
        "print(child.pid, flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", start], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    stat = Path(f"/proc/{parent.stdout.readline().strip()}/stat")
    assert stat.exists()
    parent.kill()
    parent.wait()
    deadline = time.monotonic() + 10
    while stat.exists() and stat.read_text().rpartition(")")[2].split()[0] not in "ZX":
        assert time.monotonic() < deadline
        time.sleep(0.01)


class OneOfTwo:
    """The part of a communicator that is called here: what the first rank sent is what the other gets."""

    def __init__(self, rank: int, sent: list[int | None]) -> None:
        self.rank, self.sent = rank, sent

    def bcast(self, value: int | None, root: int) -> int | None:
        assert root == 0
        if self.rank == 0:
            self.sent.append(value)
        return self.sent[-1]


@pytest.mark.parametrize(("error", "code"), [(SystemExit(0), 0), (ValueError("no"), 1), (SystemExit(2), 2)])
def test_when_the_first_rank_leaves_the_others_leave_alike(error: BaseException, code: int) -> None:
    def work() -> None:
        raise error

    sent: list[int | None] = []
    with pytest.raises(type(error)):
        RankGroup(OneOfTwo(0, sent)).first(work)
    with pytest.raises(SystemExit) as left:
        RankGroup(OneOfTwo(1, sent)).first(work)
    assert left.value.code == code


def test_when_the_first_rank_is_done_the_others_go_on() -> None:
    sent: list[int | None] = []
    assert RankGroup(OneOfTwo(0, sent)).first(lambda: 7) == 7
    assert RankGroup(OneOfTwo(1, sent)).first(lambda: 7) is None
