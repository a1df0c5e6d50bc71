"""Files that are either whole or not there, and their fingerprints."""

import hashlib
import json
import os
from pathlib import Path
from typing import Any


def write_whole(path: Path, text: str, *, force: bool = True) -> None:
    """Write a file under a temporary name, force it to the disk unless told not to, and rename it into place."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    with temporary.open("w") as file:
        file.write(text)
        if force:
            file.flush()
            os.fsync(file.fileno())
    temporary.replace(path)


def write_json(path: Path, data: Any, *, force: bool = True) -> None:
    """Write JSON whole; NaN is an error, because no other program would read it."""
    write_whole(path, json.dumps(data, indent=1, allow_nan=False) + "\n", force=force)


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object."""
    data: dict[str, Any] = json.loads(path.read_text())
    return data


def sha256(path: Path) -> str:
    """Return the hexadecimal SHA-256 of a file, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
