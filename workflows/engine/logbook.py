"""The logbook of a hot run: decks out, checkpoints sealed, stages closed, status told. One process keeps it."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from nanokiln.structures.storage import write_whole
from nanokiln.workflows.deck.deck import Deck, Span, make_deck
from nanokiln.workflows.recipe.programme import Stage
from nanokiln.workflows.recipe.recipe import Recipe
from nanokiln.workflows.rundir.packing import OpenDump
from nanokiln.workflows.rundir.prepared import reference_eV_per_atom, setup_of
from nanokiln.workflows.rundir.rundir import RunDirectory
from nanokiln.workflows.rundir.segments import close_segments, open_dumps
from nanokiln.workflows.rundir.standing import Position
from nanokiln.workflows.rundir.status import State, Status


def silent(status: Status) -> None:
    """Show nothing."""


@dataclass
class Logbook:
    """Bookkeeping of one session of dynamics on a run directory."""

    run: RunDirectory
    recipe: Recipe
    ranks: int
    show: Callable[[Status], None] = silent
    _began: tuple[float, int] = (0.0, 0)
    _atoms_at_start: int = field(init=False)

    def __post_init__(self) -> None:
        """Read once what does not change."""
        self._atoms_at_start = self.run.record.scene.atoms

    def write_deck(self, stage: Stage, where: Position, walltime_s: float | None) -> Deck:
        """Write the stage's input files and return its deck."""
        folder = self.run.stage_path(stage)
        folder.mkdir(parents=True, exist_ok=True)
        reference = reference_eV_per_atom(self.run) if where.begin else None
        span = Span(where.first, where.first + stage.steps, where.begin, reference, walltime_s)
        deck = make_deck(setup_of(self.run), stage, span)
        for name, text in deck.files().items():
            write_whole(folder / name, text)
        return deck

    def seal(self, stage: Stage, step: int) -> list[OpenDump]:
        """Seal the checkpoint of a step if there is a new one; return the dumps that end there, to be compressed."""
        checkpoints = self.run.checkpoints
        if not checkpoints.path(step).exists() or checkpoints.is_sealed(step):
            return []
        checkpoints.seal(step, keep=self.run.stage_ends)
        return open_dumps(self.run.stage_path(stage), step)

    def close(self, stage: Stage, step: int) -> None:
        """Seal the checkpoint of a step if there is a new one, and compress what ends there, alone."""
        if self.seal(stage, step):
            close_segments(self.run.stage_path(stage), step)

    def conclude(self, stage: Stage, where: Position, step: int, reason: str) -> None:
        """Seal the last checkpoint; close the stage if it came to its end or was steady."""
        self.close(stage, step)
        if reason in {"", "steady"}:
            self.run.finish(stage, where.first, step)

    def start_clock(self, step: int) -> None:
        """Speed is counted from here."""
        self._began = (time.monotonic(), step)

    def publish(self, state: State, stage: Stage, where: Position, now: tuple[int, int, float], note: str = "") -> None:
        """Tell where the run is: `now` is step, number of atoms and temperature (K)."""
        step, atoms, temperature_K = now
        began, begin = self._began
        later = self.recipe.stages[where.index + 1 :]
        status = Status(
            state=state,
            stage=stage.name,
            step=step,
            last_step=where.first + stage.steps + sum(s.steps for s in later),
            time_ps=step * self.recipe.timestep_ps,
            target_K=stage.target_K(step - where.first),
            temperature_K=temperature_K,
            atoms=atoms,
            left=self._atoms_at_start - atoms,
            ranks=self.ranks,
            steps_per_s=(step - begin) / max(1e-6, time.monotonic() - began),
            updated=time.time(),
            note=note,
        )
        status.write(self.run.status_path)
        self.show(status)
