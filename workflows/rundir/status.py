"""Status: where a run is now, in one small file that any shell can read."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Literal

from nanokiln.structures.storage import read_json, write_json

State = Literal["running", "stopped", "finished", "failed"]


class Ending(StrEnum):
    """How a session of dynamics ended: with the programme, or before it with a checkpoint."""

    FINISHED = "finished"
    STOPPED = "stopped"


@dataclass(frozen=True)
class Status:
    """A moment of a run; `last_step` is the end of the programme as planned, `steps_per_s` the stage's mean so far."""

    state: State
    stage: str
    step: int
    last_step: int
    time_ps: float
    target_K: float
    temperature_K: float
    atoms: int
    left: int
    ranks: int
    steps_per_s: float
    updated: float
    note: str = ""

    @property
    def time_left_s(self) -> float | None:
        """Seconds to the end of the programme at the present speed, None before a speed is known."""
        return (self.last_step - self.step) / self.steps_per_s if self.steps_per_s > 0 else None

    @property
    def line(self) -> str:
        """The moment in one line for a log."""
        left = "?" if self.time_left_s is None else f"{self.time_left_s / 60:.1f} min"
        lost = f", {self.left} left the particle" if self.left else ""
        return (
            f"{self.stage}  {self.time_ps:.2f} ps  step {self.step}/{self.last_step}  "
            f"T {self.temperature_K:.0f} K (target {self.target_K:.0f})  {self.atoms} atoms{lost}  "
            f"{self.steps_per_s:.1f} steps/s  {left} left"
        )

    def write(self, path: Path) -> None:
        """Write the file whole."""
        write_json(path, asdict(self), force=False)

    @classmethod
    def read(cls, path: Path) -> "Status | None":
        """Read the file; None when the run has not begun."""
        return cls(**read_json(path)) if path.exists() else None
