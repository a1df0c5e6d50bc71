"""What a run is asked: from a trajectory to everything measured on it."""
