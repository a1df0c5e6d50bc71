"""Studies beyond one run: bands, mobility, records."""
