"""The review of Casu and Falqui, Adv. Phys. X 4 (2019) 1633957: its facts, scenes, runs, and what answers its rows.

The folder is read by `load_experiment("review2019")`; `CONTENT` is what it brings as Python.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
