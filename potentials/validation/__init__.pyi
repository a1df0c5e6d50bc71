from .bench import measure, store, validate
from .checks import ValidationCheck
from .coexistence import melting_bracket
from .columns import stored
from .curves import Density, Dispersion, FreeEnergy
from .hops import Hop, find_hop, vineyard_prefactor
from .pathways import Pathway, find_pathway
from .phonons import force_constants

__all__ = [
    "Density",
    "Dispersion",
    "FreeEnergy",
    "Hop",
    "Pathway",
    "ValidationCheck",
    "find_hop",
    "find_pathway",
    "force_constants",
    "measure",
    "melting_bracket",
    "store",
    "stored",
    "validate",
    "vineyard_prefactor",
]
