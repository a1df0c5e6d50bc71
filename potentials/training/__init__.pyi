from . import fit, publish
from .dataset import read_labels, split, write_labels
from .gates import Trial
from .labelling import label_all
from .normal_equations import NormalEquations
from .pbe_labels import load_labels
from .splines import Basis, Grid
from .system import System
from .uf3_file import write_uf3

__all__ = [
    "Basis",
    "Grid",
    "NormalEquations",
    "System",
    "Trial",
    "fit",
    "label_all",
    "load_labels",
    "publish",
    "read_labels",
    "split",
    "write_labels",
    "write_uf3",
]
