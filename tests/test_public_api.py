"""The guard of the public interface sees a name that is gone and an argument that was added, and nothing else."""

import importlib.util
from pathlib import Path

import pytest

pytest.importorskip("griffe")
PLACE = Path(__file__).parents[1] / "workflows" / "docs" / "api_breaks.py"
_spec = importlib.util.spec_from_file_location("api_breaks", PLACE)
assert _spec is not None and _spec.loader is not None
guarding = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(guarding)


def tree(place: Path, offered: str, code: str) -> Path:
    for room in guarding.ROOMS:
        (place / room).mkdir(parents=True)
        (place / room / "__init__.py").write_text("")
        (place / room / "__init__.pyi").write_text("")
    (place / "structures" / "__init__.pyi").write_text(f"from .heat import {offered}\n")
    (place / "structures" / "heat.py").write_text(code)
    return place


def test_breaks_are_told_and_private_changes_are_not(tmp_path: Path) -> None:
    before = tree(
        tmp_path / "a", "heat, cool", "def heat(to_K): ...\ndef cool(): ...\ndef _rest(): ...\ndef aside(): ...\n"
    )
    after = tree(tmp_path / "b", "heat", "def heat(to_K, rate): ...\ndef cool(): ...\n")
    told = guarding.breaks(before, after)
    assert [line.partition(": ")[0] for line in told] == ["structures.heat.cool", "structures.heat.heat"], told
    assert guarding.breaks(after, after) == []
