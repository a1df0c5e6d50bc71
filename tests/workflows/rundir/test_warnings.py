"""What a run warns of: as planned before it is measured, as it went afterwards."""

import pytest

from nanokiln.analysis.measured import Measured, Origin, Result
from nanokiln.potentials.cards.card import Gate, Kind, load_card
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
        ((0.0, 0.0), 431.0, "fails its accuracy tests at the lowest temperature"),
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
        assert "says no validated_K" in only and "tests" not in only and "card" not in only


def test_a_lost_lattice_is_told(recipe: Recipe) -> None:
    (only,) = warnings_of(recipe, potential(0.0, 500.0), measured(431.0, 410.0))
    assert only.startswith("from 137 °C (410 K) on less than half of the inner anions lie on a lattice")


def test_the_warning_names_what_in_the_model_is_out_of_range(recipe: Recipe) -> None:
    """A plate is a couple and a particle: the range of one ends, and the gate that ends it is told."""
    kinds: dict[Kind, tuple[float, float]] = {"couple": (0.0, 600.0), "particle": (0.0, 350.0)}
    gates = [
        Gate(group=f"plate, {T} K", kind="particle", quantity="force RMSE against teacher", value=T / 1e3,
             unit="eV/A", limit=0.4, passed=T < 400) for T in (1000, 300, 600)
    ]  # fmt: skip
    card = load_card("cdse-sw").model_copy(update={"kinds_K": kinds, "gates": tuple(gates), "tier": "distilled"})
    (told,) = warnings_of(recipe, PotentialRecord.of(card, ("couple", "particle")))
    assert "400 K, above the 350 K" in told
    error = "force error against the model that it was fitted to 0.6 eV/Å (limit 0.4)"
    assert f"for free particles (in the test plate, 600 K: {error})" in told
    assert warnings_of(recipe, PotentialRecord.of(card, ("couple",))) == ()
