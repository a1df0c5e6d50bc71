"""Files that are either whole or not there, and their checksums."""

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Give a temporary name beside `path` to write to, and rename it into place; an error leaves `path` as it was."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_whole(path: Path, text: str, *, force: bool = True) -> None:
    """Write a text file whole, and force it to the disk before it gets its name unless told not to."""
    with whole(path) as temporary, temporary.open("w", encoding="utf-8") as file:
        file.write(text)
        if force:
            file.flush()
            os.fsync(file.fileno())


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
