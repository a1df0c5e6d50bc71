"""Phonons of the relaxed crystals: dispersion, density of states, imaginary modes, harmonic free energy."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from ase import Atoms
from numpy.typing import NDArray
from phonopy import Phonopy
from phonopy.structure.atoms import PhonopyAtoms

from nanokiln.potentials.validate_crystals import Bench, Measurement

IMAGINARY_THz = -0.1  # acoustic branches at the zone centre scatter by less
TEMPERATURES_K = (300.0, 600.0, 900.0)
KJ_MOL_TO_MEV = 10.364269


@dataclass(frozen=True)
class Dispersion:
    """Frequencies (THz, imaginary ones negative) along a path: `distance` (points,), `bands` (points, branches), with
    the positions and names of the corners."""

    distance: NDArray[np.float64]
    bands: NDArray[np.float64]
    ticks: list[float]
    labels: list[str]


def force_constants(bench: Bench, name: str, displacement_A: float = 0.02) -> Phonopy:
    """Return phonopy with the force constants of a relaxed crystal by finite displacements."""
    cell = bench.crystals[name]
    unit = PhonopyAtoms(cell.get_chemical_symbols(), cell=cell.cell.array, scaled_positions=cell.get_scaled_positions())
    phonons = Phonopy(unit, np.diag(bench.subjects.phases[name].supercell), primitive_matrix="auto")
    phonons.generate_displacements(distance=displacement_A)
    forces = []
    for shifted in phonons.supercells_with_displacements:
        atoms = Atoms(shifted.symbols, cell=shifted.cell, scaled_positions=shifted.scaled_positions)
        forces.append(bench.attach(atoms).get_forces())
    phonons.forces = np.array(forces)
    phonons.produce_force_constants()
    phonons.symmetrize_force_constants()
    return phonons


def dispersion(phonons: Phonopy, points: int = 120) -> Dispersion:
    """Return the bands along the Bravais lattice's special path."""
    path = Atoms(cell=phonons.primitive.cell, pbc=True).cell.bandpath(npoints=points)
    distance, corners, names = path.get_linear_kpoint_axis()
    labels: dict[float, str] = {}
    for corner, name in zip(corners, names, strict=True):  # two corners in one place: the path jumps
        labels[float(corner)] = f"{labels[float(corner)]}|{name}" if float(corner) in labels else str(name)
    phonons.run_qpoints(path.kpts)
    bands = np.asarray(phonons.qpoints.frequencies)
    return Dispersion(np.asarray(distance), bands, list(labels), list(labels.values()))


def compute_phonons(bench: Bench, name: str) -> Iterator[Measurement]:
    """Lowest and highest frequency and the share of imaginary modes on a mesh, and harmonic free energies.

    The dispersion is left in `bench.dispersions`.
    """
    if not bench.subjects.phases[name].elastic:
        return
    phonons = force_constants(bench, name)
    phonons.run_mesh([8, 8, 8], is_gamma_center=True)
    frequencies = np.asarray(phonons.mesh.frequencies)
    weights = np.asarray(phonons.mesh.weights)[:, None] / np.sum(phonons.mesh.weights) / frequencies.shape[1]
    imaginary = float(np.sum((frequencies < IMAGINARY_THz) * weights))
    yield Measurement("phonons", name, "lowest", "THz", float(frequencies.min()))
    yield Measurement("phonons", name, "highest", "THz", float(frequencies.max()))
    yield Measurement("phonons", name, "imaginary share", "1", imaginary)
    phonons.run_thermal_properties(temperatures=TEMPERATURES_K)
    free = np.asarray(phonons.thermal_properties.free_energy) * KJ_MOL_TO_MEV / len(phonons.primitive)
    note = "imaginary modes left out" if imaginary else ""
    for temperature_K, value in zip(TEMPERATURES_K, free, strict=True):
        yield Measurement("phonons", name, f"F({temperature_K:.0f} K)", "meV/atom", float(value), note)
    bench.dispersions[name] = dispersion(phonons)
