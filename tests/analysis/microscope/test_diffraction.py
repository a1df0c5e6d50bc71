"""Spots and rings of six crystals against pymatgen's spacings, angles and intensities."""

from functools import cache

import ase
import numpy as np
import pytest
from pymatgen.analysis.diffraction.tem import TEMCalculator
from pymatgen.analysis.diffraction.xrd import XRDCalculator

from nanokiln.analysis.microscope import (
    Exposure,
    Specimen,
    diffraction,
    find_spots,
    index_spots,
    load_instrument,
    mount,
)
from nanokiln.analysis.microscope.instrument import scattering_factor_A
from nanokiln.analysis.microscope.phase_match import candidates, match_spacings
from nanokiln.analysis.microscope.rings import RingProfile, find_rings, index_rings, powder
from nanokiln.analysis.microscope.spots import Spot
from nanokiln.structures.crystals.phases import load_phase

CRYSTALS = ("CdSe-wz", "CdSe-zb", "Cu2Se", "Cu3P", "Cu", "Au")
LIKE = ("Cd", "Cu", "P", "Se")


def ball(phase: str, radius_A: float = 40.0) -> ase.Atoms:
    """A sphere cut from the cited crystal, its c axis along z."""
    crystal = load_phase(phase)
    count = [int(np.ceil(2.4 * radius_A / np.linalg.norm(v))) + 1 for v in crystal.lattice_A]
    atoms = crystal.atoms().repeat(count)
    atoms.positions -= atoms.positions.mean(axis=0)
    return atoms[np.linalg.norm(atoms.positions, axis=1) < radius_A]


@cache
def spots_of(phase: str) -> tuple[Spot, ...]:
    specimen = mount([ball(phase)], phase, "z", up_axis=1)
    return find_spots(diffraction(specimen, load_instrument(), Exposure()))


@cache
def profile_of(phase: str, radius_A: float = 45.0) -> RingProfile:
    return powder(mount([ball(phase, radius_A)], phase), longest_q=0.9)


@pytest.mark.parametrize("phase", CRYSTALS)
def test_spots_have_pymatgens_spacings_and_angles(phase: str) -> None:
    structure = load_phase(phase).structure()
    reciprocal = structure.lattice.reciprocal_lattice_crystallographic
    found = index_spots(spots_of(phase), phase)
    assert len(found) == len(spots_of(phase)) > 7
    for one in found:
        assert one.spot.spacing_A == pytest.approx(structure.lattice.d_hkl(one.indices), rel=0.01)
    first = found[0]
    for other in found[1:]:
        a, b = (reciprocal.get_cartesian_coords(one.indices) for one in (first, other))
        asked = np.degrees(np.arccos(np.clip(a @ b / np.linalg.norm(a) / np.linalg.norm(b), -1, 1)))
        seen = abs((other.spot.angle_deg - first.spot.angle_deg + 180) % 360 - 180)
        assert seen == pytest.approx(asked, abs=1.0)


@pytest.mark.parametrize("phase", CRYSTALS)
def test_spots_have_the_intensities_of_pymatgens_calculator(phase: str) -> None:
    calculator = TEMCalculator(symprec=None, voltage=200, beam_direction=(0, 0, 1))
    table = calculator.get_pattern(load_phase(phase).structure())
    told = dict(zip(table["(hkl)"], table["Intensity (norm)"], strict=True))
    indexed = index_spots(spots_of(phase), phase)
    pairs = np.array([(one.spot.intensity, told[one.indices]) for one in indexed if one.indices in told])
    assert len(pairs) > 7
    pairs /= pairs.max(axis=0)
    assert pairs[:, 0] == pytest.approx(pairs[:, 1], abs=0.02)


@pytest.mark.parametrize("phase", CRYSTALS)
def test_rings_have_pymatgens_spacings(phase: str) -> None:
    rings = index_rings(find_rings(profile_of(phase)), phase)
    lattice = load_phase(phase).structure().lattice
    strong = [ring for ring in rings if ring.indices]
    assert len(strong) >= 3
    for ring in strong:
        if len(ring.indices) == 1:
            assert ring.spacing_A == pytest.approx(lattice.d_hkl(ring.indices[0]), rel=0.01)
        assert abs(ring.off_percent) < 1.0  # of reflections that a particle of 9 nm cannot part, their weighted mean
    brightest = max(rings, key=lambda ring: ring.height)
    pattern = XRDCalculator(wavelength=load_instrument().wavelength_A).get_pattern(
        load_phase(phase).structure(), two_theta_range=(0, 2)
    )
    assert min(abs(brightest.spacing_A / d - 1) for d in pattern.d_hkls) < 0.01


@pytest.mark.parametrize("phase", CRYSTALS[:4])
def test_rings_name_their_crystal(phase: str) -> None:
    rings = find_rings(profile_of(phase))
    table = match_spacings([ring.spacing_A for ring in rings], candidates(LIKE), powder=True)
    assert table.alike == (phase,), table.sentence


def test_some_crystals_cannot_be_told_apart_by_spacing_alone() -> None:
    """Zincblende's first three rings are all among wurtzite's: without the missing ones, they say nothing."""
    zincblende = [ring.spacing_A for ring in find_rings(profile_of("CdSe-zb"))][:3]
    table = match_spacings(zincblende, ("CdSe-zb", "CdSe-wz"), error_percent=0.5)
    assert set(table.alike) == {"CdSe-zb", "CdSe-wz"}
    assert "cannot be told apart by spacing alone" in table.sentence
    nonsense = match_spacings([4.9, 4.1, 2.75, 2.31], candidates(LIKE))
    assert nonsense.alike == ()


def test_a_stretched_crystal_is_not_the_crystal() -> None:
    stretched = [1.04 * ring.spacing_A for ring in find_rings(profile_of("Cu2Se"))]
    assert match_spacings(stretched, ("Cu2Se", "Cu", "Cu3P"), powder=True).alike == ()


def test_a_tilted_zone_is_not_indexed_as_the_upright_one() -> None:
    specimen = mount([ball("Au", 30.0)], "Au", "z", up_axis=1, tilt_deg=(9.0, 0.0))
    tilted = index_spots(find_spots(diffraction(specimen, load_instrument(), Exposure())), "Au")
    assert len(tilted) < len(spots_of("Au"))


def test_debyes_sum_is_the_mean_over_orientations() -> None:
    """Against |F|^2 itself, averaged over 400 orientations."""
    atoms = ball("Cu", 7.0)
    profile = powder(mount([atoms], "Cu"), steps=60)
    rng = np.random.default_rng(1)
    ways = rng.normal(size=(400, 3))
    ways /= np.linalg.norm(ways, axis=1)[:, None]
    for k in (10, 25, 40, 55):
        waves = np.exp(2j * np.pi * profile.q[k] * ways @ atoms.positions.T).sum(axis=1)
        mean = (abs(waves) ** 2).mean() / len(atoms) * scattering_factor_A("Cu", profile.q[k : k + 1])[0] ** 2
        scatter = (abs(waves) ** 2).std() / 20 / len(atoms) * scattering_factor_A("Cu", profile.q[k : k + 1])[0] ** 2
        assert abs(profile.intensity[k] - mean) < 5 * scatter + 0.02 * mean


def test_vibration_takes_from_the_spots_as_debye_and_waller_say() -> None:
    """The mean over frames of |F|^2 at a spot falls by exp(-(2 pi q u)^2) for displacements u along it."""
    atoms, rng, u = ball("Au", 22.0), np.random.default_rng(0), 0.10
    frames = []
    for _ in range(12):
        shaken = atoms.copy()
        shaken.positions += rng.normal(scale=u, size=shaken.positions.shape)
        frames.append(shaken)

    def peak(specimen: Specimen, q: float) -> float:
        pattern = diffraction(specimen, load_instrument(), Exposure())
        return max(s.intensity for s in find_spots(pattern, 0.02) if abs(np.hypot(*s.q) - q) < 0.03)

    q = 2 / load_phase("Au").lattice_A[0, 0]
    ratio = peak(mount(frames, "Au", "z"), q) / peak(mount([atoms], "Au", "z"), q)
    assert ratio == pytest.approx(np.exp(-((2 * np.pi * q * u) ** 2)), rel=0.05)
