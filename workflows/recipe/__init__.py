"""Recipes: what a person writes, checked."""
