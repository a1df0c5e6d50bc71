"""The model as a LAMMPS data file: atom id = index + 1, types in the order of the elements."""

from pathlib import Path

import numpy as np
from ase.data import atomic_masses, atomic_numbers

from nanokiln.structures.model import Model
from nanokiln.workflows.errors import InputError

VACUUM_A = 40.0  # room around the atoms along an axis that does not repeat


def boundary(model: Model) -> str:
    """Return LAMMPS' boundary: `p` along repeating axes, `f` (fixed, with room around the atoms) along others."""
    return " ".join("p" if repeats else "f" for repeats in model.atoms.pbc)


def write_data(model: Model, path: Path) -> None:
    """Write the box and the atoms; InputError for a repeating cell that does not lie as LAMMPS needs it."""
    cell = np.asarray(model.atoms.cell, dtype=float)
    positions = model.atoms.get_positions()
    repeats = np.asarray(model.atoms.pbc)
    if repeats.any() and np.abs(np.triu(cell, 1)).max() > 1e-6:
        raise InputError("the model's cell must have a along x and b in the xy plane; turn the model before running it")
    low, high = positions.min(axis=0) - VACUUM_A, positions.max(axis=0) + VACUUM_A
    low, high = np.where(repeats, 0.0, low), np.where(repeats, np.diag(cell), high)
    tilt = [cell[1, 0], cell[2, 0], cell[2, 1]] if repeats.any() else [0.0, 0.0, 0.0]
    path.write_text(
        "\n".join(
            [
                f"# {model.name}: {len(positions)} atoms, types {' '.join(model.elements)}",
                "",
                f"{len(positions)} atoms",
                f"{len(model.elements)} atom types",
                *(f"{low[i]:.10f} {high[i]:.10f} {axis}lo {axis}hi" for i, axis in enumerate("xyz")),
                *([f"{tilt[0]:.10f} {tilt[1]:.10f} {tilt[2]:.10f} xy xz yz"] if np.any(np.abs(tilt) > 1e-9) else []),
                "",
                "Masses",
                "",
                *(f"{i} {atomic_masses[atomic_numbers[e]]:.6f}  # {e}" for i, e in enumerate(model.elements, 1)),
                "",
                "Atoms # atomic",
                "",
                *_rows(model),
                "",
            ]
        )
    )


def _rows(model: Model) -> list[str]:
    types = [model.elements.index(symbol) + 1 for symbol in model.atoms.get_chemical_symbols()]
    rows = zip(types, model.atoms.get_positions(), strict=True)
    return [f"{i} {kind} {x:.10f} {y:.10f} {z:.10f}" for i, (kind, (x, y, z)) in enumerate(rows, 1)]
