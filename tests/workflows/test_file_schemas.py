"""The published schemas accept what ships and what is written, and refuse what the program refuses."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from nanokiln.analysis.measured import Measured
from nanokiln.hpc.site import Site
from nanokiln.potentials.cards.card import list_cards
from nanokiln.workflows.file_schemas import SCHEMAS, schema_of
from nanokiln.workflows.recipe.recipe import list_recipes, load_recipe

jsonschema = pytest.importorskip("jsonschema")
ROOT = Path(__file__).parents[2]
RECORDS = sorted((ROOT / "analysis" / "review2019" / "runs").glob("*.json"))
EXAMPLES = ROOT / "workflows" / "examples"


def faults(name: str, told: Any) -> list[str]:
    return [one.message for one in jsonschema.Draft202012Validator(schema_of(name)).iter_errors(told)]


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_is_one(name: str) -> None:
    schema = schema_of(name)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["title"] == name and schema["properties"]
    json.dumps(schema, allow_nan=False)


def test_every_record_that_ships_is_as_published() -> None:
    assert len(RECORDS) > 10
    for path in RECORDS:
        told = json.loads(path.read_text())
        assert faults("results", told) == [], path.name
        assert faults("results", json.loads(json.dumps(Measured.read(path).to_json()))) == [], path.name


@pytest.mark.parametrize("damage", ["schema", "origin", "rows", "unknown", "value"])
def test_what_is_no_record_is_refused(damage: str) -> None:
    told = copy.deepcopy(json.loads(RECORDS[0].read_text()))
    if damage == "unknown":
        told["rows"][0]["valeu"] = 3
    elif damage == "value":
        told["rows"][0]["value"] = "3"
    else:
        del told[damage]
    assert faults("results", told)


def test_recipes_cards_and_examples_are_as_published() -> None:
    for name in list_recipes():
        assert faults("recipe", yaml.safe_load(load_recipe(name).to_yaml())) == [], name
    for card in list_cards():
        assert faults("card", card.model_dump(mode="json")) == [], card.name
    for path, name in (
        ("gap-map/rod.yaml", "clock"),
        ("film/scene.yaml", "film"),
        ("minutes/own.yaml", "own-experiment"),
        ("cluster/site.yaml", "site"),
        ("own-structure/mine.yaml", "recipe"),
        ("heating-rates/rates.yaml", "recipe"),
        ("own-potential/morse.yaml", "recipe"),
        ("own-experiment/my-discs/facts.yaml", "facts"),
        ("own-experiment/my-discs/scenes.yaml", "clock"),
    ):
        assert faults(name, yaml.safe_load((EXAMPLES / path).read_text())) == [], path
    assert faults("site", {"schedular": "slurm"}) and faults("recipe", {"name": "x"})
    assert faults("site", Site().model_dump(mode="json")) == []
