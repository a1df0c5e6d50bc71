from itertools import pairwise

import numpy as np
import pytest
from ase import Atoms
from ase.io import read, write
from ase.units import GPa

from nanokiln.potentials.training import pbe_labels as labels
from nanokiln.potentials.training.label_cells import (
    rattled,
    slab,
    static_cells,
    thermal_starts,
    with_interstitial,
    wurtzite,
)


@pytest.fixture(scope="module")
def shipped() -> list[Atoms]:
    return labels.load_labels()


def test_every_label_is_whole_and_named_once(shipped: list[Atoms]) -> None:
    assert len({cell.info["name"] for cell in shipped}) == len(shipped) >= 200
    for cell in shipped:
        assert cell.arrays["forces_pbe"].shape == (len(cell), 3)
        assert cell.info["stress_pbe"].shape == (6,)
        assert np.isfinite(cell.arrays["forces_pbe"]).all() and np.isfinite(cell.info["energy_pbe"])
        assert cell.info["group"] and cell.info["source"]


def test_forces_of_a_periodic_cell_sum_to_nothing(shipped: list[Atoms]) -> None:
    # Plane waves on a grid break translation a little (egg box); the sum stays far below the forces themselves.
    for cell in shipped:
        assert np.abs(cell.arrays["forces_pbe"].sum(axis=0)).max() / len(cell) < 0.02, cell.info["name"]


def test_energy_rises_with_the_displacement(shipped: list[Atoms]) -> None:
    # Only between cells of one shape: the k-points are not converged between shapes (data/labels/README.md).
    for crystal in ("cu", "zb", "cu2se", "cu3p"):
        mean = {}
        for width in ("0.05", "0.12", "0.16"):
            named = [c for c in shipped if c.info["name"].endswith(f"-{crystal}_{width}")]
            if named:
                mean[width] = np.mean([c.info["energy_pbe"] / len(c) for c in named])
        assert list(mean.values()) == sorted(mean.values()) and len(mean) > 1, crystal


def _mesh(cell: Atoms) -> list[int]:
    density = labels.SETTINGS["kpoint_density_per_inverse_angstrom"]
    return [int(n) for n in np.ceil(density * 2 * np.pi * cell.cell.reciprocal().lengths())]


def test_corrected_pressure_is_the_slope_of_the_energy(shipped: list[Atoms]) -> None:
    """Between two volumes of a crystal on one k-point mesh the mean stress is dE/dV, less the Pulay part."""
    cells = {c.info["name"]: c for c in shipped if c.info["group"] == "volumes"}
    before, after = [], []
    for stem in ("wz", "zb", "cu2se", "cu3p_small", "cu", "cd"):
        row = [cells[f"{stem}-v{volume}"] for volume in ("0.88", "0.94", "1.00", "1.08", "1.16")]
        for small, large in pairwise(row):
            if _mesh(small) != _mesh(large):
                continue
            rise = (large.info["energy_pbe"] - small.info["energy_pbe"]) / (large.get_volume() - small.get_volume())
            before.append(np.mean([np.mean(c.info["stress_pbe"][:3]) for c in (small, large)]) - rise)
            after.append(np.mean([np.mean(labels.corrected_stress(c)[:3]) for c in (small, large)]) - rise)
    assert len(after) >= 20
    assert np.mean(before) / GPa > 3.0
    assert abs(np.mean(after)) / GPa < 0.3 and np.abs(after).max() / GPa < 1.2


def test_the_next_cell_is_of_the_group_with_the_fewest_labels() -> None:
    pending = [Atoms("Cu", info={"name": str(i), "group": g}) for i, g in enumerate("aab")]
    assert labels.next_cell(pending, ["a", "a", "b"]).info["group"] == "b"
    assert labels.next_cell(pending, ["b"]).info["group"] == "a"


def test_labelling_goes_on_where_it_stopped(tmp_path, monkeypatch) -> None:
    seen = []

    def copy(cell: Atoms, log: object, kpoint_density_A: float) -> Atoms:
        seen.append((cell.info["name"], kpoint_density_A))
        if cell.info["name"] == "bad":
            raise RuntimeError("no convergence")
        return cell

    monkeypatch.setattr(labels, "label", copy)
    cells = [Atoms("Cu", cell=[3, 3, 3], pbc=True, info={"name": n, "group": "g"}) for n in ("one", "bad", "two")]
    write(tmp_path / "cells.extxyz", cells)
    write(tmp_path / "labels.extxyz", cells[:1])
    assert labels.compute(tmp_path / "cells.extxyz", tmp_path / "labels.extxyz") == 1
    assert sorted(seen) == [("bad", 1.8), ("two", 1.8)]
    assert [c.info["name"] for c in read(tmp_path / "labels.extxyz", ":")] == ["one", "two"]
    denser = tmp_path / "denser.extxyz"
    assert labels.compute(tmp_path / "cells.extxyz", denser, kpoint_density_A=3.0, groups=["h"]) == 0
    assert labels.compute(tmp_path / "cells.extxyz", denser, kpoint_density_A=3.0, groups=["g"]) == 2
    assert seen[2:] == [("one", 3.0), ("bad", 3.0), ("two", 3.0)]


def test_cells_to_label_keep_their_atoms_apart() -> None:
    for cell in static_cells():
        distances = cell.get_all_distances(mic=True)[~np.eye(len(cell), dtype=bool)]
        assert len(distances) == 0 or distances.min() > 1.9, cell.info["name"]


def test_cells_are_the_same_for_the_same_seed() -> None:
    one, other = static_cells(3), static_cells(3)
    assert all(np.array_equal(a.positions, b.positions) for a, b in zip(one, other, strict=True))
    assert len({cell.info["name"] for cell in one}) == len(one)


def test_interstitial_and_slab_have_the_room_they_promise() -> None:
    rng = np.random.default_rng(0)
    full = with_interstitial(wurtzite(), "Cu", rng)
    assert full.get_distances(-1, range(8), mic=True).min() > 2.2
    opened = slab(wurtzite(), 8.0)
    assert opened.cell.cellpar()[2] - np.ptp(opened.positions[:, 2]) == pytest.approx(8.0)


def test_rattling_has_the_width_that_was_asked_for() -> None:
    big = wurtzite().repeat((6, 4, 4))
    moved = rattled(big, np.random.default_rng(5), displacement=0.1, strain=0.0)
    assert np.std(moved.positions - big.positions) == pytest.approx(0.1, rel=0.05)


def test_exchange_starts_keep_the_charge_even() -> None:
    """Two Cu+ for one Cd2+: the formal charges of the exchanged cells sum to zero."""
    charge = {"Cd": 2, "Cu": 1, "Se": -2}
    for name in ("exchange/even", "exchange/half", "exchange/dilute"):
        cell, _ = thermal_starts()[name]
        assert sum(charge[symbol] for symbol in cell.symbols) == 0
