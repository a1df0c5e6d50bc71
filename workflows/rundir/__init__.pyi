from .checkpoints import Checkpoints
from .failure import Failure, read_failure
from .inspect import describe
from .ledger import Departure, departures
from .provenance import verify, versions
from .rundir import RunDirectory
from .standing import Position, position
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
    "position",
    "read_failure",
    "verify",
    "versions",
]
