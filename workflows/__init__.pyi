from . import campaign, deck, engine, recipe, rundir, studies
from .errors import GuardError, InputError, RunError
from .pipeline import Resources, analyse, build, report, resume, run
from .recipe.recipe import Recipe, list_recipes, load_recipe
from .rundir.provenance import verify
from .studies.sighting import view

__all__ = [
    "GuardError",
    "InputError",
    "Recipe",
    "Resources",
    "RunError",
    "analyse",
    "build",
    "campaign",
    "deck",
    "engine",
    "list_recipes",
    "load_recipe",
    "recipe",
    "report",
    "resume",
    "run",
    "rundir",
    "studies",
    "verify",
    "view",
]
