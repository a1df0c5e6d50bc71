from . import scheduler
from .job import Job
from .launch import LaunchError, check_cores, check_world, clean_environment, mpi_command, mpiexec, site_lmp
from .ranks import RankGroup
from .resources import Resources
from .site import Site

__all__ = [
    "Job",
    "LaunchError",
    "RankGroup",
    "Resources",
    "Site",
    "check_cores",
    "check_world",
    "clean_environment",
    "mpi_command",
    "mpiexec",
    "scheduler",
    "site_lmp",
]
