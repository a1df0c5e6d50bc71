"""Foreign trajectories: runs of other hands, read by the same code."""

from collections.abc import Iterator
from pathlib import Path

import ase
import ase.io
import numpy as np

from nanokiln.analysis.trajectory.dump import DumpFrame, read_dump
from nanokiln.analysis.trajectory.h5md import write_frames
from nanokiln.analysis.trajectory.trajectory import FRAMEWORK, Trajectory
from nanokiln.structures.model import LABELS, Domain, Model

METALS = frozenset({"Au", "Ag", "Cu", "Ni", "Pd", "Pt"})
_DUMPS = (".dump", ".lammpstrj", ".dump.gz", ".lammpstrj.gz")


def open_foreign(trajectory: Path, model: Path | None, out: Path, timestep_ps: float) -> tuple[Trajectory, Model]:
    """Convert a LAMMPS dump, or any file that ASE reads, and return it with its model.

    `model` is a model file of ours, or any structure ASE reads (atom i is id i + 1); without one the first frame is the
    model. Without labels the model is one domain, its sublattices told by element. `timestep_ps` is the time between
    steps of the dump, or between frames of other files. ValueError: elements are named nowhere.
    """
    frames = read_frames(trajectory)
    if model is None:
        first = next(frames)
        if first.elements is None:
            raise ValueError(f"{trajectory} does not name its elements; give its first structure as --model FILE")
        begun = ase.Atoms(first.elements, first.positions - first.origin, cell=first.cell, pbc=first.periodic)
        labelled = label(begun, trajectory.stem)
        frames = read_frames(trajectory)
    else:
        labelled = read_model(model)
    write_frames(frames, labelled, out, timestep_ps)
    return Trajectory(out), labelled


def read_frames(path: Path) -> Iterator[DumpFrame]:
    """Stream the frames of a LAMMPS dump, or of any file that ASE reads, whose frames are numbered from 0."""
    if path.name.endswith(_DUMPS):
        yield from read_dump(path)
        return
    for step, atoms in enumerate(ase.io.iread(path, index=":")):
        cell = atoms.cell.array if atoms.cell.rank == 3 else np.diag(np.ptp(atoms.positions, axis=0) + 20.0)
        names = np.array(atoms.get_chemical_symbols())
        ids = np.arange(1, len(atoms) + 1)
        yield DumpFrame(step, cell, np.zeros(3), np.asarray(atoms.pbc), ids, atoms.positions, names)


def read_model(path: Path) -> Model:
    """Read a model of ours, or label the structure in any other file."""
    atoms = ase.io.read(path)
    if all(name in atoms.arrays for name in LABELS):
        return Model.read(path)
    return label(atoms, path.stem)


def label(atoms: ase.Atoms, name: str) -> Model:
    """Return bare atoms as a model of one domain: anions and cations by element, metals where there is no anion.

    Sites and cells are unknown, so lattice fits of such a domain are refused; everything else works.
    """
    atoms = atoms.copy()
    symbols, n = np.array(atoms.get_chemical_symbols()), len(atoms)
    anion = np.isin(symbols, sorted(FRAMEWORK))
    metal = np.isin(symbols, sorted(METALS)) & (not anion.any())
    atoms.set_array("domain", np.zeros(n, dtype=int))
    atoms.set_array("phase", np.full(n, "unknown"))
    atoms.set_array("sublattice", np.where(anion, "anion", np.where(metal, "metal", "cation")))
    atoms.set_array("site", np.zeros(n, dtype=int))
    atoms.set_array("cell_index", np.zeros((n, 3), dtype=int))
    cell = atoms.cell.array if atoms.cell.rank == 3 else np.eye(3)
    return Model(name, atoms, (Domain("all", "unknown", cell, cell, np.zeros(3), np.zeros((1, 3))),))
