import numpy as np
import pytest
from ase.build import make_supercell

from nanokiln.potentials.cards.card import load_card
from nanokiln.potentials.lammps.session import card_calculator
from nanokiln.potentials.validation.coexistence import (
    crystalline_share,
    melting_bracket,
    reflection,
    stays,
    tall_supercell,
)
from nanokiln.potentials.validation.measurement import Bench
from nanokiln.potentials.validation.subjects import Subjects

MELTED = {"CdSe-wz": "Se", "Cu2Se": "Se", "Cu3P": "P", "Cu": "Cu"}


@pytest.mark.parametrize(("name", "framework"), MELTED.items())
def test_the_order_of_a_crystal_is_seen_through_vibration_and_lost_in_a_melt(name: str, framework: str) -> None:
    crystal = Subjects.load().phases[name].atoms()
    tall = tall_supercell(crystal)
    watched = reflection(crystal, tall, framework)
    rng = np.random.default_rng(1)
    hot = tall.copy()
    hot.translate([0.7, 0.3, 0])
    hot.positions += rng.normal(0, 0.25, hot.positions.shape)  # 0.43 A off, and the whole adrift
    assert crystalline_share(tall, watched) == crystalline_share(hot, watched) == 1
    half = hot.copy()
    upper = np.arange(len(half)) >= len(half) // 2
    half.positions[upper, :2] = (rng.random((int(upper.sum()), 2)) @ half.cell.array[:2])[:, :2]
    assert crystalline_share(half, watched) == pytest.approx(0.5, abs=0.15)


def test_a_stacking_fault_is_no_melt() -> None:
    """Zincblende stacked along [111] is watched as wurtzite is: the order lies in the layers."""
    subjects = Subjects.load()
    cubic = subjects.phases["CdSe-zb"].atoms()
    stacked = make_supercell(cubic, [[-1, 1, 0], [0, -1, 1], [1, 1, 1]])
    watched = reflection(stacked, stacked, "Se")
    assert crystalline_share(stacked, watched) == 1


def test_a_hold_that_ends_as_it_began_kept_its_crystal() -> None:
    assert stays(np.linspace(0.5, 1.0, 25)) and stays(np.full(25, 0.5))
    assert not stays(np.linspace(0.5, 0.0, 25))
    assert not stays(np.full(25, 0.05)), "molten before the hold began"


def test_only_lammps_melts(copper_bench: Bench) -> None:
    with pytest.raises(ValueError, match="needs LAMMPS"):
        melting_bracket(copper_bench, "Cu", (300, 3000), 100, 12)


@pytest.fixture
def copper_bench() -> Bench:
    return Bench(card_calculator(load_card("cu-eam")), Subjects.load(("Cu",)))


@pytest.mark.slow
def test_copper_melts_where_its_authors_potential_does(copper_bench: Bench) -> None:
    """1327 K (Mishin et al., Phys. Rev. B 63 (2001) 224106); a tall_supercell of 324 atoms in 12 ps is good to 10 %."""
    copper_bench.card = load_card("cu-eam")
    low_K, high_K = melting_bracket(copper_bench, "Cu", (900.0, 1800.0), 120.0, 12.0)
    assert low_K < 1.1 * 1327 and high_K > 0.9 * 1327
