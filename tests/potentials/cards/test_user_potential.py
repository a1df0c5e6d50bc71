"""Potentials written into a recipe: what their commands become, what is recorded, what is refused."""

import shutil
from pathlib import Path

import pytest
from pydantic import TypeAdapter, ValidationError

from nanokiln.potentials.cards.card import PotentialError, lammps_potentials_folder
from nanokiln.potentials.cards.user_potential import OwnCalculator, OwnPair, Potential, card_of, placed, unplaced
from nanokiln.structures.storage import sha256

COPPER = {
    "elements": ["Cu"],
    "pair_commands": ["pair_style eam/alloy", "pair_coeff * * my.eam.alloy {elements}"],
    "files": ["my.eam.alloy"],
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    here = tmp_path / "with space"
    here.mkdir()
    shutil.copy(lammps_potentials_folder() / "Cu_mishin1.eam.alloy", here / "my.eam.alloy")
    return here


def test_files_become_paths_with_their_checksums(folder: Path) -> None:
    card = card_of(placed(OwnPair.model_validate(COPPER), folder))
    path = folder / "my.eam.alloy"
    assert card.commands(("Cu",)) == ("pair_style eam/alloy", f'pair_coeff * * "{path}" Cu')
    assert [(file.path, file.sha256) for file in card.files] == [(str(path), sha256(path))]
    assert card.tier == "own" and card.validated_K == (0, 0) and card.faults
    card.check()
    path.write_text("something else")
    with pytest.raises(PotentialError, match="the file was changed"):
        card.check()


def test_what_a_seed_sees_does_not_depend_on_the_folder(folder: Path) -> None:
    mine = OwnPair.model_validate(COPPER)
    assert unplaced(placed(mine, folder)) == unplaced(mine)
    assert unplaced("cd-cu-p-se-pod") == "cd-cu-p-se-pod"


def test_a_file_of_the_lammps_package_needs_no_path() -> None:
    told = COPPER | {"pair_commands": ["pair_style eam", "pair_coeff 1 1 Cu_u3.eam"], "files": ["lammps:Cu_u3.eam"]}
    card = OwnPair.model_validate(told).card()
    assert card.commands(("Cu",))[1].endswith("/Cu_u3.eam")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"pair_commands": ["pair_coeff * * my.eam.alloy Cu"]}, "the first must be a pair_style"),
        ({"pair_commands": [*COPPER["pair_commands"], "units real"]}, "this is not: 'units real'"),
        ({"files": ["my.eam.alloy", "other.eam"]}, "no pair command names other.eam"),
        ({"elements": []}, "elements"),
        ({"fils": []}, "Extra inputs"),
    ],
)
def test_nonsense_is_refused(change: dict, expected: str) -> None:
    with pytest.raises(ValidationError, match=expected):
        OwnPair.model_validate(COPPER | change)


def test_files_that_are_missing_or_not_named_are_refused(folder: Path) -> None:
    with pytest.raises(PotentialError, match=r"no file .*elsewhere/my.eam.alloy"):
        card_of(placed(OwnPair.model_validate(COPPER), folder / "elsewhere"))
    unnamed = ["pair_style eam/alloy", "pair_coeff * * Cu_mishin1.eam.alloy Cu"]
    with pytest.raises(PotentialError, match=r"name Cu_mishin1\.eam\.alloy; add it to `files`"):
        OwnPair.model_validate(COPPER | {"pair_commands": unnamed, "files": []}).card()


def test_a_calculator_is_known_by_its_source() -> None:
    card = OwnCalculator(ase="ase.calculators.emt:EMT", elements=("Cu",), reach_A=5.0).card()
    assert card.calculator == "ase.calculators.emt:EMT" and card.cutoff_A == 5.0
    assert "ase 3" in card.source and Path(card.files[0].path).name == "emt.py"
    for name in ("emt", "ase.calculators.nowhere:EMT", "no_such_package.module:EMT"):
        with pytest.raises(PotentialError, match="no ASE calculator"):
            OwnCalculator(ase=name, elements=("Cu",)).card()


def test_the_keys_decide_the_kind() -> None:
    kinds = TypeAdapter(Potential)
    assert kinds.validate_python("cd-cu-p-se-pod") == "cd-cu-p-se-pod"
    assert isinstance(kinds.validate_python(COPPER), OwnPair)
    assert isinstance(kinds.validate_python({"ase": "chgnet", "elements": ["Cu"]}), OwnCalculator)
    with pytest.raises(ValidationError, match="give the name of a potential"):
        kinds.validate_python(3)
