"""Dumps, xyz, data and structure files as they come out of accidents: each is read or refused in one line."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import ase
import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nanokiln.analysis.trajectory.foreign import Said, open_foreign
from nanokiln.structures.files.structure import read_structure

CASES = Path(__file__).parents[2] / "data" / "cases"
PACKED = {".xz", ".bz2", ".gz"}
TRAJECTORIES = sorted(path for path in (CASES / "trajectories").iterdir() if path.suffix not in PACKED)
STRUCTURES = sorted((CASES / "structures").iterdir())
SAID = (Said(timestep_ps=0.001), Said(elements=("Cu", "Se"), timestep_ps=0.001), Said(), Said(units="real"))
WORDS = (
    *("nan", "inf", "-1", "0", "1e400", "1e300", "-1e-300", "99999999999999999999", "9" * 30, "1.5", "0x10", "1_0"),
    *("", "Cu", "X", "²", "٣", "4D0", "+", "'", '"', "pp", "xy xz yz", "ITEM:", "ITEM: TIMESTEP", "Lattice=", "---"),
    *("{", "[", "&a", "*a", "data:", "atoms", "Atoms", "loop_", "#", "\x00", "\x1b[31m", "\r", "\t", "\n", "\n\n"),
)
LONGEST_LINE = 3000
InTime = Callable[[], AbstractContextManager[None]]

several = settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


@st.composite
def mangled(draw: Callable[..., object], originals: list[Path]) -> tuple[Path, bytes]:
    """One of the originals with one to four accidents: words, lines and bytes lost, doubled, swapped or foreign."""
    path: Path = draw(st.sampled_from(originals))  # type: ignore[assignment]
    text = path.read_bytes()
    for _ in range(draw(st.integers(1, 4))):  # type: ignore[call-overload]
        text = draw(st.sampled_from(ACCIDENTS))(draw, text)  # type: ignore[operator]
    return path, text


def _word(draw: Callable[..., object], text: bytes) -> bytes:
    spans = [found.span() for found in re.finditer(rb"[^\s,=\[\]\"]+", text)]
    if not spans:
        return text
    begin, end = draw(st.sampled_from(spans))  # type: ignore[misc]
    return text[:begin] + str(draw(st.sampled_from(WORDS))).encode() + text[end:]


def _lines(draw: Callable[..., object], text: bytes) -> bytes:
    lines = text.splitlines(keepends=True) or [b""]
    at, other = (draw(st.integers(0, len(lines) - 1)) for _ in range(2))
    what = draw(st.sampled_from(["lose", "double", "swap"]))
    if what == "swap":
        lines[at], lines[other] = lines[other], lines[at]  # type: ignore[index]
    else:
        lines[at : at + 1] = [] if what == "lose" else [lines[at]] * 2  # type: ignore[index, operator, misc]
    return b"".join(lines)


def _bytes(draw: Callable[..., object], text: bytes) -> bytes:
    at: int = draw(st.integers(0, len(text)))  # type: ignore[assignment]
    return text[:at] + draw(st.binary(max_size=3)) + text[at + draw(st.integers(0, 3)) :]  # type: ignore[operator]


def _cut(draw: Callable[..., object], text: bytes) -> bytes:
    return text[: draw(st.integers(0, len(text)))]  # type: ignore[misc]


ACCIDENTS = (_word, _word, _word, _lines, _bytes, _cut)


def in_one_line(error: Exception) -> bool:
    text = str(error)  # control characters are written out where it is shown
    return len(text.splitlines()) == 1 and len(text) < LONGEST_LINE


@several
@given(mangled(TRAJECTORIES), st.sampled_from(SAID))
def test_trajectories(tmp_path: Path, in_time: InTime, file: tuple[Path, bytes], said: Said) -> None:
    path = tmp_path / file[0].name
    path.write_bytes(file[1])
    try:
        with in_time():
            found = open_foreign([path], tmp_path / "out.h5", said)
    except ValueError as error:
        assert in_one_line(error)
        assert path.name in str(error) or "the trajectory" in str(error) or "--" in str(error)
        return
    with found.trajectory as trajectory:
        assert all(np.isfinite(frame.positions[frame.present]).all() for frame in trajectory.frames())
        assert all(len(warning.splitlines()) == 1 for warning in found.warnings)


@several
@given(mangled(STRUCTURES))
def test_structures(tmp_path: Path, in_time: InTime, file: tuple[Path, bytes]) -> None:
    path = tmp_path / file[0].name
    path.write_bytes(file[1])
    try:
        with in_time():
            atoms = read_structure(path)
    except ValueError as error:
        assert in_one_line(error)
        assert path.name in str(error)
        return
    assert isinstance(atoms, ase.Atoms) and len(atoms)
    assert np.isfinite(atoms.positions).all()
