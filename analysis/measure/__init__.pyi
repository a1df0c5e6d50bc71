from .bodies import body_results
from .heating_curve import compute_structure
from .overview import TrajectorySummary, summarise
from .quantities import Quantity
from .run import analyse

__all__ = [
    "Quantity",
    "TrajectorySummary",
    "analyse",
    "body_results",
    "compute_structure",
    "summarise",
]
