"""What a prepared run directory means to LAMMPS."""

from nanokiln.potentials.cards.card import Card
from nanokiln.potentials.cards.user_potential import card_of
from nanokiln.workflows.deck.deck import Setup
from nanokiln.workflows.deck.setup import make_setup
from nanokiln.workflows.errors import InputError
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
        extent_A=scene.extent_A,
    )


def reference_eV_per_atom(run: RunDirectory) -> float:
    """Return the energy of the relaxed start, which the energy guard counts from; InputError where it is lost."""
    path = run.stage_path(run.recipe.stages[0]) / "start.csv"
    try:
        return float(dict(row.split(",") for row in path.read_text().splitlines()[1:])["relaxed"])
    except (OSError, ValueError, KeyError) as error:
        raise InputError(
            f"{path} is missing or damaged, and with it the energy that the guard counts from: put it back, or "
            f"`nanokiln resume {run.path} --restart-from 0` computes everything anew"
        ) from error
