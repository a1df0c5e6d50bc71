"""Elasticity against closed forms for cubic (001) and hexagonal (0001) layers."""

import numpy as np
import pytest

from nanokiln.structures.catalogue import build
from nanokiln.structures.crystals.elastic import out_of_plane_strain, relaxed_energy_GPa, stiffness_GPa
from nanokiln.structures.crystals.phases import load_phase
from nanokiln.structures.crystals.relation import oriented


def test_cubic_001_layer() -> None:
    gold = load_phase("Au")
    tensor = stiffness_GPa(gold, gold.lattice_A)
    c11, c12 = gold.stiffness_GPa["C11"], gold.stiffness_GPa["C12"]
    assert out_of_plane_strain(tensor, 0.01 * np.eye(2)) == pytest.approx([0, 0, -0.02 * c12 / c11])
    biaxial = c11 + c12 - 2 * c12**2 / c11
    assert relaxed_energy_GPa(tensor, 0.01 * np.eye(2)) == pytest.approx(biaxial * 1e-4)


def test_hexagonal_0001_layer() -> None:
    cdse = load_phase("CdSe-wz")
    known = cdse.stiffness_GPa
    zz = out_of_plane_strain(stiffness_GPa(cdse, cdse.lattice_A), 0.01 * np.eye(2))[2]
    assert zz == pytest.approx(-0.02 * known["C13"] / known["C33"])


def test_stiffness_turns_with_the_crystal_and_keeps_its_invariants() -> None:
    gold = load_phase("Au")
    flat = stiffness_GPa(gold, gold.lattice_A)
    turned = stiffness_GPa(gold, oriented(gold.lattice_A, (1, 1, 1), (1, -1, 0)))
    assert np.einsum("iijj", turned) == pytest.approx(np.einsum("iijj", flat))
    assert np.einsum("ijij", turned) == pytest.approx(np.einsum("ijij", flat))
    assert not np.allclose(turned, flat, atol=1.0)


def test_shared_strain_adds_up_and_poisson_thins_what_is_stretched() -> None:
    model = build({"preset": "cdse-cu3p-cdse-slab", "film_share": "moduli", "poisson": True})
    share = model.notes["film_share"]
    assert 0 < share < 1
    strains = [np.linalg.solve(d.reference_A, d.lattice_A) - np.eye(3) for d in model.domains]
    assert strains[1][0, 0] == pytest.approx(share * 0.06982, abs=1e-4)
    assert (1 + strains[1][0, 0]) / (1 + strains[0][0, 0]) == pytest.approx(1.06982, abs=1e-5)
    assert strains[1][2, 2] < 0 < strains[0][2, 2]
    assert strains[1][0, 1] == pytest.approx(0.0, abs=1e-12)


def test_unknown_stiffness_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="PbSe has no stiffness_GPa"):
        stiffness_GPa(load_phase("PbSe"), load_phase("PbSe").lattice_A)
