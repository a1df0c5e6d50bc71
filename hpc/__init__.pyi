from . import slurm
from .job import Job
from .launch import LaunchError, check_cores, check_world, clean_environment, mpi_command, mpiexec, site_lmp
from .ranks import RankGroup
from .resources import Resources

__all__ = [
    "Job",
    "LaunchError",
    "RankGroup",
    "Resources",
    "check_cores",
    "check_world",
    "clean_environment",
    "mpi_command",
    "mpiexec",
    "site_lmp",
    "slurm",
]
