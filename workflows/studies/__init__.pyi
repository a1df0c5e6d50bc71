from .band_paths import NoPathError, Step
from .bands import compute_barriers, write_barriers
from .copper_mobility import compute_mobility
from .run_records import outdated, record_of

__all__ = [
    "NoPathError",
    "Step",
    "compute_barriers",
    "compute_mobility",
    "outdated",
    "record_of",
    "write_barriers",
]
