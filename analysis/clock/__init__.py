"""The minutes clock: thermochemistry, mass balance and activated steps, integrated under all their uncertainty.

>>> from nanokiln.analysis.clock import ClockScene, Heating, default_inputs, draw, product_share, rod
>>> stairs = Heating.plateaus([300.0, 400.0], hold_min=10.0, rate_C_per_min=20.0)
>>> history = ClockScene("a bare rod", lambda draws: rod(), stairs, holder_K=10.0).run(draw(default_inputs(), 20, 1))
>>> history.extents.shape[1:]
(3, 20)
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
