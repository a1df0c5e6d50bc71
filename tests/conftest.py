"""How many inputs are made up: 300 with fixed seeds in every run, thousands by `make test-fuzz`."""

from hypothesis import settings

settings.register_profile("fixed", max_examples=75, derandomize=True, deadline=None, database=None)
settings.register_profile("long", max_examples=3000, deadline=None)
settings.load_profile("fixed")
