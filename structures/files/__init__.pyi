from .labels import label
from .lammps_data import read_lammps_data
from .structure import read_model, read_structure

__all__ = ["label", "read_lammps_data", "read_model", "read_structure"]
