"""Recipes, thermal programmes, the LAMMPS deck and its runner, the pipeline, the command line."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nanokiln.workflows.heat import Resources
    from nanokiln.workflows.pipeline import analyse, build, report, resume, run
    from nanokiln.workflows.provenance import verify
    from nanokiln.workflows.recipe import Recipe, list_recipes, load_recipe

_HOMES = {
    "Recipe": "recipe",
    "Resources": "heat",
    "analyse": "pipeline",
    "build": "pipeline",
    "list_recipes": "recipe",
    "load_recipe": "recipe",
    "report": "pipeline",
    "resume": "pipeline",
    "run": "pipeline",
    "verify": "provenance",
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

    return getattr(import_module(f"nanokiln.workflows.{_HOMES[name]}"), name)
