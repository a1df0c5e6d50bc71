"""Lattices: template matching, sites and who sits on them, vacancies, exchange, stacking, orientation."""
