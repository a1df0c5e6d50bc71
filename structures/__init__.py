"""Crystals, orientation relations, slabs and particles: where atoms start.

>>> from nanokiln.structures import build
>>> ball = {"name": "ball", "phase": "Au", "shape": {"kind": "sphere", "diameter_nm": 2}}
>>> model = build({"kind": "particle", "name": "gold", "parts": [ball]})
>>> model.atoms.get_chemical_formula()
'Au247'
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
