"""Validation: what a potential gets right, beside its teacher and experiment."""
