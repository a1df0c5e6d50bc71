"""LAMMPS for fits, gates and validation: a session in this process, and runs in a process of their own."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
