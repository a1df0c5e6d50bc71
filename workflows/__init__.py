"""Recipes, thermal programmes, the LAMMPS deck and its runner, the pipeline, the command line."""
