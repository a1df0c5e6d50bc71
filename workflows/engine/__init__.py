"""The engine: preparing a run directory and heating it."""
