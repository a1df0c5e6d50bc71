"""What a session of dynamics may use."""

from dataclasses import dataclass

from nanokiln.hpc.launch import LaunchError


@dataclass(frozen=True)
class Resources:
    """What a session may use: MPI ranks, OpenMP threads per rank, wall time, and a site's own `lmp` if not ours.

    `lmp` is the whole command that starts it, launcher included; `-in deck.in` is added. More ranks than cores only
    where `oversubscribe` asks for it.
    """

    ranks: int = 1
    threads: int = 1
    walltime_min: float | None = None
    lmp: tuple[str, ...] = ()
    oversubscribe: bool = False

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        for name in ("ranks", "threads"):
            if getattr(self, name) < 1:
                raise LaunchError(f"--{name} must be at least 1 (given: {getattr(self, name)})")
        if self.walltime_min is not None and self.walltime_min <= 0:
            raise LaunchError(f"--walltime-min must be positive (given: {self.walltime_min})")
