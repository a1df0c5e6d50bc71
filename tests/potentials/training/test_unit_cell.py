"""Every crystal stands in one place, and what is made of it is what it was."""

import hashlib
import json

import pytest
import yaml
from pydantic import ValidationError

from nanokiln.potentials.cards.card import DATA
from nanokiln.potentials.training.system import System, TrainingPhase
from nanokiln.potentials.training.unit_cell import rest_cell
from nanokiln.potentials.validation.subjects import Subjects
from nanokiln.structures.crystals.phases import phase_names

# SHA-256 of the phases of each system, numbers and all, as the shipped labels were made from them.
FITTED_WITH = {
    "au-cd-se": "8eedd4678603897a80426a790b4dd17be4c69a6e65e13ffac69738c17134c340",
    "bi-cu-se-te": "096505ce8e958049d93c19975cd21d3cee8b6b6ecd66250b39cca57059428779",
    "cd-cu-s": "4b3414776cfff1895f7444ffff5c9fe8019186445e39953afca6ee3c1a6e3e98",
    "cd-pb-s": "00d979e4a0f9ec76a144758f99cb0c1d8e3976819cbda5e58ee88f40a4abdaca",
    "cd-pb-se": "cc507342dde5170b5354a9e0374762164c39c261448813abd1af6d321270c9c8",
}


@pytest.mark.parametrize("name", FITTED_WITH)
def test_the_crystals_of_a_system_are_those_its_labels_were_made_from(name: str) -> None:
    phases = {key: phase.model_dump(mode="json") for key, phase in System.load(name).phases.items()}
    assert hashlib.sha256(json.dumps(phases, sort_keys=True).encode()).hexdigest() == FITTED_WITH[name]


def test_no_system_writes_a_crystal_out() -> None:
    for path in (DATA / "systems").glob("*.yaml"):
        for name, told in yaml.safe_load(path.read_text()).get("phases", {}).items():
            assert "cell" not in told, f"{path.stem}: {name}"


def test_what_is_validated_is_the_phase_that_models_are_built_of() -> None:
    told = Subjects.load().phases
    written_out = {name for name, subject in told.items() if subject.phase is None}
    assert written_out == {"Se", "P", "Cu2S"} and not written_out & set(phase_names())
    measured = {(name, q): value for name, subject in told.items() for q, value, _ in subject.measured()}
    assert (measured["CdSe-wz", "a"], measured["CdSe-wz", "c"], measured["CdSe-wz", "C44"]) == (4.2985, 7.015, 13.2)
    assert measured["Cu2Se", "a"] == 5.859  # what the entry states goes before its phase
    assert ("Cu3P", "C11") not in measured  # computed, not measured


def test_a_cell_at_rest_is_known_by_its_teacher() -> None:
    ours, theirs = rest_cell("nequix/CdSe-wz"), rest_cell("chgnet/CdSe-wz")
    assert ours.cell != theirs.cell and ours.spacegroup == theirs.spacegroup == 186
    phase = TrainingPhase.model_validate({"at_rest": "chgnet/CdSe-wz", "repeat": (2, 2, 2)})
    assert phase.atoms() == theirs.atoms() and phase.repeat == (2, 2, 2)
    with pytest.raises(ValidationError, match="no crystal at rest is called 'chgnet/CdSe'; there are: chgnet/Au"):
        TrainingPhase.model_validate({"at_rest": "chgnet/CdSe"})
