"""Structures of other hands: any file that ASE, pymatgen or LAMMPS data gives, labelled as a model."""

from nanokiln.structures.files.labels import label
from nanokiln.structures.files.structure import read_model, read_structure

__all__ = ["label", "read_model", "read_structure"]
