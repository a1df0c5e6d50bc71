"""Particles on a film: copper adatoms diffuse in two dimensions, live for a while, and are captured in competition.

>>> import numpy as np
>>> from nanokiln.analysis.film import conductances
>>> near, far = (conductances(np.array([[0.0, 0.0], [gap, 0.0]]), np.full(2, 3.5), 100.0) for gap in (10.0, 1000.0))
>>> bool(-near[0, 1] > 1000 * -far[0, 1])
True
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
