"""Twins and faults of fcc crystals whose planes were put in, and none in a perfect one."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from nanokiln.analysis.lattice.stacking import FaultPlanes, find_fault_planes
from nanokiln.analysis.lattice.template_matching import match

COPPER_A = 3.61 / 2**0.5
SHIFT = {"A": 0.0, "B": 1 / 3, "C": 2 / 3}


def layers(sequence: str, n: int = 8) -> np.ndarray:
    """Close-packed layers of n x n atoms, in this order."""
    along = COPPER_A * np.array([[1.0, 0.0, 0.0], [0.5, 3**0.5 / 2, 0.0]])
    i, j = (one.ravel() for one in np.meshgrid(range(n), range(n)))
    rise = COPPER_A * (2 / 3) ** 0.5
    planes = [
        np.column_stack([i + SHIFT[one], j + SHIFT[one]]) @ along + [0.0, 0.0, k * rise]
        for k, one in enumerate(sequence)
    ]
    return np.concatenate(planes)


def planes_of(positions: np.ndarray) -> FaultPlanes:
    box, free = 200.0 * np.eye(3), np.full(3, False)
    return find_fault_planes(positions, box, free, match(positions, box, free))


@pytest.mark.parametrize(
    ("sequence", "twins", "faults"),
    [
        ("ABCABCABCABC", 0, 0),
        ("ABCABCACBACBACB", 1, 0),
        ("ABCABCABABCABC", 0, 1),  # two hcp layers: an intrinsic fault
        ("ABCABACABCABC", 2, 0),  # an extrinsic one, told as two twins
        ("ABCABCBACABC", 2, 0),
    ],
)
def test_planted_planes_are_found_in_any_orientation(sequence: str, twins: int, faults: int) -> None:
    rng = np.random.default_rng(3)
    points = layers(sequence)
    middle = points - points.mean(axis=0)
    ball = middle[np.linalg.norm(middle, axis=1) < 11.0]
    for turn in (Rotation.identity(), *Rotation.random(4, random_state=rng)):
        found = planes_of(turn.apply(ball) + 100.0 + rng.normal(0.0, 0.12, ball.shape))
        assert (len(found.twins), len(found.faults)) == (twins, faults)


def test_the_atoms_of_a_twin_lie_in_its_plane() -> None:
    points = layers("ABCABCACBACBACB") + 50.0
    found = planes_of(points)
    heights = points[found.twins[0], 2] - 50.0
    assert np.allclose(heights, 6 * COPPER_A * (2 / 3) ** 0.5) and len(found.twins[0]) > 20


def test_a_random_packing_has_no_planes() -> None:
    rng = np.random.default_rng(5)
    crystal = layers("ABCABCABC") + 100.0
    loose = crystal + rng.normal(0.0, 0.6, crystal.shape)
    assert planes_of(loose) == FaultPlanes((), ())


def test_planes_do_not_depend_on_the_order_of_atoms() -> None:
    points = layers("ABCABCABABCABC") + 60.0
    order = np.random.default_rng(1).permutation(len(points))
    one, other = planes_of(points), planes_of(points[order])
    assert set(one.faults[0].tolist()) == set(order[other.faults[0]].tolist())
