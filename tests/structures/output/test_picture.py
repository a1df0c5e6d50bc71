"""Pictures: the camera, who hides whom, the right colours, a file at the end."""

from pathlib import Path

import ase
import numpy as np
import pytest

from nanokiln.structures.catalogue import build
from nanokiln.structures.model import Model
from nanokiln.structures.output.picture import camera, draw, render
from nanokiln.structures.output.spheres import WHITE


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_camera_is_a_proper_rotation_that_keeps_the_stacking_axis_upright(axis: int) -> None:
    turn = camera(31.0, 12.0, axis)
    assert turn @ turn.T == pytest.approx(np.eye(3), abs=1e-12)
    assert np.linalg.det(turn) == pytest.approx(1.0)
    upright = turn @ np.eye(3)[axis]
    assert upright[0] == pytest.approx(0.0, abs=1e-12)
    assert upright[1] == pytest.approx(np.cos(np.radians(12.0)))


def test_the_nearer_sphere_hides_the_farther() -> None:
    """Seen from -y, a Cu atom stands before a P atom; seen from +y it is the other way round."""
    atoms = ase.Atoms("CuP", positions=[[0, 0, 0], [0, 4, 0]], cell=[9, 9, 9])
    model = Model("pair", atoms, ())
    front = render(model, azimuth_deg=0, elevation_deg=0, width=60).image
    back = render(model, azimuth_deg=180, elevation_deg=0, width=60).image
    middle = front.shape[0] // 2, front.shape[1] // 2
    assert front[middle][0] > front[middle][2]
    assert back[back.shape[0] // 2, back.shape[1] // 2][2] > back[back.shape[0] // 2, back.shape[1] // 2][0]


def test_disc_has_the_size_of_the_atom_and_the_corner_is_empty() -> None:
    model = Model("one", ase.Atoms("Au", positions=[[0, 0, 0]], cell=[9, 9, 9]), ())
    canvas = render(model, width=200)
    covered = (np.abs(canvas.image - WHITE).max(axis=2) > 1e-6).sum() * canvas.pixel_A**2
    assert covered == pytest.approx(np.pi * (1.36 * 1.08) ** 2, rel=0.03)
    assert canvas.image[0, 0] == pytest.approx(WHITE)


def test_a_picture_is_written(tmp_path: Path) -> None:
    draw(build("cdse-cu3p-cdse-small"), tmp_path / "m.png", width=200)
    assert (tmp_path / "m.png").read_bytes()[:4] == b"\x89PNG"
