from . import fit, publish
from .dataset import read_labels, split, write_labels
from .gates import Trial
from .labelling import label_all
from .normal_equations import NormalEquations
from .pbe_labels import load_labels
from .system import System

__all__ = [
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
]
