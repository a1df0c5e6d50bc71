"""Particles on a film: copper adatoms diffuse in two dimensions, live for a while, and are captured in competition.

>>> import numpy as np
>>> from nanokiln.analysis.film import alone, conductances
>>> single = conductances(np.zeros((1, 2)), np.array([3.5]), range_nm=100.0)
>>> bool(np.isclose(single[0, 0], alone(3.5, 100.0)))
True
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
