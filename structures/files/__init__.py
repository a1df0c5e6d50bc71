"""Structures of other hands: any file that ASE or pymatgen reads, and LAMMPS data, labelled as a model."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
