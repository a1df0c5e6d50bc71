from .band_paths import NoPathError, Step
from .bands import compute_barriers, write_barriers
from .copper_mobility import compute_mobility
from .run_records import record_of, refused

__all__ = [
    "NoPathError",
    "Step",
    "compute_barriers",
    "compute_mobility",
    "record_of",
    "refused",
    "write_barriers",
]
