"""Interatomic potentials: cards, files, teacher, data, fit, validation."""
