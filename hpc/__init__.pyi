from . import slurm
from .job import Job
from .launch import LaunchError, check_world, clean_environment, mpi_command, mpiexec, site_lmp
from .ranks import Together
from .resources import Resources

__all__ = [
    "Job",
    "LaunchError",
    "Resources",
    "Together",
    "check_world",
    "clean_environment",
    "mpi_command",
    "mpiexec",
    "site_lmp",
    "slurm",
]
