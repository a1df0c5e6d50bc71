"""Trajectory in, results with units and error bars out."""
