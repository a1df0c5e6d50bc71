"""A structure file's bytes, whatever packed them."""

import bz2
import gzip
import lzma
from collections.abc import Callable
from pathlib import Path

_UNPACKERS: dict[bytes, Callable[[bytes], bytes]] = {
    b"\x1f\x8b": gzip.decompress,
    b"BZh": bz2.decompress,
    b"\xfd7zXZ\x00": lzma.decompress,
}


def content(path: Path) -> bytes:
    """Return the content of a file, unpacked where its first bytes say gz, bz2 or xz; ValueError where it is cut."""
    raw = path.read_bytes()
    unpack = next((unpack for magic, unpack in _UNPACKERS.items() if raw.startswith(magic)), None)
    if unpack is None:
        return raw
    try:
        return unpack(raw)
    except (OSError, EOFError, lzma.LZMAError) as error:
        raise ValueError(f"{path} cannot be unpacked ({error}): it is damaged; copy it again") from error
