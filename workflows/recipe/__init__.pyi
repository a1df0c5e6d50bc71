from .programme import Barostat, Bath, Equilibrate, Hold, Jump, Plateaus, Ramp, Stage, stages
from .recipe import Guards, Output, Recipe, Study, Substrate, Vacuum, list_recipes, load_recipe, parse_recipe

__all__ = [
    "Barostat",
    "Bath",
    "Equilibrate",
    "Guards",
    "Hold",
    "Jump",
    "Output",
    "Plateaus",
    "Ramp",
    "Recipe",
    "Stage",
    "Study",
    "Substrate",
    "Vacuum",
    "list_recipes",
    "load_recipe",
    "parse_recipe",
    "stages",
]
