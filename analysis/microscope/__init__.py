"""The virtual microscope: what an instrument would have shown of atoms, as images with a calibrated scale."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
