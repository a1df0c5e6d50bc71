"""Arrows between rooms and between their sub-rooms run down only, without circles; the package list is whole."""

import ast
import re
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ("analysis", "hpc", "potentials", "structures", "workflows")
ALLOWED = {
    "workflows": {"analysis", "hpc", "potentials", "structures"},
    "analysis": {"structures"},
    "structures": set(),
    "potentials": {"structures"},
    "hpc": set(),
}
# What potentials may know of structures: the cited crystals, and files that are whole or not there.
OF_STRUCTURES = ("nanokiln.structures.crystals.", "nanokiln.structures.schema.", "nanokiln.structures.storage.")
# The sub-rooms of each room, from the lowest: each imports those before it only. "" are the files of the room itself.
FLOORS = {
    "structures": (
        "schema",
        "storage",
        "palette",
        "turned",
        "model",
        "crystals",
        "files",
        "builders",
        "catalogue",
        "output",
    ),
    "potentials": ("cards", "lammps", "basis", "training", "validation"),
    "hpc": ("launch", "processes", "signals", "ranks", "resources", "job", "site", "scheduler"),
    "analysis": (
        "measured",
        "trajectory",
        "motion",
        "lattice",
        "microscope",
        "measure",
        "clock",
        "film",
        "forecast",
        "experiment",
        "review2019",
        "report",
    ),
    "workflows": (
        "errors",
        "answer",
        "tabular",
        "recipe",
        "deck",
        "rundir",
        "engine",
        "joined",
        "source",
        "pipeline",
        "studies",
        "campaign",
        "file_schemas",
        "cli",
    ),
}
MOST_MODULES = 20
# Pages, the scripts that lay them out, and examples: no packages.
APART = (ROOT / "workflows" / "docs", ROOT / "workflows" / "examples")


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
            if room == "potentials" and parts[:2] == ["nanokiln", "structures"] and not name.startswith(OF_STRUCTURES):
                wrong.append(f"{path.relative_to(ROOT)} imports {name}")
            if room == "analysis" and parts[0] == "lammps":
                wrong.append(f"{path.relative_to(ROOT)} imports LAMMPS")
    assert not wrong


def modules(room: str) -> dict[str, Path]:
    """Return every module of a room by its dotted name."""
    out = {}
    for path in sorted((ROOT / room).rglob("*.py")):
        if set(APART) & set(path.parents):
            continue
        dotted = ".".join(("nanokiln", *path.relative_to(ROOT).with_suffix("").parts)).removesuffix(".__init__")
        out[dotted] = path
    return out


def arrows(room: str) -> set[tuple[str, str]]:
    """Return (importer, imported) between the modules of a room, a package's own `__init__` left out."""
    known = modules(room)
    out = set()
    for name, path in known.items():
        for imported in imported_modules(path):
            target = imported if imported in known else imported.rpartition(".")[0]
            if target in known and target != name and path.stem != "__init__":
                out.add((name, target))
    return out


@pytest.mark.parametrize("room", ROOMS)
def test_sub_rooms_import_only_downwards(room: str) -> None:
    floors = FLOORS[room]
    found = {name.split(".")[2] for name in modules(room) if name.count(".") > 1}
    assert found <= set(floors), "a sub-room without a floor"
    wrong = [
        f"{a} imports {b}"
        for a, b in sorted(arrows(room))
        if a.count(".") > 1 and (b.count(".") == 1 or floors.index(b.split(".")[2]) > floors.index(a.split(".")[2]))
    ]
    assert not wrong


@pytest.mark.parametrize("room", ROOMS)
def test_no_circles(room: str) -> None:
    below: dict[str, set[str]] = {}
    for a, b in arrows(room):
        below.setdefault(a, set()).add(b)
    settled: set[str] = set()
    names = {name for pair in below.items() for name in (pair[0], *pair[1])}
    while ready := {n for n in names - settled if below.get(n, set()) <= settled}:
        settled |= ready
    assert not names - settled, f"in or above a circle: {sorted(names - settled)}"


def test_no_folder_holds_more_than_twenty_modules() -> None:
    for room in ROOMS:
        for folder in {path.parent for path in modules(room).values()}:
            assert len([p for p in folder.glob("*.py") if p.stem != "__init__"]) <= MOST_MODULES, folder


def test_no_name_is_given_twice() -> None:
    places: dict[str, list[str]] = {}
    for room in ROOMS:
        for dotted, path in modules(room).items():
            if path.stem != "__init__":
                places.setdefault(f"module {path.stem}", []).append(dotted)
            for node in ast.parse(path.read_text()).body:
                if isinstance(node, ast.ClassDef):
                    places.setdefault(f"class {node.name}", []).append(dotted)
    assert not {name: where for name, where in places.items() if len(where) > 1}


def test_lammps_is_started_in_one_place_per_room() -> None:
    found = {
        str(path.relative_to(ROOT))
        for room in ROOMS
        for path in modules(room).values()
        if "lammps.lammps" in imported_modules(path)
    }
    assert found == {"potentials/lammps/session.py", "workflows/engine/engine.py"}


def test_constants_of_nature_come_from_scipy_or_ase() -> None:
    written = re.compile(r"8\.617\d|1\.3806\d|1\.6021\d|160\.21\d|6\.022\d|8\.314\d|1\.6605\d|96\.48\d|10\.364\d")
    wrong = [
        str(path.relative_to(ROOT))
        for folder in (*ROOMS, "tests")
        for path in sorted((ROOT / folder).rglob("*.py"))
        if path != Path(__file__) and written.search(path.read_text())
    ]
    assert not wrong


def test_every_folder_is_packaged() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    folders = {
        ".".join(("nanokiln", *p.parent.relative_to(ROOT).parts)) for room in ROOMS for p in modules(room).values()
    }
    assert set(project["packages"]) == folders
    assert set(project["package-dir"].values()) == set(ROOMS)


def test_every_package_that_is_imported_is_asked_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lines = [*project["dependencies"], *(one for group in project["optional-dependencies"].values() for one in group)]
    asked = {_plain(re.split(r"[^\w.-]", line)[0]) for line in lines} | {"gpaw", "nequix"}  # by hand: see the Makefile
    used = {name.split(".")[0] for room in ROOMS for path in modules(room).values() for name in imported_modules(path)}
    owners = {name: of for name, of in packages_distributions().items() if name in used - {"nanokiln"}}
    assert not {name for name, of in owners.items() if not {_plain(one) for one in of} & asked}


def _plain(distribution: str) -> str:
    return re.sub(r"[-_.]+", "-", distribution).lower()


def test_no_file_is_past_600_lines() -> None:
    long = [
        p for room in (*ROOMS, "tests") for p in (ROOT / room).rglob("*.py") if len(p.read_text().splitlines()) > 600
    ]
    assert not long
