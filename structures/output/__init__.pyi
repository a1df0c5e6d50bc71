from .export import write
from .picture import draw, render
from .summary import Budget, DomainSummary, Interface, ModelSummary, fitted_lattice_A, summarise, turn_and_strain

__all__ = [
    "Budget",
    "DomainSummary",
    "Interface",
    "ModelSummary",
    "draw",
    "fitted_lattice_A",
    "render",
    "summarise",
    "turn_and_strain",
    "write",
]
