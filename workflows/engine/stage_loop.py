"""The loop over stages on every MPI rank, until the programme is done or it is told to stop."""

import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

from nanokiln.hpc.launch import check_world
from nanokiln.hpc.signals import ASKING
from nanokiln.workflows.deck.deck import Deck
from nanokiln.workflows.engine.crash_report import fail
from nanokiln.workflows.engine.engine import Engine, engine
from nanokiln.workflows.engine.logbook import Logbook, silent
from nanokiln.workflows.recipe.programme import Stage
from nanokiln.workflows.rundir.packing import OpenDump, pack
from nanokiln.workflows.rundir.rundir import RunDirectory
from nanokiln.workflows.rundir.segments import seal_segment, thermo_rows
from nanokiln.workflows.rundir.standing import Position, position
from nanokiln.workflows.rundir.status import Ending, State, Status
from nanokiln.workflows.rundir.thermo_rows import is_steady


@dataclass
class Watch:
    """What a rank was told from outside, and the clock on the wall."""

    deadline: float | None = None
    reason: str = ""

    def listen(self) -> None:
        """Take the three signals that ask for a checkpoint and a clean end."""
        for number in ASKING:
            signal.signal(number, self._heard)

    def _heard(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002
        self.reason = signal.Signals(number).name

    @property
    def remaining_s(self) -> float | None:
        """Seconds to the walltime, None without one."""
        return None if self.deadline is None else max(1.0, self.deadline - time.monotonic())


@dataclass
class StageLoop:
    """One rank's view of a session: the run, the communicator, what it watches; the logbook is rank 0's alone."""

    run: RunDirectory
    comm: Any
    watch: Watch
    threads: int
    stages: tuple[Stage, ...]
    logbook: Logbook | None

    def heat(self) -> Ending:
        """Work through the stages that are not done, to the end or until it is told to stop."""
        while (where := self._root(lambda _: position(self.run))) is not None:
            if self._stage(self.stages[where.index], where) == "stopped":
                return Ending.STOPPED
        return Ending.FINISHED

    def _root(self, make: Callable[[Logbook], Any]) -> Any:
        """Return what rank 0 makes of its logbook, on every rank."""
        return self.comm.bcast(make(self.logbook) if self.logbook is not None else None, root=0)

    def _stage(self, stage: Stage, where: Position) -> State:
        deck: Deck = self._root(lambda book: book.write_deck(stage, where, self.watch.remaining_s))
        with engine(deck, self.run.stage_path(stage), self.comm, self.threads) as lammps:
            self._root(lambda book: book.start_clock(where.begin))
            reason = ""
            while lammps.step < deck.span.last and not reason:
                reason = self._chunk(stage, where, lammps)
            lammps.checkpoint()
            now = (lammps.step, lammps.atoms, lammps.temperature_K)
        self._seal(stage, now[0])
        if reason == "steady" or now[0] == deck.span.last:
            reason = reason if reason == "steady" else ""
        going: State = "running" if where.index + 1 < len(self.stages) else "finished"
        state: State = "stopped" if reason not in {"", "steady"} else going
        self._root(lambda book: book.conclude(stage, where, now[0], reason))
        self._root(lambda book: book.publish(state, stage, where, now, reason))
        return state

    def _chunk(self, stage: Stage, where: Position, lammps: Engine) -> str:
        """Advance by one frame; return on every rank why the stage ends here, or '' to go on."""
        in_time = lammps.advance()
        now = (lammps.step, lammps.atoms, lammps.temperature_K)
        self._seal(stage, now[0])
        self._root(lambda book: book.publish("running", stage, where, now))
        heard = self.watch.reason or ("stop" if self.logbook is not None and self.run.stop_path.exists() else "")
        reasons = self.comm.allgather(heard or ("" if in_time else "walltime"))
        if reason := next((r for r in reasons if r), ""):
            return str(reason)
        return str(self._root(lambda _: self._steady(stage, where, now[0]))) if stage.window_steps else ""

    def _seal(self, stage: Stage, step: int) -> None:
        """Seal a new checkpoint, and compress the dumps that end there: every rank its share of the frames.

        Rank 0 alone would keep all others waiting, the longer in comparison the more of them there are.
        """
        for dump in self._root(lambda book: book.seal(stage, step)):
            pack(dump, self.comm.rank, self.comm.size)
            self.comm.barrier()
            self._root(partial(self._join, dump))

    def _join(self, dump: OpenDump, _: Logbook) -> None:
        seal_segment(dump, self.comm.size)

    def _steady(self, stage: Stage, where: Position, step: int) -> str:
        return "steady" if is_steady(thermo_rows(self.run.stage_path(stage), step), stage, where.first) else ""


def heat(
    run: RunDirectory,
    comm: Any,
    *,
    threads: int = 1,
    walltime_s: float | None = None,
    show: Callable[[Status], None] = silent,
) -> Ending:
    """Heat a prepared run directory on every rank of `comm`, to the end or to a checkpoint where it is told to stop.

    `walltime_s` counts from now. An exception on any rank ends all of them.
    """
    watch = Watch(None if walltime_s is None else time.monotonic() + walltime_s)
    watch.listen()
    try:
        recipe = run.recipe
        logbook = Logbook(run, recipe, comm.size, show) if comm.rank == 0 else None
        return StageLoop(run, comm, watch, threads, recipe.stages, logbook).heat()
    except BaseException as error:
        fail(error, run, comm)
        raise


def main(arguments: list[str] | None = None) -> None:
    """Be one rank of `mpiexec -n N python -m mpi4py -m` this module `DIR RANKS THREADS WALLTIME_S`."""
    from mpi4py import MPI

    directory, ranks, threads, walltime_s = arguments or sys.argv[1:]
    check_world(MPI.COMM_WORLD.size, int(ranks))
    heat(RunDirectory(Path(directory)), MPI.COMM_WORLD, threads=int(threads), walltime_s=float(walltime_s) or None)


if __name__ == "__main__":
    main()
