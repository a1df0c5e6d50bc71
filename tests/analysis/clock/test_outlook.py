"""Computed numbers in place of tabulated ones: exact for crystals with known frequencies, and nothing else moves."""

from pathlib import Path

import numpy as np
import pytest
from scipy.constants import N_A, R, e, h, k

from nanokiln.analysis.clock.barriers import barriers
from nanokiln.analysis.clock.clock import default_inputs
from nanokiln.analysis.clock.outlook import computed_barriers, computed_energies, harmonic_entropy, outlook
from nanokiln.analysis.clock.thermochemistry import species
from nanokiln.analysis.review2019.scenes import SCENES


def free_meV(frequencies_THz: np.ndarray, T_K: float) -> float:
    """Harmonic free energy per atom of three modes per atom."""
    energy = h * frequencies_THz * 1e12
    return float(3 * np.mean(energy / 2 + k * T_K * np.log1p(-np.exp(-energy / (k * T_K)))) / e * 1e3)


def entropy(frequencies_THz: np.ndarray, T_K: float) -> float:
    x = h * frequencies_THz * 1e12 / (k * T_K)
    return float(3 * R * np.mean(x / np.expm1(x) - np.log1p(-np.exp(-x))))


def test_entropy_from_a_free_energy_is_exact_for_one_frequency_and_close_for_many() -> None:
    assert k * N_A == pytest.approx(R)
    one = np.array([4.0])
    assert harmonic_entropy(free_meV(one, 300.0)) == pytest.approx(entropy(one, 298.15), rel=1e-6)
    debye = 6.0 * (np.arange(1, 400) / 400) ** (1 / 3)
    assert harmonic_entropy(free_meV(debye, 300.0)) == pytest.approx(entropy(debye, 298.15), rel=0.01)


def column(**phonons: float) -> dict:
    rows = [
        {"property": "formation energy", "subject": "CdSe-wz", "quantity": "formation", "value": -150.0},
        {"property": "formation energy", "subject": "Cu3P", "quantity": "formation", "value": None},
    ]
    told = {"F(300 K)": -49.72, "imaginary share": 0.0} | phonons
    rows += [{"property": "phonons", "subject": "CdSe-wz", "quantity": q, "value": v} for q, v in told.items()]
    return {"name": "own", "rows": rows}


def test_energies_replace_what_was_computed_and_nothing_else() -> None:
    found = computed_energies(column())
    assert set(found) == {"H_CdSe", "S_CdSe"}
    assert found["H_CdSe"].value == -150.0
    # The entropy of CdSe by phonons of a good potential is that of the calorimeter within its error.
    assert abs(found["S_CdSe"].value - species()["CdSe"].S.mean) < 2 * found["S_CdSe"].sigma


def test_a_crystal_that_is_no_minimum_counts_from_where_it_comes_to_rest() -> None:
    told = column()
    told["rows"].append({"property": "formation energy", "subject": "Cu2Se", "quantity": "formation", "value": 1.2})
    assert computed_energies(told)["H_Cu2Se"].value == 1.2
    told["rows"].append({"property": "quench", "subject": "Cu2Se", "quantity": "formation of the lowest", "value": -23})
    assert computed_energies(told)["H_Cu2Se"].value == -23


def test_a_crystal_with_imaginary_modes_gives_no_entropy() -> None:
    assert set(computed_energies(column(**{"imaginary share": 0.1}))) == {"H_CdSe"}
    with pytest.raises(ValueError, match="no formation energy"):
        computed_energies({"name": "own", "rows": []})


def test_the_outlook_moves_with_what_is_replaced() -> None:
    from nanokiln.analysis.clock.distributions import Distribution

    ramp = {"rod-ramp": SCENES["rod-ramp"]}
    base = outlook("tables", {}, ramp, samples=40)
    stable = outlook("stable", {"H_CdSe": Distribution(value=-200.0, sigma=5.8)}, ramp, samples=40)
    assert base.reactions["CdSe sublimes"].value + 55.2 == pytest.approx(
        stable.reactions["CdSe sublimes"].value, abs=0.3
    )
    assert stable.midpoints["rod-ramp"].value > base.midpoints["rod-ramp"].value
    assert stable.to_json()["replaced"] == {"H_CdSe": {"value": -200.0, "sigma": 5.8}}
    with pytest.raises(ValueError, match="H_CdTe"):
        outlook("wrong", {"H_CdTe": Distribution(value=1.0)}, ramp)


def test_a_computed_hop_gives_the_diffusion_of_a_random_walk(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(
        "Cu hop in CdSe: {barrier_eV: {value: 0.5, sigma: 0.2}, log10_prefactor: {value: 13.0, sigma: 0.5}, "
        "obtained: neb, source: s, provenance: {jump_A: 3.5}}\n"
    )
    found = computed_barriers(path)
    assert found["diffusion_eV"].value == 0.5
    # Two ways of 3.5 A at 1e13/s: D0 = 2/6 1e13 (3.5e-8 cm)^2.
    assert 10 ** found["log10_D0_Cu_cm2_s"].value == pytest.approx(1e13 * (3.5e-8) ** 2 / 3, rel=1e-9)
    assert found["log10_D0_Cu_cm2_s"].sigma == 0.5


def test_shipped_computed_barriers_name_what_made_them_and_the_clock_knows_them() -> None:
    from nanokiln.analysis.clock.barriers import COMPUTED

    for name, entry in barriers(COMPUTED).items():
        assert entry.obtained == "neb", name
        assert {"potential", "sha256", "path", "residual_force_eV_A", "teachers_eV"} <= set(entry.provenance)
        assert entry.barrier_eV.sigma >= 0.15
    assert set(computed_barriers()) <= set(default_inputs())
    assert all(entry.obtained != "neb" for entry in barriers().values())
