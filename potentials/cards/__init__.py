"""Cards: the potentials that a recipe may ask for, and a user's own."""
