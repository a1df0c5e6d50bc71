"""Labels for atoms that bring none: domains as a person says, sublattices by element."""

from collections.abc import Mapping
from typing import Any

import ase
import numpy as np
from numpy.typing import NDArray

from nanokiln.structures.model import Domain, Model

UNKNOWN = "unknown"
_ANIONS = frozenset({"N", "P", "As", "O", "S", "Se", "Te", "F", "Cl", "Br", "I"})
Box = tuple[tuple[float, float, float], tuple[float, float, float]]


def label(
    atoms: ase.Atoms,
    name: str,
    domains: str | Mapping[str, Box] = "one",
    phases: str | Mapping[str, str] = UNKNOWN,
) -> Model:
    """Return bare atoms as a model; what is not known stays empty, and the analyses that need it say so.

    `domains`: one, species, molecule-id, label, or boxes by name (two corners, nm). `phases`: the phase of all domains,
    or of each by its name. Anions are told by element; a domain without any is a metal. Sites and cells are unknown, so
    no lattice can be fitted to such a domain. ValueError: the file lacks the array asked for, or a box holds nothing.
    """
    atoms = atoms.copy()
    names, domain = _domains(atoms, domains)
    phase = _phases(names, phases)
    n = len(atoms)
    atoms.set_array("domain", domain)
    atoms.set_array("phase", np.array(phase)[domain])
    atoms.set_array("sublattice", _sublattices(np.array(atoms.get_chemical_symbols()), domain))
    atoms.set_array("site", np.zeros(n, dtype=int))
    atoms.set_array("cell_index", np.zeros((n, 3), dtype=int))
    cell = atoms.cell.array if atoms.cell.rank == 3 else np.eye(3)
    made = (Domain(d, p, cell, cell, np.zeros(3), np.zeros((1, 3))) for d, p in zip(names, phase, strict=True))
    return Model(name, atoms, tuple(made))


def _domains(atoms: ase.Atoms, how: str | Mapping[str, Box]) -> tuple[list[str], NDArray[np.int64]]:
    """Return the domains' names, and each atom's."""
    if not isinstance(how, str):
        return _boxed(atoms, how)
    if how == "one":
        return ["all"], np.zeros(len(atoms), dtype=np.int64)
    values: NDArray[Any]
    if how == "species":
        values = np.array(atoms.get_chemical_symbols())
    elif how == "molecule-id":
        values = _array(atoms, ("mol-id", "mol", "molecule", "residuenumbers"), how)
    else:
        values = _array(atoms, ("label", "domain", "grain", "tags"), how)
    kinds, where = np.unique(values, return_inverse=True)
    prefix = "molecule " if how == "molecule-id" else ""
    return [f"{prefix}{kind}" for kind in kinds], np.asarray(where, dtype=np.int64)


def _array(atoms: ase.Atoms, names: tuple[str, ...], how: str) -> NDArray[Any]:
    found = next((atoms.arrays[name] for name in names if name in atoms.arrays), None)
    if found is None:
        raise ValueError(
            f"domains: {how} needs a column {' or '.join(names)} in the file, which has "
            f"{', '.join(sorted(atoms.arrays))}; say `domains: one`, species, or boxes by name"
        )
    return np.asarray(found)


def _boxed(atoms: ase.Atoms, boxes: Mapping[str, Box]) -> tuple[list[str], NDArray[np.int64]]:
    domain = np.full(len(atoms), -1, dtype=np.int64)
    for index, (name, (low, high)) in enumerate(boxes.items()):
        at = atoms.positions / 10.0
        inside = ((at >= low) & (at < high)).all(axis=1) & (domain < 0)
        if not inside.any():
            raise ValueError(f"domains: the box {name} holds no atom; its corners are in nm, from the cell's corner")
        domain[inside] = index
    names = list(boxes)
    if (domain < 0).any():
        names.append("rest")
        domain[domain < 0] = len(boxes)
    return names, domain


def _phases(names: list[str], phases: str | Mapping[str, str]) -> list[str]:
    if isinstance(phases, str):
        return [phases] * len(names)
    if wrong := sorted(set(phases) - set(names)):
        raise ValueError(f"phases: there is no domain {', '.join(wrong)}; there are: {', '.join(names)}")
    return [phases.get(name, UNKNOWN) for name in names]


def _sublattices(symbols: NDArray[np.str_], domain: NDArray[np.int64]) -> NDArray[np.str_]:
    anion = np.isin(symbols, sorted(_ANIONS))
    ionic = np.bincount(domain, anion)[domain] > 0
    return np.where(anion, "anion", np.where(ionic, "cation", "metal"))
