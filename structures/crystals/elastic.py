"""Elasticity of a strained layer: its stiffness as it lies, how it relaxes along z, and what the strain costs."""

import numpy as np
from numpy.typing import NDArray

from nanokiln.structures.crystals.phases import Phase

Matrix = NDArray[np.float64]
_VOIGT = np.array([[0, 5, 4], [5, 1, 3], [4, 3, 2]])


def stiffness_GPa(phase: Phase, lattice_A: Matrix) -> Matrix:
    """Return the stiffness tensor (3, 3, 3, 3) of a crystal whose lattice vectors (rows) lie like these.

    A phase without known constants is a ValueError that names it.
    """
    known = phase.stiffness_GPa
    if not known:
        raise ValueError(
            f"{phase.name} has no stiffness_GPa in data/phases.yaml: give film_share as a number and leave poisson off "
            "or write the phase with its C11, C12, C44 (hexagonal also C13, C33)"
        )
    c11, c12, c44 = known["C11"], known["C12"], known["C44"]
    c13, c33 = known.get("C13", c12), known.get("C33", c11)
    c66 = (c11 - c12) / 2 if phase.hexagonal else c44
    voigt = np.diag([c11, c11, c33, c44, c44, c66])
    voigt[0, 1] = voigt[1, 0] = c12
    voigt[:2, 2] = voigt[2, :2] = c13
    tensor = voigt[_VOIGT[:, :, None, None], _VOIGT]
    turn = np.linalg.solve(phase.lattice_A, lattice_A).T
    return np.asarray(np.einsum("ia,jb,kc,ld,abcd->ijkl", turn, turn, turn, turn, tensor, optimize=True))


def out_of_plane_strain(stiffness: Matrix, in_plane: Matrix) -> Matrix:
    """Return the strains (xz, yz, zz) that leave no stress on z for an in-plane strain (2, 2)."""
    load = -np.einsum("ikl,kl->i", stiffness[:, 2, :2, :2], in_plane)
    # Shear strains enter the stress twice, as xz and as zx.
    matrix = stiffness[:, 2, :, 2] * np.array([2.0, 2.0, 1.0])
    return np.asarray(np.linalg.solve(matrix, load))


def relaxed_energy_GPa(stiffness: Matrix, in_plane: Matrix) -> float:
    """Return the elastic energy density of an in-plane strain (2, 2) after the relaxation along z."""
    xz, yz, zz = out_of_plane_strain(stiffness, in_plane)
    strain = np.array([[in_plane[0, 0], in_plane[0, 1], xz], [in_plane[1, 0], in_plane[1, 1], yz], [xz, yz, zz]])
    return float(np.einsum("ij,ijkl,kl->", strain, stiffness, strain) / 2)
