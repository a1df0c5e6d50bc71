"""Experiments: facts, evidence, verdicts. Knows no paper."""
