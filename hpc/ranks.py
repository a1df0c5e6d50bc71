"""Ranks as one group: the same program on every rank that a launcher started, with one rank doing what is done once."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, TypeVar

from nanokiln.hpc.launch import check_world, started_beside_others

_T = TypeVar("_T")


@dataclass(frozen=True)
class RankGroup:
    """The ranks of this program; `comm` is None when no launcher started it, and then it is alone."""

    comm: Any = None

    @classmethod
    def of(cls, ranks: int) -> "RankGroup":
        """See whether a launcher started us; LaunchError when the MPI world is not the `ranks` asked for."""
        if not started_beside_others():
            return cls()
        import ase.parallel
        from mpi4py import MPI

        check_world(MPI.COMM_WORLD.size, ranks)
        ase.parallel.world.comm = ase.parallel.DummyMPI()  # or ASE would wait for the others wherever it writes
        return cls(MPI.COMM_WORLD)

    @property
    def is_first(self) -> bool:
        """Whether this process does what is done once."""
        return self.comm is None or self.comm.rank == 0

    def alone(self, context: Callable[[], AbstractContextManager[None]]) -> AbstractContextManager[None]:
        """Return the context on the first rank and an empty one on the others."""
        return context() if self.is_first else nullcontext()

    def first(self, work: Callable[[], _T]) -> _T | None:
        """Do something on the first rank while the others wait; if it fails there, the others leave without a word."""
        if self.comm is None:
            return work()
        out: _T | None = None
        error: Exception | SystemExit | None = None
        if self.is_first:
            try:
                out = work()
            except (Exception, SystemExit) as raised:
                error = raised
        code = error.code if isinstance(error, SystemExit) else getattr(error, "exit_code", 1)
        left: int | None = self.comm.bcast(None if error is None else code, root=0)
        if error is not None:
            raise error
        if left is not None:
            raise SystemExit(left)
        return out
