"""Packing: however many ranks share the work, one gzip stream with every frame once."""

import zlib
from pathlib import Path

import pytest

from nanokiln.workflows.rundir.packing import OpenDump, join, pack


def frame(step: int, atoms: int = 3) -> str:
    box = "ITEM: BOX BOUNDS ff ff ff\n0 1\n0 1\n0 1\n"
    rows = "".join(f"{atom} {step + atom / 7:.7f}\n" for atom in range(atoms))
    return f"ITEM: TIMESTEP\n{step}\nITEM: NUMBER OF ATOMS\n{atoms}\n{box}ITEM: ATOMS id x\n{rows}"


def one_stream(path: Path) -> str:
    """Text of the first gzip member, which must be the only one: OVITO reads no further."""
    unpack = zlib.decompressobj(wbits=31)
    text = unpack.decompress(path.read_bytes())
    assert unpack.eof and not unpack.unused_data
    return text.decode()


@pytest.mark.parametrize("shares", [1, 2, 3, 9])
def test_any_number_of_shares_makes_the_same_text(tmp_path: Path, shares: int) -> None:
    raw = tmp_path / "segment-100.dump"
    raw.write_text("".join(map(frame, (100, 150, 200, 250, 300, 350))) + frame(400)[:-3])
    raw.with_suffix(".piece-40").write_bytes(b"of more ranks, killed")
    dump = OpenDump(raw, 100, 300)
    for share in range(shares):
        pack(dump, share, shares)
    assert join(dump, shares) == 4
    assert one_stream(dump.packed) == "".join(map(frame, (150, 200, 250, 300)))
    assert [path.name for path in tmp_path.iterdir() if path != raw] == ["segment-100.dump.gz"]


@pytest.mark.parametrize("text", ["", "ITEM: TIMESTEP\n0\nITEM: NUM", frame(0)[:-1], frame(0)[:60]])
def test_a_dump_without_a_whole_frame_becomes_an_empty_segment(tmp_path: Path, text: str) -> None:
    raw = tmp_path / "segment-0.dump"
    raw.write_text(text)
    pack(dump := OpenDump(raw, 0, 100))
    assert join(dump) == 0
    assert one_stream(dump.packed) == ""


def test_a_frame_torn_inside_the_file_is_refused(tmp_path: Path) -> None:
    raw = tmp_path / "segment-0.dump"
    raw.write_text(frame(0) + frame(50)[:-12] + frame(100))
    with pytest.raises(ValueError, match="torn frame at step 50"):
        pack(OpenDump(raw, 0, 100))
