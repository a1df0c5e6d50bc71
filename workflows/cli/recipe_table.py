"""The table of `nanokiln recipes`: what each heats, how large and long it is, what it costs, and for which facts."""

from dataclasses import dataclass

from rich.markup import escape
from rich.table import Table

from nanokiln.workflows.answer import answer, answer_json
from nanokiln.workflows.recipe.cost import in_words, measured_costs
from nanokiln.workflows.recipe.recipe import Recipe, list_recipes, load_recipe
from nanokiln.workflows.tabular import show


@dataclass(frozen=True)
class RecipeRow:
    """A shipped recipe in a line: atoms and core seconds are None where they were not measured."""

    recipe: str
    potential: str
    atoms: int | None
    length_ps: float
    holds_K: tuple[float, ...]
    core_s: float | None
    facts: str
    about: str


def recipe_rows() -> list[RecipeRow]:
    """Return every shipped recipe with atoms, picoseconds, cost on one core, and the experiment it stands for."""
    costs, rows = measured_costs(), []
    for name in list_recipes():
        recipe, cost = load_recipe(name), costs.get(name)
        length_ps = sum(stage.steps for stage in recipe.stages) * recipe.timestep_ps
        holds_K = tuple(dict.fromkeys(s.stop_K for s in recipe.stages if s.start_K == s.stop_K))
        core_s = None if cost is None or recipe.waits_for else cost.core_s(recipe)
        atoms = None if cost is None else cost.atoms
        told = (_facts(recipe), _about(recipe))
        rows.append(RecipeRow(name, str(recipe.potential), atoms, length_ps, holds_K, core_s, *told))
    return rows


def tell_recipes(*, as_json: bool = False) -> None:
    """Print the shipped recipes."""
    if as_json:
        answer_json(recipe_rows())
        return
    table = Table("recipe", "potential", "atoms", "ps", "K", "one core", "facts", "what it is")
    for row in recipe_rows():
        size = ("" if row.atoms is None else str(row.atoms), f"{row.length_ps:.4g}")
        cost = "" if row.core_s is None else in_words(row.core_s)
        held = ", ".join(f"{one:g}" for one in row.holds_K)
        table.add_row(row.recipe, row.potential, *size, held, cost, row.facts, escape(row.about))
    show(table)
    answer("facts: group of the experiment, and its rows that the recipe is made for; cost: processor time of LAMMPS")


def _facts(recipe: Recipe) -> str:
    reference = recipe.experiment
    return "" if reference is None else f"{reference.name} {reference.group}: {' '.join(reference.facts)}".rstrip(": ")


def _about(recipe: Recipe) -> str:
    words = recipe.description.strip()
    return f"{words} Cannot be heated yet: {recipe.waits_for.strip()}" if recipe.waits_for else words
