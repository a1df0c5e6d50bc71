"""Regions: analytic volumes against counted points, edges, frames."""

import numpy as np
import pytest

from nanokiln.structures.crystals.frame import Frame
from nanokiln.structures.crystals.regions import (
    Cut,
    Ellipsoid,
    Placed,
    Polyhedron,
    Region,
    Rod,
    Slice,
    counted_volume_A3,
    meet,
    prism,
    regular_sides,
)

BALL = Ellipsoid(np.array([1.0, 2.0, 3.0]), np.full(3, 10.0))
HEXAGON = prism(regular_sides(6, 30.0), np.full(6, 9.0), (-4.0, 7.0))
TILTED = Frame.along(np.array([1.0, 2.0, 2.0]), np.array([3.0, -1.0, 0.5]), 17.0)


@pytest.mark.parametrize(
    "region",
    [
        BALL,
        Ellipsoid(np.zeros(3), np.array([4.0, 6.0, 9.0])),
        HEXAGON,
        Rod(5.0, (-10.0, 10.0)),
        Rod(5.0, (-10.0, 10.0), round_ends=True),
        Slice(BALL, (0.0, 5.0)),
        Slice(HEXAGON, (0.0, 20.0)),
    ],
)
def test_volume_agrees_with_counted_points(region: Region) -> None:
    assert region.volume_A3() == pytest.approx(counted_volume_A3(region, 150), rel=4e-3)


def test_parts_of_a_region_add_up_to_it() -> None:
    low, high = Slice(BALL, (-99.0, 4.0)).volume_A3(), Slice(BALL, (4.0, 99.0)).volume_A3()
    assert low + high == pytest.approx(BALL.volume_A3())
    other = Ellipsoid(np.array([8.0, 2.0, 3.0]), np.full(3, 6.0))
    common = BALL.volume_A3() - Cut(BALL, [other]).volume_A3()
    assert common == pytest.approx(other.volume_A3() - Cut(other, [BALL]).volume_A3(), rel=0.02)


def test_neighbouring_half_open_cells_share_no_point() -> None:
    points = np.array([[x, y, 0.0] for x in range(-3, 4) for y in range(-3, 4)], dtype=float)
    cells = [prism(regular_sides(4), np.full(4, 1.0), (-1, 1)) for _ in range(1)]
    shifted = [
        Placed(cells[0], Frame(np.eye(3), np.array([2.0 * i, 2.0 * j, 0]))) for i in range(-2, 3) for j in range(-2, 3)
    ]
    owners = sum(s.contains(points).astype(int) for s in shifted)
    assert np.all(owners == 1)


def test_placed_region_moves_with_its_frame() -> None:
    points = np.random.default_rng(0).uniform(-12, 12, (2000, 3))
    assert np.array_equal(Placed(HEXAGON, TILTED).contains(TILTED.to_lab_A(points)), HEXAGON.contains(points))


def test_frames_are_right_handed_and_invertible() -> None:
    assert np.linalg.det(TILTED.axes) == pytest.approx(1.0)
    points = np.random.default_rng(1).normal(size=(5, 3))
    assert TILTED.to_local_A(TILTED.to_lab_A(points)) == pytest.approx(points)
    assert TILTED.inverse().to_lab_A(TILTED.to_lab_A(points)) == pytest.approx(points)
    assert Frame.along(np.array([0, 0, 1.0]), np.zeros(3)).axes == pytest.approx(np.eye(3))


def test_faces_that_close_no_volume_are_refused() -> None:
    with pytest.raises(ValueError, match="enclose no volume"):
        Polyhedron(np.array([[1.0, 0, 0], [-1.0, 0, 0]]), np.array([1.0, -2.0])).volume_A3()


def test_meeting() -> None:
    assert meet(BALL, Ellipsoid(np.array([15.0, 2.0, 3.0]), np.full(3, 6.0)))
    assert not meet(BALL, Ellipsoid(np.array([15.0, 12.0, 3.0]), np.full(3, 6.0)))
