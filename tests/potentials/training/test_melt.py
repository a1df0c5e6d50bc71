from collections import Counter

import numpy as np
import pytest
from ase.formula import Formula
from ase.neighborlist import neighbor_list
from pydantic import ValidationError

from nanokiln.potentials.cards.card import load_card
from nanokiln.potentials.training.exploration import ensemble, explore, runs_of
from nanokiln.potentials.training.melt import LOOSE, PACKED, VACUUM_A, packed
from nanokiln.potentials.training.system import Explore, System

VOLUME_A3 = {"Cd": 25.0, "Cu": 12.0, "P": 16.0, "Se": 24.0}


@pytest.mark.parametrize("shape", PACKED)
def test_a_packing_has_its_atoms_its_volume_and_none_too_close(shape: str) -> None:
    atoms = packed("Cu40P24Se8", VOLUME_A3, shape, np.random.default_rng(3))
    assert Counter(atoms.get_chemical_symbols()) == Formula("Cu40P24Se8").count()
    assert len(neighbor_list("d", atoms, 2.0)) == 0
    volume = LOOSE[shape] * sum(VOLUME_A3[symbol] for symbol in atoms.get_chemical_symbols())
    if shape != "drop":
        assert atoms.get_volume() == pytest.approx(volume)
        return
    diameter = 2 * (3 * volume / 4 / np.pi) ** (1 / 3)
    assert np.all(np.ptp(atoms.positions, axis=0) <= diameter)
    np.testing.assert_allclose(atoms.cell.lengths() - np.ptp(atoms.positions, axis=0), VACUUM_A)
    apart = atoms.get_all_distances()
    assert apart.max() <= diameter


def test_packings_differ_by_seed_alone() -> None:
    one, same, other = (packed("Cd9Se9", VOLUME_A3, "melt", np.random.default_rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.positions, same.positions)
    assert np.abs(one.positions - other.positions).max() > 1


def test_what_does_not_fit_is_packed_closer() -> None:
    tight = packed("Cu60", {"Cu": 6.0}, "melt", np.random.default_rng(5))
    assert len(tight) == 60 and 1.2 < neighbor_list("d", tight, 3.0).min() < 2.15


def test_a_melt_of_foreign_elements_is_refused() -> None:
    system = System.load("cd-cu-p-se-pod")
    odd = system.model_dump() | {"explore": [{"of": "Cu8S4", "shape": "melt"}]}
    with pytest.raises(ValidationError, match="a melt Cu8S4, but S is no element of this system"):
        System.model_validate(odd)


def test_melts_and_gases_are_run_hot_and_known_by_their_name(tmp_path) -> None:
    assert ensemble("melt", 900, 7)[:2] == ("minimize 0 0.1 100 400", "reset_timestep 0")
    assert ensemble("melt", 900, 7)[3] == "fix move all nph iso 0 0 1.0"
    assert ensemble("drop", 900, 7)[3] == "fix move all nve"
    assert ensemble("gas", 5000, 7)[:2] == ("velocity all create 5000 7 mom yes rot no", "fix move all nve")
    assert ensemble("bulk", 900, 7)[0] == "velocity all create 900 7 mom yes rot no"
    system = System.load("cd-cu-p-se-pod").model_copy(
        update={"explore": (Explore(of="Cu30P6", shape="melt"), Explore(of="Cu9P9", shape="gas", weight=0.5))}
    )
    card = load_card("cd-cu-p-se-pod-fast")
    runs = list(explore(system, card.commands, tmp_path, seed=4, steps=60, frames=3))
    assert [len(frames) for frames in runs] == [3, 3, 3] and len(runs_of(system)) == 3
    names = [frames[0].info["origin"] for frames in runs]
    assert names == ["melt/Cu30P6/1000K", "melt/Cu30P6/1000K", "gas/Cu9P9/5000K"]
    assert np.abs(runs[0][0].positions - runs[1][0].positions).max() > 1, "another packing each time"
