"""Crystals, orientation relations, slabs and particles: where atoms start."""
