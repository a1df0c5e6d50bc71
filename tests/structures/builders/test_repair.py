"""Repairs: coordination against brute force, neutrality, ratios, contacts, and a log that closes."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from nanokiln.structures.builders.contacts import contacts_between, radii_A, short_contacts
from nanokiln.structures.builders.repair import RepairLog, neutralise, reach_ratio, remove_contacts, trim
from nanokiln.structures.crystals.crystal import Crystal, Grain, carve, coordination
from nanokiln.structures.crystals.phases import load_phase
from nanokiln.structures.crystals.regions import Ellipsoid


def ball(name: str, radius_A: float = 11.0, centre: float = 0.3) -> Grain:
    phase = load_phase(name)
    return carve(name, Crystal.unstrained(phase, phase.lattice_A), Ellipsoid(np.full(3, centre), np.full(3, radius_A)))


@pytest.mark.parametrize("name", ["CdSe-wz", "Cu3P", "Cu", "PbSe", "Bi2Se3"])
def test_coordination_agrees_with_counted_neighbours(name: str) -> None:
    grain = ball(name)
    bonded, bulk = coordination(grain)
    points, radii = grain.positions_A(), radii_A(grain.species())
    kind = np.array(grain.crystal.phase.sublattice)[grain.sites]
    close = cdist(points, points) < 1.2 * (radii[:, None] + radii[None])
    close &= (kind[:, None] != kind[None]) | (kind == "metal")
    np.fill_diagonal(close, False)
    assert np.array_equal(bonded, close.sum(axis=1))
    middle = np.argmin(np.linalg.norm(points, axis=1))
    assert bonded[middle] == bulk[middle]


def test_bulk_coordination_of_known_structures() -> None:
    for name, number in {"CdSe-wz": 4, "PbSe": 6, "Cu": 12, "CdSe-zb": 4}.items():
        assert set(coordination(ball(name))[1]) == {number}


def test_trim_leaves_no_dangling_atom_and_logs_the_rest() -> None:
    grain, log = ball("CdSe-wz"), RepairLog()
    start = len(grain)
    grain = trim(log.start(grain), log)
    assert coordination(grain)[0].min() >= 2
    assert len(grain) + len(log.removed) == start == log.carved["CdSe-wz"]


@pytest.mark.parametrize("name", ["CdSe-wz", "Cu3P", "Cu2Se", "Bi2Te3"])
@pytest.mark.parametrize("centre", [0.3, 1.1, 2.7])
def test_neutral_grains_have_no_formal_charge(name: str, centre: float) -> None:
    grain = neutralise(ball(name, centre=centre), RepairLog())
    assert grain.charges().sum() == pytest.approx(0.0)


def test_ratio_is_reached_and_depends_on_the_seed_alone() -> None:
    grain = ball("Cu3P", 14.0)
    poor = reach_ratio(grain, {"Cu": 2.8, "P": 1}, RepairLog())
    counts = {s: int((poor.species() == s).sum()) for s in ("Cu", "P")}
    assert counts["Cu"] / counts["P"] == pytest.approx(2.8, rel=0.01)
    again = reach_ratio(grain, {"Cu": 2.8, "P": 1}, RepairLog())
    assert np.array_equal(poor.cells, again.cells)
    with pytest.raises(ValueError, match="give the ratio of these"):
        reach_ratio(grain, {"Cu": 1}, RepairLog())


def test_too_small_a_domain_says_so() -> None:
    with pytest.raises(ValueError, match="trimming leaves nothing"):
        trim(ball("CdSe-wz", 2.0), RepairLog())


def test_parting_clears_every_contact_and_takes_from_the_second_only() -> None:
    host, guest, log = ball("CdSe-wz"), ball("Cu").moved(np.array([15.0, 0, 0])), RepairLog()
    left = remove_contacts(host, guest, log, below=0.9)
    found = contacts_between(host.positions_A(), radii_A(host.species()), left.positions_A(), radii_A(left.species()))
    assert 0 < len(log.removed) == len(guest) - len(left)
    assert found.ratio.min() >= 0.9
    assert {r["domain"] for r in log.removed} == {"Cu"}


def test_contacts_across_periodic_faces_agree_with_ase() -> None:
    from ase.neighborlist import neighbor_list

    structure = load_phase("Cu3P")
    import ase

    atoms = ase.Atoms(structure.species, scaled_positions=structure.basis, cell=structure.lattice_A, pbc=True)
    i, d = neighbor_list("id", atoms, 2.7)
    ours = short_contacts(atoms, below=2.7 / 2.64)
    assert ours.distance_A.min() == pytest.approx(d.min())
    inside = ours.distance_A < 2.35
    assert set(ours.first[inside]) | set(ours.second[inside]) == set(i[d < 2.35])
