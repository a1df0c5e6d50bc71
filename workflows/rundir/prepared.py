"""What a prepared run directory means to LAMMPS."""

from nanokiln.potentials.cards.card import Card
from nanokiln.potentials.cards.user_potential import card_of
from nanokiln.workflows.deck.deck import Setup
from nanokiln.workflows.deck.setup import make_setup
from nanokiln.workflows.recipe.recipe import Recipe
from nanokiln.workflows.rundir.record import SceneRecord
from nanokiln.workflows.rundir.rundir import RunDirectory


def setup_of(run: RunDirectory) -> Setup:
    """Return the setup of a prepared run directory."""
    recipe = run.recipe
    return setup_for(recipe, card_of(recipe.potential), run.record.scene)


def setup_for(recipe: Recipe, card: Card, scene: SceneRecord) -> Setup:
    """Return the setup of a recipe and the scene that was made of it; InputError as in `make_setup`."""
    return make_setup(
        recipe,
        card,
        boundary=scene.boundary,
        elements=scene.elements,
        stacking_axis=scene.stacking_axis,
        reach_A=scene.reach_A,
    )


def reference_eV_per_atom(run: RunDirectory) -> float:
    """Return the energy of the relaxed start, which the energy guard counts from."""
    rows = (run.stage_path(run.recipe.stages[0]) / "start.csv").read_text().splitlines()
    return float(dict(row.split(",") for row in rows[1:])["relaxed"])
