"""Crystals, their indices and the orientation relations between them."""
