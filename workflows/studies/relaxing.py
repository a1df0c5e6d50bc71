"""One relaxation: a structure taken to its nearest minimum under a potential, and what it is there."""

from collections.abc import Sequence
from dataclasses import dataclass

import ase
import numpy as np
from numpy.typing import NDArray

from nanokiln.potentials.cards.card import Card
from nanokiln.potentials.lammps.session import Session

_VACUUM_A = 12.0  # on every side of a free particle: beyond the reach of any shipped potential
_ROUNDS = 2  # of a cell that moves: the second begins anew from the cell of the first
_MINIMIZE = "minimize 0.0 0.01 300 1000"


@dataclass(frozen=True)
class Relaxed:
    """Energy (eV), volume (A3), edges of the cell (A) and positions (n, 3) at rest."""

    energy_eV: float
    volume_A3: float
    edges_A: NDArray[np.float64]
    positions_A: NDArray[np.float64]


def relax(atoms: ase.Atoms, card: Card, cell: str = "", held: Sequence[str] = ()) -> Relaxed:
    """Return a structure at rest; `cell` is `iso` or `aniso` for a periodic one whose pressure is taken away too.

    A structure that does not repeat is laid into vacuum. `held` are LAMMPS commands before the minimization, such as
    forces that are not to act.
    """
    placed = atoms.copy()
    shift = np.zeros(3)
    if not atoms.pbc.any():
        placed.center(vacuum=_VACUUM_A)
        shift = placed.positions[0] - atoms.positions[0]
    placed.pbc = True
    elements = tuple(sorted(set(atoms.get_chemical_symbols())))
    with Session(placed, elements, (*card.commands(elements), *held)) as lammps:
        for _ in range(_ROUNDS if cell else 1):
            if cell:
                lammps.execute(f"fix press all box/relax {cell} 0.0 vmax 0.01")
            lammps.execute(_MINIMIZE)
            if cell:
                lammps.execute("unfix press")
        lammps.run()
        edges = np.array([lammps.thermo(name) for name in ("lx", "ly", "lz")])
        return Relaxed(lammps.energy_eV, lammps.thermo("vol"), edges, lammps.positions_A - shift)
