"""The table of `nanokiln recipes`: what each heats, how large and long it is, what it costs, and for which facts."""

from rich.markup import escape
from rich.table import Table

from nanokiln.workflows.recipe.cost import in_words, measured_costs
from nanokiln.workflows.recipe.recipe import Recipe, list_recipes, load_recipe
from nanokiln.workflows.tabular import show


def tell_recipes() -> None:
    """Print every shipped recipe with atoms, picoseconds, cost on one core, and the experiment it stands for."""
    table = Table("recipe", "potential", "atoms", "ps", "K", "one core", "facts", "what it is")
    costs = measured_costs()
    for name in list_recipes():
        recipe = load_recipe(name)
        length = sum(stage.steps for stage in recipe.stages) * recipe.timestep_ps
        cost = costs.get(name)
        size = ("", "") if cost is None else (str(cost.atoms), in_words(cost.core_s(recipe)))
        held = ", ".join(dict.fromkeys(f"{s.stop_K:g}" for s in recipe.stages if s.start_K == s.stop_K))
        numbers = (size[0], f"{length:.4g}", held, "" if recipe.waits_for else size[1])
        table.add_row(name, str(recipe.potential), *numbers, _facts(recipe), escape(_about(recipe)))
    show(table)
    print("facts: group of the experiment, and its rows that the recipe is made for; cost: processor time of LAMMPS")


def _facts(recipe: Recipe) -> str:
    reference = recipe.experiment
    return "" if reference is None else f"{reference.name} {reference.group}: {' '.join(reference.facts)}".rstrip(": ")


def _about(recipe: Recipe) -> str:
    words = recipe.description.strip()
    return f"{words} Cannot be heated yet: {recipe.waits_for.strip()}" if recipe.waits_for else words
