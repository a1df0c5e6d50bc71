"""The loop over stages with a fault planted in one rank, which is what the tests start under mpiexec."""

import sys

from nanokiln.workflows.engine import engine, stage_loop


def plant(rank: int, step: int) -> None:
    """Let one rank fail in the middle of its dynamics, while the others wait for it inside MPI."""
    from mpi4py import MPI

    advance = engine.Engine.advance

    def failing(self: engine.Engine) -> bool:
        if MPI.COMM_WORLD.rank == rank and self.step >= step:
            raise ZeroDivisionError(f"planted at step {self.step}")
        return advance(self)

    engine.Engine.advance = failing  # type: ignore[method-assign]


if __name__ == "__main__":
    plant(rank=int(sys.argv[1]), step=int(sys.argv[2]))
    stage_loop.main(sys.argv[3:])
