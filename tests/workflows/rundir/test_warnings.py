"""What a run warns of: as planned before it is measured, as it went afterwards."""

import pytest

from nanokiln.analysis.measured import Measured, Origin, Result
from nanokiln.workflows.recipe.recipe import Recipe, parse_recipe
from nanokiln.workflows.rundir.record import PotentialRecord
from nanokiln.workflows.rundir.warnings import warnings_of


@pytest.fixture
def recipe(small_recipe) -> Recipe:
    """From 300 to 400 K."""
    return parse_recipe(small_recipe())


def potential(low_K: float, high_K: float, tier: str = "distilled") -> PotentialRecord:
    return PotentialRecord(
        name="mine", tier=tier, pair_commands=(), calculator="", validated_K=(low_K, high_K), files={}
    )


def measured(hottest_K: float, lost_K: float | None = None) -> Measured:
    rows = [Result("highest", hottest_K, "K", "measured", quantity="hottest")]
    rows += [Result("lost", lost_K, "K", "measured", quantity="lattice_lost")] if lost_K else []
    return Measured(Origin("run", "model"), tuple(rows))


@pytest.mark.parametrize(
    ("range_K", "hottest_K", "said"),
    [
        ((0.0, 350.0), None, "the programme goes to 400 K, above the 350 K"),
        ((0.0, 350.0), 431.0, "the run reached 431 K, above the 350 K"),
        ((0.0, 350.0), 349.0, ""),  # stopped by its steadiness before it got there
        ((0.0, 500.0), None, ""),
        ((320.0, 500.0), 431.0, "begins at 300 K, below the validated 320 K"),
        ((0.0, 0.0), 431.0, "misses gates at the lowest temperature"),
    ],
)
def test_the_range_is_worded_once(
    recipe: Recipe, range_K: tuple[float, float], hottest_K: float | None, said: str
) -> None:
    found = warnings_of(recipe, potential(*range_K), None if hottest_K is None else measured(hottest_K))
    assert len(found) == bool(said)
    assert said in "".join(found)


def test_a_potential_of_ones_own_has_no_gates_and_no_card(recipe: Recipe) -> None:
    for numbers in (None, measured(431.0)):
        (only,) = warnings_of(recipe, potential(0.0, 0.0, "own"), numbers)
        assert "says no validated_K" in only and "gates" not in only and "card" not in only


def test_a_lost_lattice_is_told(recipe: Recipe) -> None:
    (only,) = warnings_of(recipe, potential(0.0, 500.0), measured(431.0, 410.0))
    assert only.startswith("from 410 K on less than half of the anion lattice is ordered")
