"""Lattices: template matching, sites and who sits on them, vacancies, exchange, stacking, orientation."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
