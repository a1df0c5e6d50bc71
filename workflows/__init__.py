"""Recipes, thermal programmes, the LAMMPS deck and its runner, the pipeline, the command line."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nanokiln.hpc.resources import Resources
    from nanokiln.workflows.pipeline import analyse, build, report, resume, run
    from nanokiln.workflows.recipe.recipe import Recipe, list_recipes, load_recipe
    from nanokiln.workflows.rundir.provenance import verify

_HOMES = {
    "Recipe": "workflows.recipe.recipe",
    "Resources": "hpc.resources",
    "analyse": "workflows.pipeline",
    "build": "workflows.pipeline",
    "list_recipes": "workflows.recipe.recipe",
    "load_recipe": "workflows.recipe.recipe",
    "report": "workflows.pipeline",
    "resume": "workflows.pipeline",
    "run": "workflows.pipeline",
    "verify": "workflows.rundir.provenance",
}

__all__ = [
    "Recipe",
    "Resources",
    "analyse",
    "build",
    "list_recipes",
    "load_recipe",
    "report",
    "resume",
    "run",
    "verify",
]


def __getattr__(name: str) -> Any:
    """Load a verb when it is first used, so that the command line starts at once."""
    if name not in _HOMES:
        raise AttributeError(f"nanokiln.workflows has no {name!r}")
    from importlib import import_module

    return getattr(import_module(f"nanokiln.{_HOMES[name]}"), name)
