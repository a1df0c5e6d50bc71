"""Builders: stacks, particles and scenes, made of crystals."""
