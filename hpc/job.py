"""A job: a command and the resources that it needs, whatever the batch system."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Job:
    """What to run and what it needs; `command` is run once per rank, `threads` are cores per rank.

    `warn_s` seconds before the end the batch system sends SIGUSR1, so that the job can write a checkpoint.
    """

    name: str
    command: tuple[str, ...]
    ranks: int = 1
    threads: int = 1
    walltime_min: float = 60
    partition: str = ""
    account: str = ""
    modules: tuple[str, ...] = ()
    activate: str = ""
    log: str = "%x-%j.log"
    warn_s: int = 120
