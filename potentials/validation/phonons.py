"""Phonons of the relaxed crystals: dispersion, density of states, imaginary modes, harmonic free energy."""

import warnings
from collections.abc import Iterator

import numpy as np
from ase import Atoms, units
from numpy.typing import NDArray
from phonopy import Phonopy
from phonopy.structure.atoms import PhonopyAtoms

from nanokiln.potentials.validation.curves import Density, Dispersion, FreeEnergy
from nanokiln.potentials.validation.measurement import Bench, Measurement

Floats = NDArray[np.float64]

IMAGINARY_THz = -0.1  # acoustic branches at the zone centre scatter by less
TEMPERATURES_K = np.arange(0.0, 1201.0, 50.0)
TABLED_K = (300.0, 600.0, 900.0)
MESH = (12, 12, 12)  # about the zone centre: with the middles of faces and edges, and K, where modes soften first
KJ_MOL_TO_MEV = 1e3 * units.kJ / units.mol
SMEARED_THz = 0.06


def force_constants(bench: Bench, name: str, crystal: Atoms | None = None, displacement_A: float = 0.02) -> Phonopy:
    """Return phonopy with the force constants of a relaxed crystal (or of `crystal`) by finite displacements."""
    cell = crystal if crystal is not None else bench.crystals[name]
    unit = PhonopyAtoms(cell.get_chemical_symbols(), cell=cell.cell.array, scaled_positions=cell.get_scaled_positions())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that "auto" once was not the default
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


def density(phonons: Phonopy) -> Density:
    """Return the density of states on the mesh, smeared by a Gaussian; its integral is 3."""
    frequencies = np.asarray(phonons.mesh.frequencies)
    margin = 4 * SMEARED_THz
    phonons.run_total_dos(
        sigma=SMEARED_THz,
        freq_min=frequencies.min() - margin,
        freq_max=frequencies.max() + margin,
        freq_pitch=SMEARED_THz / 3,
        use_tetrahedron_method=False,
    )
    found = phonons.total_dos
    return Density(np.asarray(found.frequency_points), np.asarray(found.dos) / len(phonons.primitive))


def free_energy(phonons: Phonopy) -> FreeEnergy:
    """Return the harmonic free energy on the mesh; the three sounds at the zone centre and imaginary modes left out."""
    phonons.run_thermal_properties(temperatures=TEMPERATURES_K, exclude_gamma_acoustic=True)
    free = np.asarray(phonons.thermal_properties.free_energy) * KJ_MOL_TO_MEV / len(phonons.primitive)
    return FreeEnergy(TEMPERATURES_K, free, imaginary_share(phonons))


def imaginary_share(phonons: Phonopy) -> float:
    """Return the share of modes on the mesh below `IMAGINARY_THz`."""
    frequencies = np.asarray(phonons.mesh.frequencies)
    weights = np.asarray(phonons.mesh.weights, dtype=float)
    below = (frequencies < IMAGINARY_THz).mean(axis=1)
    return float(below @ weights / weights.sum())


def compute_phonons(bench: Bench, name: str) -> Iterator[Measurement]:
    """Lowest and highest frequency and the share of imaginary modes on a mesh, and harmonic free energies.

    Dispersion, density of states and the free energies from 0 to 1200 K are left on the bench.
    """
    if not bench.subjects.phases[name].elastic:
        return
    phonons = force_constants(bench, name)
    phonons.run_mesh(MESH, is_gamma_center=True)
    bench.densities[name] = density(phonons)
    bench.free_energies[name] = free = free_energy(phonons)
    frequencies = np.asarray(phonons.mesh.frequencies)
    lowest = round(float(frequencies.min()), 4) + 0.0  # sound at the zone centre is zero but for rounding
    yield Measurement("phonons", name, "lowest", "THz", lowest, _softest(phonons))
    yield Measurement("phonons", name, "highest", "THz", float(frequencies.max()))
    yield Measurement("phonons", name, "imaginary share", "1", free.imaginary_share)
    note = "imaginary modes left out" if free.imaginary_share else ""
    for temperature_K in TABLED_K:
        value = float(free.F_meV_atom[temperature_K == free.T_K][0])
        yield Measurement("phonons", name, f"F({temperature_K:.0f} K)", "meV/atom", value, note)
    bench.dispersions[name] = dispersion(phonons)


def _softest(phonons: Phonopy) -> str:
    """Return where on the mesh the softest mode lies, when it is imaginary."""
    frequencies = np.asarray(phonons.mesh.frequencies).min(axis=1)
    if frequencies.min() >= IMAGINARY_THz:
        return ""
    q = phonons.mesh.qpoints[frequencies.argmin()]
    return "imaginary at q = (" + " ".join(f"{x:g}" for x in q) + ")"
