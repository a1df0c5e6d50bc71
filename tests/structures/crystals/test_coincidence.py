"""Coincidence cells against known ones, against brute force, and their identities."""

from itertools import product

import numpy as np
import pytest

from nanokiln.structures.crystals.coincidence import NoCoincidenceError, find_coincidences, plane_lattice_2d
from nanokiln.structures.crystals.relation import load_relation


def test_s1_smallest_cell() -> None:
    cell = find_coincidences(load_relation("S1"), max_strain=0.08)[0]
    assert cell.area_A2 == pytest.approx(48.00, abs=0.01)
    assert cell.cells == (3, 1)
    assert cell.principal_strains == pytest.approx((0.0698, 0.0698), abs=5e-5)
    assert cell.twist_deg == pytest.approx(0.0, abs=1e-9)


def test_s1_tight_limits_are_refused_with_the_near_ones_named() -> None:
    with pytest.raises(NoCoincidenceError) as caught:
        find_coincidences(load_relation("S1"), max_strain=0.03, max_area_A2=400)
    message = str(caught.value)
    assert "+6.98 %, 48.0 A2" in message
    assert "-0.15 %, 3136.3 A2, 196:75" in message


def test_s2_gives_the_25_to_9_cell() -> None:
    cell = find_coincidences(load_relation("S2"), max_strain=0.03, max_area_A2=400)[0]
    assert cell.cells == (25, 9)
    assert cell.worst_strain == pytest.approx(0.0294, abs=5e-5)


def test_a1_and_p2_and_c1() -> None:
    gold = find_coincidences(load_relation("A1"), max_strain=0.01, max_area_A2=100)[0]
    assert gold.area_A2 == pytest.approx(64.0, abs=0.05)
    assert gold.cells == (4, 9)
    assert gold.principal_strains == pytest.approx((-0.0063, -0.0063), abs=5e-5)
    lead = find_coincidences(load_relation("P2"), max_strain=0.02, max_area_A2=130)
    assert [c for c in lead if c.principal_strains == pytest.approx((-0.0175, -0.0073), abs=1e-4)]
    selenide = find_coincidences(load_relation("C1"), max_strain=0.05)[0]
    assert selenide.cells == (1, 1)
    assert selenide.worst_strain == pytest.approx(0.041, abs=5e-4)


@pytest.mark.parametrize("name", ["S1", "S2", "A1", "C1", "J1"])
def test_strained_film_cell_is_the_substrate_cell(name: str) -> None:
    relation = load_relation(name)
    a = plane_lattice_2d(relation.substrate_lattice_A(), relation, 0)
    b = plane_lattice_2d(relation.film_lattice_A(), relation, 1)
    for cell in find_coincidences(relation, 0.09, 300, 1.0)[:10]:
        turn = np.radians(cell.twist_deg)
        rotation = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
        stretched = cell.film_cell @ b @ (np.eye(2) + cell.strain) @ rotation
        assert stretched == pytest.approx(cell.substrate_cell @ a, abs=1e-9)


@pytest.mark.parametrize("name", ["S1", "A1", "P2"])
def test_smallest_cell_agrees_with_brute_force(name: str) -> None:
    """Try every pair of small integer matrices: none below the area found may be within the strain."""
    relation = load_relation(name)
    limit = {"S1": 0.08, "A1": 0.07, "P2": 0.08}[name]
    found = find_coincidences(relation, limit, 100)[0]
    a = plane_lattice_2d(relation.substrate_lattice_A(), relation, 0)
    b = plane_lattice_2d(relation.film_lattice_A(), relation, 1)
    steps = np.array(list(product(range(-3, 4), repeat=4))).reshape(-1, 2, 2)
    steps = steps[np.abs(np.linalg.det(steps)) > 0.5]
    steps = steps[np.abs(np.linalg.det(steps @ a)) < found.area_A2 - 0.01]
    assert len(steps) > 100
    for cell in steps:
        film = np.rint(cell @ a @ np.linalg.inv(b))
        if abs(np.linalg.det(film)) < 0.5:
            continue
        u, s, vt = np.linalg.svd(np.linalg.solve(film @ b, cell @ a))
        twist = np.degrees(np.arctan2((u @ vt)[0, 1], (u @ vt)[0, 0]))
        assert np.abs(s - 1).max() > limit or abs(twist) > 0.1


def test_no_two_cells_are_alike() -> None:
    found = find_coincidences(load_relation("S1"), 0.08, 400)
    keys = [
        (c.cells, round(c.area_A2, 3), np.round(c.principal_strains, 5).tolist(), c.substrate_cell.tolist())
        for c in found
    ]
    assert all(keys.count(k) == 1 for k in keys)
    areas = [c.area_A2 for c in found]
    assert np.diff(areas).min() > -1e-6
