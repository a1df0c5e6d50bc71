"""Crystal phases against published cells, counts, densities and bond lengths."""

import numpy as np
import pytest

from nanokiln.structures.crystals.phases import load_phase, phase_names

SITES = {
    "CdSe-wz": 4,
    "CdSe-zb": 8,
    "Cu3P": 24,
    "Cu3P-fcc": 4,
    "Cu2Se": 12,
    "Cu": 4,
    "Au": 4,
    "PbS": 8,
    "PbSe": 8,
    "CdS-wz": 4,
    "Cd": 2,
}
SITES |= {"Bi2Se3": 15, "Bi2Te3": 15}


@pytest.mark.parametrize("name", phase_names())
def test_every_phase_is_whole_neutral_and_cited(name: str) -> None:
    phase = load_phase(name)
    assert len(phase.species) == SITES[name]
    assert len(phase.source) > 20
    assert set(phase.sublattice) <= {"cation", "anion", "metal"}
    if name != "Cu3P-fcc":
        assert sum(phase.formal_charge[s] for s in phase.species) == 0


@pytest.mark.parametrize("name", phase_names())
def test_symmetry_is_found_again_in_the_expanded_cell(name: str) -> None:
    from pymatgen.symmetry.analyzer import SpacegroupAnalyzer

    phase = load_phase(name)
    assert SpacegroupAnalyzer(phase.structure(), symprec=1e-3).get_space_group_symbol() == phase.spacegroup


def test_cu3p_has_the_published_cell_density_and_bonds() -> None:
    phase = load_phase("Cu3P")
    structure = phase.structure()
    assert len(structure) == 24
    assert structure.get_space_group_info(1e-3)[1] == 185
    assert structure.volume == pytest.approx(299.60, abs=0.005)
    assert structure.density == pytest.approx(7.37, abs=0.005)
    distance = structure.distance_matrix + 99 * np.eye(24)
    copper = np.array(phase.species) == "Cu"
    assert distance[np.ix_(copper, ~copper)].min() == pytest.approx(2.344, abs=5e-4)
    assert distance[np.ix_(copper, copper)].min() == pytest.approx(2.574, abs=5e-4)


def test_lattice_translations_are_those_of_the_centring() -> None:
    assert len(load_phase("Cu").translations) == 4
    assert len(load_phase("Bi2Se3").translations) == 3
    assert len(load_phase("Cu3P").translations) == 1


def test_unknown_phase_offers_the_nearest() -> None:
    with pytest.raises(ValueError, match="Did you mean 'CdSe-wz'"):
        load_phase("CdSe-w")
