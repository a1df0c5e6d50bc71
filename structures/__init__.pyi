from . import builders, crystals, output
from .catalogue import build, models
from .model import Domain, Model

__all__ = [
    "Domain",
    "Model",
    "build",
    "builders",
    "crystals",
    "models",
    "output",
]
