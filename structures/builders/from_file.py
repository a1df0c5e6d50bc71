"""A model from a file of one's own: read, repeated, labelled, and refused where two atoms share a place."""

from pathlib import Path

import ase
import numpy as np

from nanokiln.structures.builders.contacts import short_contacts
from nanokiln.structures.builders.specs import FileSpec
from nanokiln.structures.files.labels import label
from nanokiln.structures.files.structure import read_structure
from nanokiln.structures.model import LABELS, Model

_SAME_PLACE = 0.4  # covalent radius sums: split sites and atoms written twice, never a bond


def build_file(spec: FileSpec) -> Model:
    """Return the structure of a file as a model, with the labels that a model of ours brings or else those asked for.

    ValueError, in one line: the file cannot be read, two atoms share a place, or a label asked for is not there.
    """
    path = Path(spec.path)
    atoms = read_structure(path, spec.frame, spec.elements)
    name = spec.name or path.name.split(".")[0]
    if all(key in atoms.arrays for key in LABELS) and "nanokiln_model" in atoms.info and spec.repeat == (1, 1, 1):
        return Model.read(path)
    atoms.info.clear()
    atoms.arrays.pop("id", None)  # the order of the ids stays: atom id = index + 1
    if spec.periodic is not None:
        atoms.pbc = spec.periodic
    if atoms.pbc.any() and atoms.cell.rank < 3:
        raise ValueError(f"{path} has no cell to repeat: write one into the file, or say `periodic: [no, no, no]`")
    if np.prod(spec.repeat) > 1:
        atoms = atoms.repeat(spec.repeat)
    if atoms.pbc.any():
        _lay_along_axes(atoms)
    _refuse_shared_places(atoms, path)
    return label(atoms, name, spec.domains, spec.phases)


def _lay_along_axes(atoms: ase.Atoms) -> None:
    """Turn the atoms until a lies along x and b in the xy plane; edges that do not repeat stand upright."""
    cell, turn = atoms.cell.standard_form()
    cell = np.where(np.abs(cell) < 1e-10, 0.0, cell)
    atoms.positions = atoms.positions @ turn.T
    for axis in np.flatnonzero(~atoms.pbc):
        cell[axis] = np.eye(3)[axis] * cell[axis, axis]
    atoms.set_cell(cell, scale_atoms=False)


def _refuse_shared_places(atoms: ase.Atoms, path: Path) -> None:
    short = short_contacts(atoms, below=_SAME_PLACE)
    if len(short):
        worst = int(np.argmin(short.ratio))
        i, j = int(short.first[worst]), int(short.second[worst])
        raise ValueError(
            f"{path}: atoms {i + 1} ({atoms.symbols[i]}) and {j + 1} ({atoms.symbols[j]}) are "
            f"{short.distance_A[worst]:.2f} A apart: a split site, or one atom written twice; keep one of them"
        )
