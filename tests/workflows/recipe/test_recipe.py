"""Recipes: what is valid, and that what is not gets one clear error."""

from collections.abc import Callable

import pytest
import yaml

from nanokiln.workflows.errors import InputError
from nanokiln.workflows.recipe.recipe import list_recipes, load_recipe, parse_recipe


def test_shipped_recipes_load_and_resolve_to_themselves() -> None:
    assert "cdse-cu3p-cdse" in list_recipes()
    for name in list_recipes():
        recipe = load_recipe(name)
        assert parse_recipe(yaml.safe_load(recipe.to_yaml())) == recipe


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"temperatur": 3}, "unknown key 'temperatur'"),
        ({"potentail": "x"}, "did you mean 'potential'"),
        ({"bath": {"kind": "csvr", "damping_fs": 1}}, "unknown key 'bath.damping_fs'; did you mean 'damping_ps'"),
        ({"bath": {"kind": "andersen"}}, "bath.kind"),
        ({"timestep_fs": -1}, "timestep_fs: Input should be greater than 0 (given: -1)"),
        ({"programme": []}, "programme"),
        ({"programme": [{"kind": "hold", "duration_ps": 1}]}, "first step must be `kind: equilibrate`"),
    ],
)
def test_faults_are_named_with_a_remedy(change: dict, expected: str, small_recipe) -> None:
    with pytest.raises(InputError, match="recipe: ") as error:
        parse_recipe(small_recipe(**change))
    assert expected in str(error.value)


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        ({"kind": "ramp", "to_K": 500, "rate_K_per_ps": -5}, "programme[1].rate_K_per_ps: Input should be greater"),
        ({"kind": "ramp", "to_K": 500, "rate_K_per_s": 5}, "unknown key 'programme[1].rate_K_per_s'; did you mean"),
        ({"kind": "hold", "temperature_K": 500}, "unknown key 'programme[1].temperature_K'"),
        ({"kind": "boil"}, "programme"),
    ],
)
def test_faults_inside_the_programme_are_located(step: dict, expected: str, small_recipe) -> None:
    programme = [{"kind": "equilibrate", "temperature_K": 300}, step]
    with pytest.raises(InputError) as error:
        parse_recipe(small_recipe(programme=programme))
    assert expected in str(error.value)


def test_an_unknown_recipe_names_the_nearest() -> None:
    with pytest.raises(InputError, match="did you mean 'cdse-cu3p-cdse'"):
        load_recipe("cdse-cu3p")


def test_the_cadence_nests(small_recipe) -> None:
    recipe = parse_recipe(small_recipe(output={"thermo_ps": 0.013, "frame_ps": 0.1, "checkpoint_ps": 0.55}))
    thermo, frame, checkpoint = recipe.cadence
    assert frame % thermo == 0
    assert checkpoint % frame == 0
    assert all(stage.steps % frame == 0 for stage in recipe.stages)


def test_the_seed_is_a_hash_of_the_recipe_without_its_prose(small_recipe) -> None:
    recipe = parse_recipe(small_recipe())
    assert recipe.seed == parse_recipe(small_recipe(description="other words")).seed
    assert recipe.seed != parse_recipe(small_recipe(timestep_fs=1)).seed
    assert recipe.seed != parse_recipe(small_recipe(replica=2)).seed
    assert 0 < recipe.seed < 900_000_000


def test_a_study_is_one_run_per_rate_and_replica(small_recipe) -> None:
    study = parse_recipe(small_recipe(study={"rates_K_per_ps": [50, 100], "replicas": 2}))
    runs = study.variants()
    assert list(runs) == ["rate-50-replica-1", "rate-50-replica-2", "rate-100-replica-1", "rate-100-replica-2"]
    ramps = {name: next(s for s in run.stages if "ramp" in s.name).steps for name, run in runs.items()}
    assert ramps["rate-50-replica-1"] == 2 * ramps["rate-100-replica-1"]
    assert len({run.seed for run in runs.values()}) == 4
    assert list(parse_recipe(small_recipe()).variants()) == [""]


def test_what_frames_change_is_said_and_what_they_would_stretch_refused(
    small_recipe: Callable[..., dict],
) -> None:
    told = small_recipe()
    assert parse_recipe(told).roundings == ()
    hold = [*told["programme"][:2], {"kind": "hold", "duration_ps": 0.36}]
    assert parse_recipe(small_recipe(programme=hold)).roundings == (
        "stage 03-hold-400K is 0.4 ps where 0.36 ps was asked: stages are whole frames of 0.1 ps",
    )
    output = {"thermo_ps": 0.02, "frame_ps": 0.05, "checkpoint_ps": 0.2}
    said = parse_recipe(small_recipe(output=output)).roundings
    assert said[0].startswith("output.frame_ps is 0.04 ps where 0.05 ps was asked")
    short = [*told["programme"][:1], {"kind": "ramp", "to_K": 320, "rate_K_per_ps": 500}]
    with pytest.raises(InputError, match=r"would last 0\.04 ps, less than one frame of 0\.1 ps"):
        parse_recipe(small_recipe(programme=short))
    with pytest.raises(InputError, match="two runs would be called rate-100-"):
        parse_recipe(small_recipe(study={"rates_K_per_ps": [100, 100.0000001]}))
    with pytest.raises(InputError, match="not true or false"):
        parse_recipe(small_recipe(timestep_fs=True))
