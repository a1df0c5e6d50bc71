"""`build` writes what the file's name says, from a recipe or a shipped model, and refuses the rest before building."""

from pathlib import Path

import ase.io
import pytest

from nanokiln.structures.model import Model
from nanokiln.workflows import build
from nanokiln.workflows.cli.build_commands import tell
from nanokiln.workflows.errors import InputError
from nanokiln.workflows.pipeline import heats_another
from nanokiln.workflows.recipe.cost import measured_costs
from nanokiln.workflows.recipe.recipe import load_recipe


def test_recipe_and_its_own_model_are_the_same(tmp_path: Path) -> None:
    one = build("cdse-cu3p-cdse", tmp_path / "a.extxyz")
    back = Model.read(tmp_path / "a.extxyz")
    assert back.elements == one.elements
    assert abs(back.atoms.positions - one.atoms.positions).max() < 1e-6
    build("cdse-cu3p-cdse-slab", tmp_path / "slab.cif")
    assert ase.io.read(tmp_path / "slab.cif").get_chemical_formula() == "Cd24Cu36P12Se24"


def test_a_recipe_that_heats_another_size_of_its_namesake_is_told_apart(tmp_path: Path) -> None:
    assert heats_another("cdse-rod-au-small") and heats_another("cdse-cu3p-cdse-slab")
    assert not heats_another("cu2se-sphere-small") and not heats_another("cdse-crystal") and not heats_another("none")
    shipped = build("cdse-rod-au-small", tmp_path / "a.extxyz")
    heated = build(load_recipe("cdse-rod-au-small"), tmp_path / "b.extxyz")
    assert len(heated.atoms) == measured_costs()["cdse-rod-au-small"].atoms < len(shipped.atoms)


def test_summary_is_measured_on_the_atoms(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tell(build("cdse-cu3p-cdse-slab", tmp_path / "slab.data"), tmp_path / "slab.data")
    text = capsys.readouterr().out
    assert "96 atoms, periodic along xyz" in text
    assert "+6.982 %" in text


@pytest.mark.parametrize(
    ("name", "out", "says"),
    [
        ("cdse-cu3p-cds", "a.extxyz", "did you mean 'cdse-cu3p-cdse'"),
        ("cdse-cu3p-cdse", "a.cif", "is not periodic"),
        ("cdse-cu3p-cdse", "a.docx", "cannot tell a format"),
    ],
)
def test_what_cannot_be_done_is_said(tmp_path: Path, name: str, out: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        build(name, tmp_path / out)
    assert not list(tmp_path.iterdir())
