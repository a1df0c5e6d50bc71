"""Cards: the potentials that a recipe may ask for, and a user's own."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
