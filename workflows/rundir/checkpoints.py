"""Checkpoints: two sealed generations of LAMMPS restart files, and which of them can be trusted."""

import os
from pathlib import Path

from nanokiln.structures.storage import read_json, sha256, write_json

GENERATIONS = 2
_END = b"LammpS RestartT"  # LAMMPS writes this last; a truncated file lacks it


class Checkpoints:
    """The folder `checkpoints/` of a run: `checkpoint-STEP.restart`, each with its seal `checkpoint-STEP.json`."""

    def __init__(self, folder: Path) -> None:
        """Name a folder; nothing is made or read yet."""
        self.folder = folder

    def path(self, step: int) -> Path:
        """Return where the restart file of a step lies."""
        return self.folder / f"checkpoint-{step}.restart"

    def steps(self) -> list[int]:
        """Return the steps of all restart files, good or bad, newest first."""
        return sorted((int(p.stem.partition("-")[2]) for p in self.folder.glob("checkpoint-*.restart")), reverse=True)

    def seal(self, step: int) -> None:
        """Force a restart file to the disk, note its size and checksum, and drop the generations before the last two.

        Raises OSError when the file is not whole, as on a full disk; the older generations then stay.
        """
        path = self.path(step)
        if not _is_whole(path):
            raise OSError(f"the checkpoint of step {step} was not written whole (is the disk full?)")
        with path.open("rb") as file:
            os.fsync(file.fileno())
        write_json(self._seal(step), {"step": step, "bytes": path.stat().st_size, "sha256": sha256(path)})
        sealed = [s for s in self.steps() if self._seal(s).exists() and s <= step]
        for old in sealed[GENERATIONS:]:
            self.drop(old)

    def is_sealed(self, step: int) -> bool:
        """Whether this checkpoint has its seal."""
        return self._seal(step).exists()

    def is_good(self, step: int) -> bool:
        """Whether a restart file is what was sealed; one that was never sealed must at least have its end mark."""
        path = self.path(step)
        if not path.exists():
            return False
        if not self.is_sealed(step):
            return _is_whole(path)
        seal = read_json(self._seal(step))
        return bool(path.stat().st_size == seal["bytes"] and sha256(path) == seal["sha256"])

    def newest_good(self) -> int | None:
        """Return the step of the newest checkpoint that can be trusted, or None."""
        return next((step for step in self.steps() if self.is_good(step)), None)

    def drop(self, step: int) -> None:
        """Remove a checkpoint and its seal."""
        self._seal(step).unlink(missing_ok=True)
        self.path(step).unlink(missing_ok=True)

    def drop_after(self, step: int) -> None:
        """Remove every checkpoint later than a step: what follows it will be computed again."""
        for later in self.steps():
            if later > step:
                self.drop(later)

    def _seal(self, step: int) -> Path:
        return self.folder / f"checkpoint-{step}.json"


def _is_whole(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 64))
        return _END in file.read()
