"""The engine: one LAMMPS instance on the Python bindings, which executes a deck chunk by chunk."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nanokiln.potentials.cards.pair_commands import CALLBACK
from nanokiln.workflows.deck.deck import Deck
from nanokiln.workflows.errors import InputError

if TYPE_CHECKING:
    from nanokiln.workflows.engine.external import External


class Engine:
    """LAMMPS under an MPI communicator, working in the folder of a stage."""

    def __init__(self, deck: Deck, comm: Any, threads: int = 1) -> None:
        """Start LAMMPS in the current folder and execute the deck's head; raises what LAMMPS or a calculator raises."""
        from lammps import lammps

        omp = ["-sf", "omp", "-pk", "omp", str(threads)] if threads > 1 else []
        if deck.calculator and comm.size > 1:
            raise InputError(f"an ASE calculator runs on one rank, but there are {comm.size}")
        self.deck = deck
        self._lmp = lammps(cmdargs=["-screen", "none", "-log", "log.lammps", "-nonbuf", *omp], comm=comm)
        self._external: External | None = None
        for command in deck.head:
            self._command(command)
            if deck.calculator and command == CALLBACK:
                self._external = _attach(self._lmp, deck)

    def _command(self, command: str) -> None:
        self._lmp.command(command)
        if self._external is not None:
            self._external.check()

    @property
    def step(self) -> int:
        """The present timestep."""
        return int(self._lmp.extract_global("ntimestep"))

    @property
    def atoms(self) -> int:
        """Number of atoms in the dynamics."""
        return int(self._lmp.get_natoms())

    @property
    def temperature_K(self) -> float:
        """Temperature at the end of the last chunk."""
        return float(self._lmp.get_thermo("temp"))

    def advance(self) -> bool:
        """Run to the next frame and do what is due there; False when LAMMPS' own timeout ended the run before."""
        target = self.deck.next_boundary(self.step)
        self._command(f"{self.deck.run_command(target)} post no")
        if self.step < target:
            return False
        self._command("include chunk.in")
        return True

    def checkpoint(self) -> None:
        """Write a restart file and open a new segment."""
        self._command("include checkpoint.in")

    def snapshot(self, path: Path) -> None:
        """Write the atoms as they are now, velocities included."""
        columns = "id type element x y z vx vy vz"
        self._lmp.command(
            f"write_dump all custom {path} {columns} modify sort id element {' '.join(self.deck.elements)}"
        )

    def close(self) -> None:
        """End LAMMPS, which completes its files."""
        self._lmp.close()


def _attach(lmp: Any, deck: Deck) -> "External":
    from nanokiln.workflows.engine.external import External

    return External(lmp, deck.calculator, deck.elements, deck.reach_A)


@contextlib.contextmanager
def engine(deck: Deck, folder: Path, comm: Any, threads: int = 1) -> Iterator[Engine]:
    """Work in `folder` with an engine that is closed at the end, so that its dumps are complete when read."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        running = Engine(deck, comm, threads)
        try:
            yield running
        except Exception as error:
            if _collective(error):
                with contextlib.suppress(Exception):
                    running.snapshot(Path("guard.dump"))
            raise
        running.close()
    finally:
        os.chdir(before)


def _collective(error: Exception) -> bool:
    """Whether LAMMPS raised this on every rank at once, so that all of them can still act together."""
    return type(error) is Exception and str(error).startswith("ERROR: ")
