"""Writing models: extended XYZ with labels, LAMMPS data, and CIF or POSCAR where the model is periodic."""

from collections.abc import Callable
from pathlib import Path

import ase.io
import numpy as np
from ase.io.lammpsdata import write_lammps_data

from nanokiln.structures.model import Model


def write(model: Model, path: Path | str) -> None:
    """Write a model in the format of the file's name: .extxyz (or .xyz), .data, .cif, .vasp or POSCAR.

    ValueError for any other name, and for CIF and POSCAR of a model that is not periodic in all directions.
    """
    path = Path(path)
    kind = "poscar" if path.name.upper().startswith("POSCAR") else path.suffix.lower()
    if kind not in _WRITERS:
        raise ValueError(f"cannot tell a format from {path.name!r}: end it in .extxyz, .data, .cif or .vasp")
    if kind in (".cif", ".vasp", "poscar") and not model.atoms.pbc.all():
        raise ValueError(
            f"{path.name}: {model.name} is not periodic, and this format cannot say so; write .extxyz or .data instead"
        )
    _WRITERS[kind](model, path)


def _write_lammps(model: Model, path: Path) -> None:
    """Write `atom_style atomic` data with masses; atom id = index + 1, types in alphabetical order of the elements."""
    atoms = model.atoms.copy()
    atoms.wrap()
    with path.open("w", encoding="utf-8") as file:
        write_lammps_data(file, atoms, specorder=list(model.elements), masses=True, units="metal", atom_style="atomic")


def _write_poscar(model: Model, path: Path) -> None:
    order = np.argsort(model.atoms.get_chemical_symbols(), kind="stable")
    ase.io.write(path, model.atoms[order], format="vasp", direct=True)


def _write_cif(model: Model, path: Path) -> None:
    ase.io.write(path, model.atoms, format="cif")


_WRITERS: dict[str, Callable[[Model, Path], None]] = {
    ".extxyz": lambda model, path: model.write(path),
    ".xyz": lambda model, path: model.write(path),
    ".data": _write_lammps,
    ".cif": _write_cif,
    ".vasp": _write_poscar,
    "poscar": _write_poscar,
}
