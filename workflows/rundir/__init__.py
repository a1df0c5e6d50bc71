"""The run directory: stages, segments, checkpoints, status and provenance on disk."""
