from .checkpoints import Checkpoints
from .failure import Failure, read_failure
from .inspect import describe
from .jobs import Jobs, cancel_jobs, describe_jobs
from .ledger import Departure, departures
from .provenance import verify, versions
from .rundir import RunDirectory
from .standing import Position, position
from .status import Status

__all__ = [
    "Checkpoints",
    "Departure",
    "Failure",
    "Jobs",
    "Position",
    "RunDirectory",
    "Status",
    "cancel_jobs",
    "departures",
    "describe",
    "describe_jobs",
    "position",
    "read_failure",
    "verify",
    "versions",
]
