"""A model without a recipe gets the obvious one, which says where it comes from."""

import pytest

from nanokiln.structures import catalogue
from nanokiln.workflows.errors import InputError
from nanokiln.workflows.recipe.both_programmes import beside
from nanokiln.workflows.recipe.obvious import find_recipe, obvious_recipe, phases_of
from nanokiln.workflows.recipe.recipe import list_recipes, load_recipe


def test_a_shipped_recipe_is_itself() -> None:
    assert find_recipe("cdse-cu3p-cdse") == load_recipe("cdse-cu3p-cdse")


def test_a_model_like_one_with_a_recipe_is_heated_like_it() -> None:
    found = find_recipe("cdse-wire-small")
    assert found.programme == load_recipe("cdse-crystal-small").programme
    assert found.experiment.group == "C"
    assert found.experiment.facts == ()  # nobody made it for these
    assert "No recipe heats cdse-wire-small" in found.description
    assert found.model == {"preset": "cdse-wire-small"}


def test_a_model_like_none_gets_a_potential_by_its_elements() -> None:
    found = obvious_recipe("bi2se3-plate")
    assert found.potential == "bi-cu-se-te"
    assert found.experiment is None
    assert beside(found) == ()


def test_every_model_has_a_recipe_or_a_sentence() -> None:
    for name in catalogue.models():
        if name not in list_recipes():
            assert find_recipe(name).name == name


def test_phases_of_scenes_are_those_of_their_particles() -> None:
    assert phases_of("cu2se-cdse-rod") == {"CdSe-wz", "Cu2Se"}


def test_an_unknown_name_is_refused_as_ever() -> None:
    with pytest.raises(InputError, match="did you mean 'cdse-cu3p-cdse'"):
        find_recipe("cdse-cu3p")


def test_both_programmes_are_told() -> None:
    first, second = beside(load_recipe("cdse-cu3p-cdse"))
    assert first.startswith("The microscope held 300 °C for 15 min")
    assert "27 °C for 2 ps, 177 °C for 2.4 ps, 327 °C for 2.4 ps" in second
    assert second.endswith("does not hold 300 °C, 350 °C, 400 °C; 14 decades less than the 45 min there.")
