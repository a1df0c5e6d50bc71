"""Hot spots and fields: where they lie, that they reach the deck, and what is refused."""

import numpy as np
import pytest
from ase.cluster import Octahedron

from nanokiln.potentials.cards.card import load_card
from nanokiln.potentials.lammps.dynamics import deck, dynamics
from nanokiln.workflows.deck.deck import Limits, Setup, Span, make_deck
from nanokiln.workflows.deck.driven import field_forces
from nanokiln.workflows.errors import InputError
from nanokiln.workflows.recipe.driving import ElectricField, HotSpot
from nanokiln.workflows.recipe.programme import Bath, Stage
from nanokiln.workflows.recipe.recipe import load_recipe, parse_recipe

SPOT = HotSpot(share=(0.4, 0.6), above_bath_K=300)
FIELD = ElectricField(share=(0.1, 0.9), volt_per_nm=-0.1, charges={"Cd": 2, "S": -2})
SETUP = Setup(
    boundary="f f f",
    pair=("pair_style zero 5",),
    elements=("Cd", "Cu", "S"),
    timestep_ps=0.002,
    cadence=(10, 50, 500),
    limits=Limits(2000, 1.5, 1.2, 20),
    seed=7,
    reach_A=5.0,
    hot_spot=SPOT,
    field=FIELD,
    extent_A=((0.0, 10.0), (0.0, 10.0), (5.0, 105.0)),
)


def test_the_spot_is_a_group_of_the_fresh_model_and_hotter_once_it_is_steady() -> None:
    settle = Stage("01", 300, 300, 100, Bath(), None, window_steps=50)
    ramp = Stage("02", 300, 500, 100, Bath(), None)
    fresh = make_deck(SETUP, settle, Span(0, 100, 0)).head
    later = make_deck(SETUP, ramp, Span(100, 200, 100, -2.0)).head
    assert "region spot block INF INF INF INF 45.0000 65.0000 units box" in fresh
    assert "fix spot spot temp/csvr 300 300 0.1 8" in fresh
    assert "fix spot spot temp/csvr 600 800 0.1 8" in later
    assert "fix bath rest temp/csvr 300 500 0.1 7" in later
    assert not [line for line in later if line.startswith("group spot")]  # the restart remembers it


def test_the_field_pushes_what_is_charged_and_nothing_else() -> None:
    head = make_deck(SETUP, Stage("02", 300, 300, 100, Bath(), None), Span(0, 100, 0)).head
    pushed = [line for line in head if "addforce" in line]
    assert pushed == [
        "fix field_Cd charged_Cd addforce 0 0 -0.02 region field",
        "fix field_S charged_S addforce 0 0 0.02 region field",
    ]
    assert head.index("minimize 0.0 0.05 200 1000") < head.index(pushed[0])
    assert "fix field_holder all momentum 1 linear 0 0 1" in head


@pytest.mark.parametrize("holder", [True, False])
def test_a_model_with_a_net_charge_in_the_field_stays_where_it_is(tmp_path, holder: bool) -> None:
    """Copper in one half of a particle is pushed: the holder takes the recoil up, and without one all of it drifts."""
    atoms = Octahedron("Cu", 5, cutoff=1)
    atoms.pbc = False
    atoms.center(vacuum=15.0)
    field = ElectricField(share=(0.5, 1.0), volt_per_nm=1.0, charges={"Cu": 1})
    pushed = field_forces(field, ("Cu",), tuple((0.0, float(edge)) for edge in atoms.cell.lengths()))
    push = tuple(line for line in pushed if holder or "momentum" not in line)
    start = ("velocity all create 300 7 mom yes rot yes", "fix move all nve", *push)
    frames = dynamics(atoms, deck(("Cu",), load_card("cu-eam").commands(("Cu",)), start, 200, 100), tmp_path)
    moved = frames[-1].positions.mean(axis=0) - atoms.positions.mean(axis=0)
    assert np.abs(moved[:2]).max() < 1e-4  # dumps have six digits
    assert abs(moved[2]) < 0.01 if holder else moved[2] > 0.5


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"hot_spot": {"share": [0.6, 0.4], "above_bath_K": 10}}, "from low to high was expected"),
        ({"hot_spot": {"share": [0.4, 0.6], "above_bath_K": 10}}, "needs a bath of kind csvr"),  # it has nose-hoover
        ({"field": {"share": [0, 1], "volt_per_nm": 1}}, "charges"),
    ],
)
def test_what_cannot_be_driven_is_refused(change: dict, expected: str, small_recipe) -> None:
    with pytest.raises(InputError, match=expected):
        parse_recipe(small_recipe(**change))


def test_recipes_without_a_spot_keep_the_seed_they_had(small_recipe) -> None:
    plain = parse_recipe(small_recipe())
    assert parse_recipe(small_recipe(hot_spot=None, field=None)).seed == plain.seed
    assert (
        load_recipe("cds-wire-cu-small").model_copy(update={"field": None}).seed
        != load_recipe("cds-wire-cu-small").seed
    )
