"""Systems and their cells: what the YAML says is what is sampled."""

import numpy as np
import pytest

from nanokiln.potentials.training.exploration import SHORTEST_A, seeds
from nanokiln.potentials.training.system import System, shortest_A

SYSTEM = System.load("cd-cu-p-se-pod")


def test_crystals_have_their_known_bonds() -> None:
    assert shortest_A(SYSTEM.phases["cdse-zb"].atoms()) == pytest.approx(6.217 * np.sqrt(3) / 4, abs=1e-6)
    assert SYSTEM.phases["cu3p"].atoms().get_chemical_formula() == "Cu18P6"
    assert SYSTEM.phases["cu2se"].atoms().get_chemical_formula() == "Cu8Se4"


def test_couples_share_their_plane_and_keep_their_atoms() -> None:
    cell = SYSTEM.couple("cu2se|cu3p", np.random.default_rng(0))
    assert cell.get_chemical_formula() == "Cu36P6Se9"
    assert cell.cell.angles() == pytest.approx([90, 90, 120])


def test_seeds_repeat_and_keep_their_distance() -> None:
    first, again = list(seeds(SYSTEM, 40, seed=7)), list(seeds(SYSTEM, 40, seed=7))
    for a, b in zip(first, again, strict=True):
        np.testing.assert_array_equal(a.positions, b.positions)
    assert min(shortest_A(a) for a in first) > SHORTEST_A
    assert {a.info["origin"].split("/")[1] for a in first} >= {"bulk", "slab", "couple", "mixed"}
    assert set().union(*(a.symbols for a in first)) == set(SYSTEM.elements)


def test_triplets_end_at_the_mean_reach_of_their_elements() -> None:
    basis = SYSTEM.model_copy(update={"reach_A": {"Cd": 5.4, "Cu": 4.2}, "pod": None}).basis()
    ends = {
        tuple(basis.elements[t] for t in block): grids[0].high_A
        for block, grids in zip(basis.triplets, basis.triplet_grids, strict=True)
    }
    assert ends["Cd", "Cd", "Cd"] == 5.4
    assert ends["Cu", "Cu", "Cu"] == 4.2
    assert ends["Se", "Cd", "Cu"] == pytest.approx((5.4 + 4.2 + 4.5) / 3)
    assert {end for block, end in ends.items() if set(block) <= {"P", "Se"}} == {4.5}  # where nothing is said
    with pytest.raises(ValueError, match=r"reach_A names \['Au'\]"):
        System.model_validate({**SYSTEM.model_dump(), "reach_A": {"Au": 5.0}})


def test_mixing_replaces_only_within_a_class() -> None:
    atoms = SYSTEM.phases["cdse-wz"].atoms().repeat((3, 3, 2))
    mixed = SYSTEM.mixed(atoms, np.random.default_rng(3))
    cations = sum(s in ("Cd", "Cu") for s in mixed.symbols)
    assert set(mixed.symbols) > {"Cd", "Se"}
    assert abs(cations - len(atoms) / 2) <= 3


def test_unknown_system_lists_what_ships() -> None:
    with pytest.raises(ValueError, match=r"no system 'ga-as'; shipped: .*cd-cu-p-se-pod"):
        System.load("ga-as")
