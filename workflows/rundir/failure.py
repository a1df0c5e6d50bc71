"""Failures as values: which guard or fault, what was said, what to do about it."""

import contextlib
import os
import re
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from nanokiln.structures.storage import read_json, write_json

_FREE = "free some space, then `nanokiln resume` goes on from the last checkpoint"
REMEDIES = {
    "guard_hot": "the dynamics ran away: check the model for atoms too close, shorten timestep_fs, heat more slowly",
    "guard_energy": "the structure came apart or the potential left its range: look at the picture, heat less",
    "guard_close": "two atoms are closer than the potential knows: check the model, shorten timestep_fs",
    "guard_undefined": "energy or temperature is not a number: check the model for atoms on top of each other",
    "guard_disk": f"the disk is nearly full: {_FREE}",
    "lost": "an atom moved too far in one step: check the model for atoms too close, shorten timestep_fs",
    "disk": f"a file could not be written whole: {_FREE}",
    "error": "",
}
_PATTERNS = (
    (re.compile(r"fix-id (guard_\w+) met"), None),
    (re.compile(r"Lost atoms|Atom count is inconsistent|[Pp]article on or inside"), "lost"),
    (re.compile(r"Non-numeric|[Oo]ut of range atoms"), "guard_undefined"),
    (re.compile(r"No space left|not written whole|Cannot open (dump|restart|fix print) file|I/O error"), "disk"),
)


@dataclass(frozen=True)
class Failure:
    """What happened, on which rank, at which step, and what to do about it."""

    kind: str
    message: str
    remedy: str
    rank: int
    step: int | None = None
    picture: str = ""
    where: str = ""

    @property
    def is_guard(self) -> bool:
        """Whether a guard stopped the run, rather than a fault of a program."""
        return self.kind != "error"

    @property
    def text(self) -> str:
        """The failure in a few lines for a person."""
        head = f"rank {self.rank}: {self.message}"
        picture = f"picture: {self.picture}" if self.picture else ""
        return "\n  ".join(
            part for part in (head, self.where, picture, self.remedy and f"remedy: {self.remedy}") if part
        )


def classify(message: str) -> str:
    """Return which guard or fault a message of LAMMPS or the operating system tells of."""
    for pattern, kind in _PATTERNS:
        if found := pattern.search(message):
            return kind or found.group(1)
    return "error"


def describe(error: BaseException, rank: int) -> Failure:
    """Turn an exception into a failure, with LAMMPS' own first line as the message."""
    text = str(error) or type(error).__name__
    kind = classify(text)
    first = text.splitlines()[0].removeprefix("ERROR: ")
    step = re.search(r"on step (\d+)", text)
    name = "" if type(error) is Exception else f"{type(error).__name__}: "
    return Failure(kind, f"{name}{first}", REMEDIES.get(kind, ""), rank, int(step.group(1)) if step else None)


def claim(path: Path) -> bool:
    """Make the failure's file; return False when another rank was first."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644))
    except FileExistsError:
        return False
    except OSError:
        return True  # a full disk must not keep the message back
    return True


def tell(failure: Failure, path: Path) -> None:
    """Say what happened on stderr and in the failure's file; a disk without room does not keep it from being said."""
    print(f"nanokiln: {failure.text}", file=sys.stderr, flush=True)
    with contextlib.suppress(OSError):
        write_json(path, asdict(failure))


def read_failure(path: Path) -> Failure | None:
    """Return the failure that a run recorded, or None."""
    try:
        return Failure(**read_json(path))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError):
        return Failure("disk", f"{path} could not be written whole", REMEDIES["disk"], rank=0)
