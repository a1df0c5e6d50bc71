"""Packing: a dump that LAMMPS has finished, compressed by all ranks at once into one gzip stream, as pigz does it.

A stream of several members would be simpler, but OVITO reads the first of them only.
"""

import mmap
import shutil
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from nanokiln.structures.storage import whole

_LEVEL = 1  # coordinates of seven digits hardly shrink further at any other
_HEAD = b"\x1f\x8b\x08\0\0\0\0\0\x04\xff"  # of a gzip stream: deflate, no name, no time, fastest, any system
_MARK = b"ITEM: TIMESTEP\n"
_HEAD_ROWS = 9


@dataclass(frozen=True)
class OpenDump:
    """A dump that is closed by LAMMPS and not yet compressed, and the steps that are its own.

    The frame at its first step `begin` belongs to the dump before it, but for the first step of all; what comes after
    `end` was written on the way to a checkpoint that never was.
    """

    raw: Path
    begin: int
    end: int

    @property
    def packed(self) -> Path:
        """Where its compressed form lies."""
        return self.raw.with_suffix(".dump.gz")

    def piece(self, share: int) -> Path:
        """Return where one share of it lies until all of them are joined."""
        return self.raw.with_suffix(f".piece-{share}")

    def frames(self) -> list[slice]:
        """Return where its own frames lie in the file, in order; a last frame that was cut off is left out."""
        with _mapped(self.raw) as text:
            frames = [slice(a, b) for a, b in pairwise([*_starts(text), len(text)])]
            if frames and not _is_complete(text[frames[-1]]):
                frames.pop()
            return [frame for frame in frames if self._is_own(_step(text, frame.start))]

    def _is_own(self, step: int) -> bool:
        return self.begin < step <= self.end or step == self.begin == 0


def pack(dump: OpenDump, share: int = 0, shares: int = 1) -> None:
    """Compress one of so many shares of a dump's frames; ValueError where a frame inside the file is torn."""
    frames = dump.frames()
    mine = frames[share * len(frames) // shares : (share + 1) * len(frames) // shares]
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    with _mapped(dump.raw) as text, dump.piece(share).open("wb") as out:
        for frame in mine:
            rows = text[frame]
            if not _is_complete(rows):
                raise ValueError(f"{dump.raw} has a torn frame at step {_step(text, frame.start)}")
            out.write(packer.compress(rows))
        out.write(packer.flush(zlib.Z_FINISH if share == shares - 1 else zlib.Z_FULL_FLUSH))


def join(dump: OpenDump, shares: int = 1) -> int:
    """Join the shares of a dump into one gzip stream, remove them and the dump, and return its number of frames."""
    frames, checksum, size = dump.frames(), 0, 0
    with _mapped(dump.raw) as text:
        for frame in frames:
            checksum, size = zlib.crc32(text[frame], checksum), size + frame.stop - frame.start
    with whole(dump.packed) as part, part.open("wb") as out:
        out.write(_HEAD)
        for share in range(shares):
            with dump.piece(share).open("rb") as piece:
                shutil.copyfileobj(piece, out, 1 << 20)
        out.write(struct.pack("<LL", checksum, size % 2**32))
    for left in dump.raw.parent.glob(f"{dump.raw.stem}.piece-*"):  # also those of a session that was killed here
        left.unlink()
    return len(frames)


@contextmanager
def _mapped(path: Path) -> Iterator[mmap.mmap | bytes]:
    """Give the bytes of a file, read where they are looked at; an empty file cannot be mapped."""
    if path.stat().st_size == 0:
        yield b""
        return
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as text:
        yield text


def _starts(text: mmap.mmap | bytes) -> list[int]:
    found, at = [], text.find(_MARK)
    while at >= 0:
        found.append(at)
        at = text.find(_MARK, at + len(_MARK))
    return found


def _is_complete(frame: bytes) -> bool:
    head = frame.split(b"\n", 4)
    if len(head) < 5 or not head[3].strip().isdigit():
        return False
    return frame.endswith(b"\n") and frame.count(b"\n") == _HEAD_ROWS + int(head[3])


def _step(text: mmap.mmap | bytes, start: int) -> int:
    begin = start + len(_MARK)
    return int(text[begin : text.find(b"\n", begin)])
