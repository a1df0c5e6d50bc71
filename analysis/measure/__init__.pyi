from .bodies import body_results
from .heating_curve import compute_structure
from .quantities import Quantity
from .run import analyse

__all__ = [
    "Quantity",
    "analyse",
    "body_results",
    "compute_structure",
]
