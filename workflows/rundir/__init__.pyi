from .checkpoints import Checkpoints
from .failure import Failure, read_failure
from .inspect import describe
from .ledger import Departure, departures
from .provenance import verify, versions
from .rundir import Position, RunDirectory
from .status import Status

__all__ = [
    "Checkpoints",
    "Departure",
    "Failure",
    "Position",
    "RunDirectory",
    "Status",
    "departures",
    "describe",
    "read_failure",
    "verify",
    "versions",
]
