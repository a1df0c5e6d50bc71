"""Forces from an ASE calculator: what LAMMPS' `fix external` asks for at every step, and how it is answered."""

from dataclasses import dataclass
from typing import Any

import ase
import numpy as np
from ase.calculators.calculator import Calculator
from numpy.typing import NDArray

from nanokiln.potentials.cards.calculators import load_calculator
from nanokiln.workflows.errors import InputError

FIX = "external"  # the ID that `nanokiln.potentials.cards.user_potential` gives the fix
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Reply:
    """Energy (eV), forces (n, 3) in eV/A, and the virial (eV; xx yy zz xy xz yz), positive when it pushes outward."""

    energy_eV: float
    forces_eV_A: Floats
    virial_eV: Floats


def calculator_of(name: str) -> Calculator:
    """Return an ASE calculator by `package.module:factory` or teacher's name; InputError says why there is none."""
    try:
        return load_calculator(name)
    except (ImportError, AttributeError, TypeError, ValueError) as error:
        raise InputError(f"potential: the ASE calculator '{name}' cannot be made: {error}") from error


def ask(calculator: Calculator, atoms: ase.Atoms, reach_A: float) -> Reply:
    """Return what the calculator says of `atoms`.

    Along axes that do not repeat the cell is lengthened by twice `reach_A`, because some calculators repeat every
    cell they are given. Raises ValueError when the box repeats and the calculator knows no stress.
    """
    apart = ase.Atoms(atoms.numbers, atoms.positions, cell=atoms.cell, pbc=atoms.pbc)
    lengths = apart.cell.lengths()
    grown = np.where(apart.pbc, 1.0, 1 + 2 * reach_A / lengths)
    apart.set_cell(apart.cell.array * grown[:, None])
    apart.positions += np.where(apart.pbc, 0.0, reach_A)
    if apart.pbc.any() and "stress" not in calculator.implemented_properties:
        raise ValueError("the calculator gives no stress, without which a box that repeats has no pressure")
    calculator.calculate(apart, properties=["energy", "forces", *(["stress"] if apart.pbc.any() else [])])
    found = calculator.results
    forces = np.array(found["forces"], dtype=float)
    if apart.pbc.any():
        xx, yy, zz, yz, xz, xy = -np.asarray(found["stress"], dtype=float) * apart.get_volume()
        virial = np.array([xx, yy, zz, xy, xz, yz])
    else:
        full = apart.positions.T @ forces
        virial = np.array([full[0, 0], full[1, 1], full[2, 2], full[0, 1], full[0, 2], full[1, 2]])
    # the energy whose derivative the forces are, where electrons have a temperature
    return Reply(float(found.get("free_energy", found["energy"])), forces, virial)


class External:
    """An ASE calculator attached to a running LAMMPS; what it raises is kept, because it cannot pass through LAMMPS."""

    def __init__(self, lmp: Any, name: str, elements: tuple[str, ...], reach_A: float) -> None:
        """Load the calculator and give LAMMPS the function to call; the fix must be there already."""
        self._lmp, self._symbols, self._reach_A = lmp, np.array(("X", *elements)), reach_A
        self._calculator = calculator_of(name)
        self._error: Exception | None = None
        lmp.set_fix_external_callback(FIX, self._answer, self)

    def _answer(self, caller: Any, step: int, n: int, tag: Any, x: Floats, f: Floats) -> None:  # noqa: ARG002
        try:
            order = np.argsort(tag)  # LAMMPS sorts its atoms anew now and then; the calculator need not notice
            types = self._lmp.numpy.extract_atom("type")[:n]
            found = ask(self._calculator, self._atoms(types[order], x[order]), self._reach_A)
            if not (np.isfinite(found.forces_eV_A).all() and np.isfinite(found.energy_eV)):
                raise ValueError(f"the calculator's energy or forces are not numbers at step {step}")
            f[order] = found.forces_eV_A
            self._lmp.fix_external_set_energy_global(FIX, found.energy_eV)
            self._lmp.fix_external_set_virial_global(FIX, list(found.virial_eV))
        except Exception as error:  # LAMMPS would only print it and go on
            self._error = error
            f[:] = 0.0
            self._lmp.force_timeout()

    def _atoms(self, types: Any, positions: Floats) -> ase.Atoms:
        low, high, xy, yz, xz, periodic, _ = self._lmp.extract_box()
        lx, ly, lz = np.subtract(high, low)
        cell = [[lx, 0, 0], [xy, ly, 0], [xz, yz, lz]]
        return ase.Atoms(list(self._symbols[types]), positions - low, cell=cell, pbc=np.array(periodic, dtype=bool))

    def check(self) -> None:
        """Raise what the calculator raised during the last command, if anything."""
        if self._error is not None:
            raise RuntimeError(f"the ASE calculator failed: {self._error}") from self._error
