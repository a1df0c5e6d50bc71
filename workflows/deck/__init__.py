"""The deck: what a recipe, a model and a potential mean to LAMMPS, as commands."""
