"""Points of a campaign: every combination once, each a recipe of its own; what cannot be is one line."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from nanokiln.workflows.campaign.sweep import load_campaign
from nanokiln.workflows.errors import InputError

Write = Callable[..., Path]


@pytest.fixture
def campaign(write: Write, tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes a campaign of the small recipe, and returns the path."""
    write("base.yaml")

    def to_file(**said: Any) -> Path:
        path = tmp_path / "campaign.yaml"
        path.write_text(yaml.safe_dump({"name": "rates", "recipe": "base.yaml", **said}, sort_keys=False))
        return path

    return to_file


def test_every_combination_is_there_with_its_replicas(campaign: Callable[..., Path]) -> None:
    path = campaign(vary={"programme.*.rate_K_per_ps": [100, 200], "guards.hottest_K": [900, 950, 990]}, replicas=2)
    points = load_campaign(path).points(path.parent)
    assert len(points) == 2 * 3 * 2
    assert points[0].name == "rate_K_per_ps-100_hottest_K-900_replica-1"
    assert len({point.recipe.seed for point in points}) == 12
    for point in points:
        ramps = [item.rate_K_per_ps for item in point.recipe.programme if hasattr(item, "rate_K_per_ps")]
        assert ramps == [point.setting["programme.*.rate_K_per_ps"]]
        assert point.recipe.guards.hottest_K == point.setting["guards.hottest_K"]


def test_replicas_alone_are_three(campaign: Callable[..., Path]) -> None:
    points = load_campaign(path := campaign()).points(path.parent)
    assert [point.name for point in points] == ["replica-1", "replica-2", "replica-3"]


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"vary": {"programme.*.rate": [1]}}, "the recipe small has no programme.*.rate that could vary"),
        ({"vary": {"programme.9.to_K": [1]}}, "has no programme.9.to_K that could vary"),
        ({"vary": {"programme.*": [1]}}, "has no programme.* that could vary"),
        ({"vary": {"bath.damping_ps": [-1]}}, "point damping_ps--1_replica-1: bath.damping_ps"),
        ({"vary": {"bath.damping_ps": [0.1, 0.1]}}, "two runs would have one name"),
        ({"vary": {"bath.damping_ps": []}}, "vary.bath.damping_ps"),
        ({"replicas": 3000}, "at most 2000 runs were expected, these would be 3000"),
        ({"recipe": "no-such"}, "no recipe 'no-such'"),
        ({"replica": 2}, "replica"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(campaign: Callable[..., Path], said: dict[str, Any], words: str) -> None:
    path = campaign(**said)
    with pytest.raises(InputError) as caught:
        load_campaign(path).points(path.parent)
    assert words in str(caught.value)


def test_a_recipe_with_a_study_of_its_own_is_refused(write: Write, campaign: Callable[..., Path]) -> None:
    path = campaign()
    write("base.yaml", study={"replicas": 2})
    with pytest.raises(InputError, match="leave its `study` out"):
        load_campaign(path).points(path.parent)
