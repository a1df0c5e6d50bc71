import numpy as np
import pytest
from ase.units import GPa, kB
from scipy.constants import atomic_mass

from nanokiln.potentials.cards.card import load_card
from nanokiln.potentials.lammps.session import card_calculator
from nanokiln.potentials.validation.expansion import TEMPERATURES_K, NoExpansionError, compute_expansion, expansion
from nanokiln.potentials.validation.measurement import Bench
from nanokiln.potentials.validation.perfect_crystal import elastic_tensor
from nanokiln.potentials.validation.phonons import MESH, Phonopy, density, dispersion, force_constants, free_energy
from nanokiln.potentials.validation.subjects import Subjects

KB_MEV_K = 1e3 * kB


@pytest.fixture(scope="module")
def copper() -> Bench:
    return Bench(card_calculator(load_card("cu-eam")), Subjects.load(("Cu",)))


@pytest.fixture(scope="module")
def phonons(copper: Bench) -> Phonopy:
    found = force_constants(copper, "Cu")
    found.run_mesh(MESH, is_gamma_center=True)
    return found


def test_sound_is_acoustic_and_its_speed_follows_from_the_elastic_constants(copper: Bench, phonons: Phonopy) -> None:
    """Along [100] of a cubic crystal rho v^2 = C11 (longitudinal) and C44 (transverse)."""
    q = 0.02  # of the cubic reciprocal lattice: along [100] of fcc, (0, q/2, q/2) in the primitive basis
    cubic = np.array([[q, 0.0, 0.0], [0.0, 0.0, 0.0]]) / 3.615
    phonons.run_qpoints(cubic @ phonons.primitive.cell.T)
    frequencies = phonons.qpoints.frequencies
    assert np.abs(frequencies[1]).max() < 1e-3
    density = 4 * 63.546 * atomic_mass / (3.615e-10) ** 3
    speed = frequencies[0] * 1e12 / (q / 3.615e-10)
    C = elastic_tensor(copper, "Cu") * 1e9
    assert density * speed**2 == pytest.approx([C[3, 3], C[3, 3], C[0, 0]], rel=0.06)
    bands = dispersion(phonons, points=20)
    assert bands.bands.shape == (20, 3) and bands.bands.min() > -0.05


def test_the_mesh_has_the_zone_boundary_on_it(phonons: Phonopy) -> None:
    """Half-way points, where the waves of neighbours are opposed: the zone centre, X and L of an fcc crystal."""
    halves = np.isclose(2 * phonons.mesh.qpoints % 1.0, 0.0).all(axis=1)
    assert halves.sum() == 3


def test_there_are_three_modes_per_atom_and_none_below_zero(phonons: Phonopy) -> None:
    found = density(phonons)
    assert np.trapezoid(found.density, found.frequency_THz) == pytest.approx(3, rel=1e-4)
    assert found.density[found.frequency_THz < -0.3].sum() == 0


def test_free_energy_has_its_classical_and_quantum_limits(phonons: Phonopy) -> None:
    """At 0 K half a quantum per mode; when hot, -kT times the logarithm of kT over every quantum."""
    found = free_energy(phonons)
    frequencies = np.asarray(phonons.mesh.frequencies)
    weights = np.asarray(phonons.mesh.weights) / np.sum(phonons.mesh.weights)
    sound = np.arange(len(weights)) == 0
    quanta = 4.135667 * np.where(frequencies > 0.01, frequencies, np.nan)
    assert sound[np.isnan(quanta).any(axis=1)].all()  # only the zone centre
    zero_point = np.nansum(quanta / 2 * weights[:, None])
    hot = KB_MEV_K * 1200 * np.nansum(np.log(quanta / (KB_MEV_K * 1200)) * weights[:, None])
    assert found.F_meV_atom[0] == pytest.approx(zero_point, rel=1e-3)
    assert found.F_meV_atom[found.T_K == 1200][0] == pytest.approx(hot, rel=3e-3)
    assert found.imaginary_share == 0
    assert (np.diff(found.F_meV_atom) < 0).all()


def test_expansion_is_the_pressure_of_the_vibrations_over_the_bulk_modulus(copper: Bench, phonons: Phonopy) -> None:
    """3 alpha B = dS/dV at constant temperature: entropies of two volumes against the fit through six."""
    grown, slope = expansion(copper, "Cu")
    at = TEMPERATURES_K == 300.0
    larger = copper.attach(copper.crystals["Cu"].copy())
    larger.set_cell(larger.cell * 1.03 ** (1 / 3), scale_atoms=True)
    wider = force_constants(copper, "Cu", larger)
    wider.run_mesh(MESH, is_gamma_center=True)
    entropies = []
    for one in (phonons, wider):
        one.run_thermal_properties(temperatures=[300.0], exclude_gamma_acoustic=True)
        entropies.append(float(one.thermal_properties.entropy[0]) * 1.0364269e-5)  # J/K/mol -> eV/K
    C = elastic_tensor(copper, "Cu") * GPa
    volume = phonons.primitive.volume
    simple = (entropies[1] - entropies[0]) / (0.03 * volume) / ((C[0, 0] + 2 * C[0, 1]) / 3) / 3
    assert slope[at][0] == pytest.approx(simple, rel=0.12)  # the modulus is that at rest, 5 % stiffer than at 300 K
    assert 1 < grown[at][0] < grown[-1] < 1.06


def test_no_expansion_is_given_where_a_mode_is_imaginary(copper: Bench, monkeypatch) -> None:
    monkeypatch.setattr("nanokiln.potentials.validation.expansion.imaginary_share", lambda _: 0.25)
    with pytest.raises(NoExpansionError, match="25 % of the modes"):
        expansion(copper, "Cu")
    row = next(iter(compute_expansion(copper, "Cu")))
    assert row.value is None and row.note.startswith("not defined")
