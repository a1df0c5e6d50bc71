"""Orientation: turning a model so that its cell lies as LAMMPS needs it, labels and all."""

from dataclasses import replace

import numpy as np

from nanokiln.structures.model import Model
from nanokiln.workflows.errors import InputError


def as_lammps_needs(model: Model) -> Model:
    """Return the model with its repeating cell's a along x and b in the xy plane; a particle stays as it is.

    Atoms, cell and domains turn together, so that every label keeps its meaning. InputError when the turn would
    take the stacking axis off its Cartesian axis.
    """
    if not np.any(model.atoms.pbc):
        return model
    cell, turn = model.atoms.cell.standard_form()
    axis = np.eye(3)[model.stacking_axis]
    if np.abs(axis @ turn.T - axis).max() > 1e-6:
        raise InputError(
            f"the model's cell cannot be laid along x and xy without turning axis {'xyz'[model.stacking_axis]}, along "
            "which its layers are stacked: give the cell its first two vectors in the plane of the layers"
        )
    atoms = model.atoms.copy()
    atoms.set_cell(np.where(np.abs(cell) < 1e-10, 0.0, cell), scale_atoms=False)
    atoms.positions = atoms.positions @ turn.T
    domains = tuple(
        replace(
            domain,
            lattice_A=domain.lattice_A @ turn.T,
            reference_A=domain.reference_A @ turn.T,
            origin_A=domain.origin_A @ turn.T,
        )
        for domain in model.domains
    )
    return replace(model, atoms=atoms, domains=domains)
