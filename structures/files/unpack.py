"""Text of a file as it was written, whatever packed it: gz, bz2, xz and zstd are told by their first bytes."""

import bz2
import lzma
import zlib
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import Protocol

import polars as pl

_CHUNK = 1 << 21
_BOM = b"\xef\xbb\xbf"
_ZSTD = b"\x28\xb5\x2f\xfd"


class _Unpacker(Protocol):
    """What zlib, bz2 and lzma have in common."""

    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, /) -> bytes: ...


_UNPACKERS: dict[bytes, Callable[[], _Unpacker]] = {
    b"\x1f\x8b": lambda: zlib.decompressobj(wbits=31),
    b"BZh": bz2.BZ2Decompressor,
    b"\xfd7zXZ\x00": lzma.LZMADecompressor,
}


def chunks(path: Path) -> Iterator[bytes]:
    """Yield the text of a file piece by piece, without a byte-order mark and with Unix line ends.

    Of a packed file cut off by a kill, all that can be unpacked. ValueError: the file is not what its first bytes say.
    """
    pieces = _raw(path)
    first = next(pieces, b"").removeprefix(_BOM)
    if b"\r\n" not in first[:4096]:
        yield first
        yield from pieces
        return
    rest = b""
    for piece in chain([first], pieces):
        text = rest + piece
        rest = b"\r" if text.endswith(b"\r") else b""  # its \n may come with the next piece
        yield text.removesuffix(b"\r").replace(b"\r\n", b"\n")


def opening(path: Path, size: int = 4096) -> bytes:
    """Return the first bytes of a file's text, by which its format is told."""
    return next(chunks(path), b"")[:size]


def content(path: Path) -> bytes:
    """Return the whole text of a file."""
    return b"".join(chunks(path))


def _raw(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        first = stream.read(6)
        stream.seek(0)
        if first.startswith(_ZSTD):
            yield from _zstd(path)
            return
        new = next((new for magic, new in _UNPACKERS.items() if first.startswith(magic)), None)
        if new is None:
            while chunk := stream.read(_CHUNK):
                yield chunk
            return
        unpack = new()
        while chunk := stream.read(_CHUNK // 4):
            while chunk:
                try:
                    text = unpack.decompress(chunk)
                except (zlib.error, OSError, lzma.LZMAError) as error:
                    raise ValueError(f"{path} cannot be unpacked ({error}): it is damaged; copy it again") from error
                yield text
                chunk = unpack.unused_data
                if unpack.eof:  # a file may be several members one after another
                    unpack = new()


def _zstd(path: Path) -> Iterator[bytes]:
    """The lines of a zstd file, which polars unpacks; Python's own library does from 3.14 on."""
    try:
        table = pl.read_csv(
            path,
            separator="\x01",
            has_header=False,
            new_columns=["line"],
            quote_char=None,
            schema_overrides={"line": pl.String},
            infer_schema=False,
        )
    except (pl.exceptions.PolarsError, OSError) as error:
        raise ValueError(f"{path} cannot be unpacked ({error}): unpack it with `zstd -d` and give that file") from error
    for part in table["line"].to_frame().iter_slices(1 << 16):
        yield ("\n".join(part["line"].fill_null("").to_list()) + "\n").encode()
