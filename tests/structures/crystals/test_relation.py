"""Indices and orientation relations: notation, refusals, signs, proper rotations, deviations."""

import numpy as np
import pytest

from nanokiln.structures.crystals.indices import (
    angle_deg,
    direction_indices,
    plane_indices,
    plane_normal,
    plane_spacing_A,
)
from nanokiln.structures.crystals.phases import load_phase
from nanokiln.structures.crystals.relation import OrientationRelation, RelationSpec, load_relation, relation_names


def test_three_and_four_index_notation_name_the_same_things() -> None:
    assert plane_indices("(10-11)") == plane_indices("(1 0 -1 1)") == (1, 0, 1)
    assert direction_indices("[11-20]") == (1, 1, 0)
    assert direction_indices("[10-10]") == (2, 1, 0)
    assert plane_indices((1, 0, 12)) == (1, 0, 12)


@pytest.mark.parametrize(
    ("written", "complaint"),
    [("(112)x", "cannot read"), ("(1120)", "add up to zero"), ("(12)", "three or four"), ("(000)", "not all zero")],
)
def test_bad_indices_are_refused(written: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        plane_indices(written)


def test_four_indices_of_a_cubic_crystal_are_refused() -> None:
    with pytest.raises(ValueError, match="no hexagonal axes"):
        plane_indices("(10-10)", load_phase("Cu"))


def test_spacings_of_the_janus_pair_are_the_published_ones() -> None:
    d300 = plane_spacing_A(load_phase("Cu3P").lattice_A, (3, 0, 0))
    d111 = plane_spacing_A(load_phase("Cu").lattice_A, (1, 1, 1))
    assert d300 == pytest.approx(2.009, abs=5e-4)
    assert d111 == pytest.approx(2.087, abs=5e-4)
    assert 100 * (d300 / d111 - 1) == pytest.approx(-3.7, abs=0.05)


@pytest.mark.parametrize("name", relation_names())
def test_relations_are_proper_rotations_with_normals_and_directions_parallel(name: str) -> None:
    relation = load_relation(name)
    for phase, lattice in (
        (relation.substrate, relation.substrate_lattice_A()),
        (relation.film, relation.film_lattice_A()),
    ):
        turn = np.linalg.solve(phase.lattice_A, lattice)
        assert turn @ turn.T == pytest.approx(np.eye(3), abs=1e-12)
        assert np.linalg.det(turn) == pytest.approx(1.0)
    for side, lattice in enumerate((relation.substrate_lattice_A(), relation.film_lattice_A())):
        assert plane_normal(lattice, relation.planes[side]) == pytest.approx([0, 0, 1], abs=1e-12)
        along = np.array(relation.directions[side]) @ lattice
        assert along / np.linalg.norm(along) == pytest.approx([1, 0, 0], abs=1e-12)


def test_signs_are_significant() -> None:
    entry = {"phases": ["CdSe-wz", "Cu3P"], "planes": ["(0001)", "(000-1)"], "directions": ["[11-20]", "[10-10]"]}
    flipped = OrientationRelation.of(RelationSpec.model_validate({"name": "flipped"} | entry))
    assert flipped.film_lattice_A()[2] == pytest.approx(-load_relation("S1").film_lattice_A()[2])


def test_direction_out_of_its_plane_is_refused_unless_projected() -> None:
    entry = {"phases": ["CdSe-wz", "Cu"], "planes": ["(0001)", "(111)"], "directions": ["[11-20]", "[11-1]"]}
    with pytest.raises(ValueError, match=r"19\.47 degrees out of its plane"):
        OrientationRelation.of(RelationSpec.model_validate(entry))
    projected = OrientationRelation.of(RelationSpec.model_validate(entry | {"project": True}))
    assert abs(projected.tilts_deg[1]) == pytest.approx(19.47, abs=0.01)


def test_extra_conditions_are_reported_not_satisfied() -> None:
    assert load_relation("J1").deviations_deg()[0] == pytest.approx(0.754, abs=1e-3)
    assert load_relation("J2").deviations_deg()[0] == pytest.approx(8.893, abs=1e-3)
    assert load_relation("J3").deviations_deg()[0] == pytest.approx(0.0, abs=1e-9)


def test_film_follows_its_substrate_however_that_lies() -> None:
    from scipy.spatial.transform import Rotation

    relation = load_relation("J1")
    turn = Rotation.random(rng=3).as_matrix()
    film = relation.film_on(relation.substrate_lattice_A() @ turn)
    assert film == pytest.approx(relation.film_lattice_A() @ turn)


def test_angles_are_exact_near_zero() -> None:
    tiny = 1e-9
    assert angle_deg(np.array([1, 0, 0.0]), np.array([1, tiny, 0.0])) == pytest.approx(np.degrees(tiny), rel=1e-6)
