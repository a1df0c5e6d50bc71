"""A job: a command and the resources that it needs, whatever the batch system."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Job:
    """What to run and what it needs; `command` is run once per rank, `threads` are cores per rank.

    `warn_s` seconds before the end a batch system that can sends SIGUSR1, so that the job can write a checkpoint.
    `then` is run once after it, with its exit code as one more word.
    """

    name: str
    command: tuple[str, ...]
    ranks: int = 1
    threads: int = 1
    walltime_min: float = 60
    then: tuple[str, ...] = ()
    warn_s: int = 120
