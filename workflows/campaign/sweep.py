"""A sweep: what a person writes to have one recipe in many variants."""

import itertools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import Field, ValidationError

from nanokiln.structures.schema.explain import explain
from nanokiln.structures.schema.number_types import Count, Positive
from nanokiln.structures.schema.plain_text import PlainName
from nanokiln.structures.schema.plain_yaml import PlainYamlError, read_yaml
from nanokiln.workflows.errors import InputError
from nanokiln.workflows.recipe.programme import Settings
from nanokiln.workflows.recipe.recipe import Recipe, load_recipe, parse_recipe

Value = str | int | float
_MOST_POINTS = 2000


@dataclass(frozen=True)
class CampaignPoint:
    """One run of a campaign: the name of its folder, what it varies by the keys of the campaign, its replica, and its
    recipe."""

    name: str
    setting: Mapping[str, Value]
    replica: int
    recipe: Recipe


class Sweep(Settings):
    """One recipe (shipped, by name, or a file beside the campaign) in every combination of the values in `vary`.

    Keys of `vary` are places in the recipe, as `potential`, `model.preset` or `programme.*.rate_K_per_ps`, where `*`
    stands for every item that has the rest. Each combination is run `replicas` times with other seeds. `ranks`,
    `threads` and `walltime_min` are those of one run, `mem_MB` is a rank's or a report's; a run that fails for a reason
    of the machine is tried `retries` times more.
    """

    name: PlainName
    recipe: str
    vary: dict[str, Annotated[tuple[Value, ...], Field(min_length=1)]] = Field(default_factory=dict)
    replicas: Count = 3
    ranks: Count = 1
    threads: Count = 1
    walltime_min: Positive = 240
    mem_MB: Count = 1000  # the report of 892 atoms and 100 frames takes 360
    retries: Annotated[int, Field(ge=0, le=10)] = 1

    def points(self, folder: Path) -> tuple[CampaignPoint, ...]:
        """Return every run; `folder` is where a recipe's path begins. InputError names the point that cannot be."""
        source = folder / self.recipe if Path(self.recipe).suffix in {".yaml", ".yml"} else self.recipe
        recipe = load_recipe(source)
        if recipe.study is not None:
            raise InputError(f"recipe {recipe.name}: leave its `study` out; replicas and rates are the campaign's")
        combinations = list(itertools.product(*self.vary.values()))
        if (count := len(combinations) * self.replicas) > _MOST_POINTS:
            raise InputError(f"campaign {self.name}: at most {_MOST_POINTS} runs were expected, these would be {count}")
        settings = [dict(zip(self.vary, values, strict=True)) for values in combinations]
        found = [self._point(recipe, setting, index + 1) for setting in settings for index in range(self.replicas)]
        if len({point.name for point in found}) < len(found):
            raise InputError(f"campaign {self.name}: two runs would have one name; give every value once, well apart")
        return tuple(found)

    def _point(self, recipe: Recipe, setting: Mapping[str, Value], replica: int) -> CampaignPoint:
        data = yaml.safe_load(recipe.to_yaml())
        for place, value in setting.items():
            if not _put(data, place.split("."), value):
                raise InputError(f"campaign {self.name}: the recipe {recipe.name} has no {place} that could vary")
        words = [f"{place.rpartition('.')[2]}-{value}" for place, value in setting.items()]
        name = re.sub(r"[^A-Za-z0-9._-]", "-", "_".join([*words, f"replica-{replica}"]))
        varied = parse_recipe(data | {"replica": replica, "name": self.name}, f"point {name}")
        return CampaignPoint(name, setting, replica, varied)


def _put(data: Any, place: list[str], value: Value) -> bool:
    """Set a value where a dotted place leads; return whether there was such a place."""
    key, *rest = place
    if key == "*" and isinstance(data, list):
        changed = [_put(item, rest, value) for item in data if rest]
        return any(changed)
    if isinstance(data, list) and key.isdigit() and int(key) < len(data):
        return _put(data[int(key)], rest, value) if rest else False
    if not isinstance(data, dict) or (key not in data):
        return False
    if rest:
        return _put(data[key], rest, value)
    data[key] = value
    return True


def load_campaign(path: Path) -> Sweep:
    """Read a campaign's file; InputError says what is wrong with it."""
    if not path.is_file():
        raise InputError(f"no campaign at {path}; a YAML file with name, recipe and vary was expected")
    try:
        data = read_yaml(path)
    except PlainYamlError as error:
        raise InputError(str(error)) from error
    if not isinstance(data, dict):
        raise InputError(f"{path.name}: a campaign is a mapping of keys such as name, recipe, vary, replicas")
    try:
        return Sweep.model_validate(data)
    except ValidationError as error:
        raise InputError(explain(error, Sweep, path.name)) from error
