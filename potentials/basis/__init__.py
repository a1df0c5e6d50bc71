"""Forms a student may have: splines, and descriptors over a core; their features, and the files LAMMPS reads."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
