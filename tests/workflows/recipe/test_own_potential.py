"""A recipe with a potential of the user's own: found beside the recipe, recorded, and held to."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from nanokiln.potentials.cards.card import lammps_potentials_folder
from nanokiln.structures.storage import sha256
from nanokiln.workflows.errors import InputError
from nanokiln.workflows.pipeline import begin
from nanokiln.workflows.recipe.recipe import load_recipe, parse_recipe
from nanokiln.workflows.rundir.prepared import setup_of
from nanokiln.workflows.rundir.record import PotentialRecord
from nanokiln.workflows.rundir.rundir import RunDirectory
from nanokiln.workflows.rundir.warnings import warnings_of

MINE = {
    "elements": ["Se", "Cd"],
    "pair_commands": ["pair_style sw", "pair_coeff * * mine.sw {elements}"],
    "files": ["mine.sw"],
}


@pytest.fixture
def own(write: Callable[..., Path]) -> Path:
    recipe = write(potential=MINE)
    shutil.copy(lammps_potentials_folder() / "CdTeZnSeHgS0.sw", recipe.with_name("mine.sw"))
    return recipe


def test_it_computes_what_the_shipped_card_of_the_same_file_does(
    own: Path, write: Callable[..., Path], tmp_path: Path
) -> None:
    mine, shipped = RunDirectory(tmp_path / "mine"), RunDirectory(tmp_path / "shipped")
    begin(load_recipe(own), mine)
    begin(load_recipe(write("other.yaml")), shipped)
    energies = [run.record.energy_as_built_eV_per_atom for run in (mine, shipped)]
    assert energies[0] == pytest.approx(energies[1], rel=1e-12)
    assert setup_of(mine).pair[1] == f"pair_coeff * * {own.with_name('mine.sw')} Cd Se"
    record = mine.record.potential
    assert record.files == {str(own.with_name("mine.sw")): sha256(own.with_name("mine.sw"))}
    assert record.tier == "own" and "nothing is known of its range" in mine.record.warnings[0]
    assert mine.recipe == load_recipe(own)  # the resolved recipe is a recipe


def test_a_changed_file_does_not_go_on_with_the_run(own: Path, tmp_path: Path) -> None:
    run = RunDirectory(tmp_path / "run")
    begin(load_recipe(own), run)
    own.with_name("mine.sw").write_text(own.with_name("mine.sw").read_text() + "# changed\n")
    with pytest.raises(InputError, match=r"is not the one that .* was begun with"):
        begin(load_recipe(own), run)


def test_the_seed_is_the_same_wherever_the_recipe_lies(own: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    for name in (own.name, "mine.sw"):
        shutil.copy(own.with_name(name), tmp_path / "elsewhere")
    assert load_recipe(tmp_path / "elsewhere" / own.name).seed == load_recipe(own).seed


def test_a_stated_range_is_held_against_the_programme(small_recipe) -> None:
    recipe = parse_recipe(small_recipe(potential={"ase": "ase.calculators.emt:EMT", "elements": ["Cu"]}))
    from nanokiln.potentials.cards.user_potential import card_of

    assert "nothing is known" in warnings_of(recipe, PotentialRecord.of(card_of(recipe.potential)))[0]
    stated = recipe.model_copy(update={"potential": recipe.potential.model_copy(update={"validated_K": (0, 350)})})
    assert "above the 350 K" in warnings_of(stated, PotentialRecord.of(card_of(stated.potential)))[0]


@pytest.mark.parametrize(
    ("potential", "expected"),
    [
        (3, "potential: give the name of a potential, or a mapping"),
        ({**MINE, "fils": []}, "unknown key 'potential.fils'; did you mean 'files'"),
        ({"pair_commands": ["pair_style sw"]}, "potential.elements: Field required"),
        ({**MINE, "pair_commands": ["pair_coeff * *"]}, "the first must be a pair_style"),
        ({"ase": "x", "elements": ["Cu"], "reach_A": -1}, "potential.reach_A: Input should be greater than 0"),
    ],
)
def test_faults_are_named(potential: object, expected: str, small_recipe) -> None:
    with pytest.raises(InputError) as error:
        parse_recipe(small_recipe(potential=potential))
    assert expected in str(error.value)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"files": ["other.sw"], "pair_commands": ["pair_style sw", "pair_coeff * * other.sw Cd Se"]}, "no file"),
        ({"elements": ["Cd"]}, "covers Cd but the model also has Se"),
        ({"pair_commands": ["pair_style swx", "pair_coeff * * mine.sw {elements}"]}, "Unrecognized pair style 'swx'"),
    ],
)
def test_what_cannot_run_is_refused_before_it_starts(own: Path, change: dict, expected: str, tmp_path: Path) -> None:
    data = yaml.safe_load(own.read_text())
    own.write_text(yaml.safe_dump({**data, "potential": MINE | change}))
    with pytest.raises(InputError, match=expected):
        begin(load_recipe(own), RunDirectory(tmp_path / "run"))
    assert not (tmp_path / "run").exists()
