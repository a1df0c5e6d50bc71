from . import builders, crystals, files, output
from .catalogue import build, models
from .model import Domain, Model

__all__ = [
    "Domain",
    "Model",
    "build",
    "builders",
    "crystals",
    "files",
    "models",
    "output",
]
