"""Grains become a Model: labels written, a cell put around, contacts checked."""

from typing import Any

import ase
import numpy as np
from numpy.typing import NDArray

from nanokiln.structures.builders.contacts import SHORTEST_CONTACT, short_contacts
from nanokiln.structures.crystals.crystal import Grain
from nanokiln.structures.model import Domain, Model


def assemble(
    name: str,
    grains: list[Grain],
    notes: dict[str, Any],
    cell_A: NDArray[np.float64] | None = None,
    vacuum_A: float = 10.0,
    periodic: tuple[bool, bool, bool] = (False, False, False),
) -> Model:
    """Join grains into a labelled model, inside a cell or inside a box with vacuum on every side.

    A pair of atoms closer than 0.85 covalent radius sums is a ValueError: no model leaves with one.
    """
    grains = [g for g in grains if len(g)]
    if not grains:
        raise ValueError(f"{name} holds no atoms: its regions are smaller than one unit cell")
    points = np.concatenate([g.positions_A() for g in grains])
    if cell_A is None:
        low, high = points.min(axis=0) - vacuum_A, points.max(axis=0) + vacuum_A
        shift, cell_A = -low, np.diag(high - low)
    else:
        shift = np.zeros(3)
    grains = [g.moved(shift) for g in grains]
    symbols = np.concatenate([g.species() for g in grains])
    atoms = ase.Atoms(symbols.tolist(), positions=points + shift, cell=cell_A, pbc=periodic)
    for key, values in _labels(grains).items():
        atoms.set_array(key, values)
    short = short_contacts(atoms)
    if len(short):
        worst = int(np.argmin(short.ratio))
        pair = f"{symbols[short.first[worst]]}-{symbols[short.second[worst]]}"
        raise ValueError(
            f"{name}: {len(short)} pairs of atoms are closer than {SHORTEST_CONTACT} covalent radius sums, the worst "
            f"{pair} at {short.distance_A[worst]:.2f} A; widen the gap or let contacts be removed"
        )
    return Model(name, atoms, tuple(_domain(g) for g in grains), notes=notes)


def _labels(grains: list[Grain]) -> dict[str, NDArray[Any]]:
    return {
        "domain": np.repeat(np.arange(len(grains)), [len(g) for g in grains]),
        "phase": np.repeat([g.crystal.phase.name for g in grains], [len(g) for g in grains]),
        "sublattice": np.concatenate([np.array(g.crystal.phase.sublattice)[g.sites] for g in grains]),
        "site": np.concatenate([g.sites for g in grains]).astype(np.int64),
        "cell_index": np.concatenate([g.cells for g in grains]).astype(np.int64),
    }


def _domain(grain: Grain) -> Domain:
    crystal = grain.crystal
    return Domain(
        name=grain.name,
        phase=crystal.phase.name,
        lattice_A=crystal.lattice_A,
        reference_A=crystal.reference_A,
        origin_A=crystal.origin_A,
        basis=crystal.phase.basis,
    )
