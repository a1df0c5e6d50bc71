"""Regions: interface, shell and core of the starting particle, for what is measured by place."""

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from nanokiln.analysis.trajectory.neighbours import pairs, spacing, with_images
from nanokiln.structures.model import Model

Mask = NDArray[np.bool_]

_DEPTH_A = 5.0
_SHELL = 12
_REACH = 1.22


def find_regions(model: Model, depth_A: float = _DEPTH_A) -> dict[str, Mask]:
    """Return masks (n_atoms,) of `interface`, `shell` and `core`; every atom of the start is in one of them.

    Interface atoms lie within `depth_A` of an atom of another domain, shell atoms within it of the surface (an anion or
    metal atom that lacks neighbours of its own kind); an atom near both counts to the interface.
    """
    atoms = model.atoms
    cell = atoms.cell.array if atoms.cell.rank == 3 else np.diag(np.ptp(atoms.positions, axis=0) + 50)
    periodic = np.asarray(atoms.pbc)
    domain = np.asarray(atoms.arrays["domain"])
    i, j, _ = pairs(atoms.positions, cell, periodic, depth_A)
    interface = np.zeros(len(atoms), dtype=bool)
    interface[i[domain[i] != domain[j]]] = True
    shell = _near_surface(model, cell, periodic, depth_A) & ~interface
    return {"interface": interface, "shell": shell, "core": ~(interface | shell)}


def _near_surface(model: Model, cell: NDArray[np.float64], periodic: Mask, depth_A: float) -> Mask:
    positions = model.atoms.positions
    bare = np.zeros(len(positions), dtype=bool)
    for sublattice in ("anion", "metal"):
        mine = np.flatnonzero(model.atoms.arrays["sublattice"] == sublattice)
        if len(mine) > _SHELL:
            d = spacing(positions[mine], cell, periodic)
            i, _, _ = pairs(positions[mine], cell, periodic, _REACH * d)
            bare[mine] = np.bincount(i, minlength=len(mine)) < _SHELL
    if not bare.any():
        return bare
    wrapped, _ = with_images(positions, cell, periodic, 0.0)
    surface, _ = with_images(positions[bare], cell, periodic, depth_A)
    distance = np.asarray(cKDTree(surface).query(wrapped)[0])
    near: Mask = distance < depth_A / 2  # the outermost layer is bare itself: half the depth lies inside it
    return near
