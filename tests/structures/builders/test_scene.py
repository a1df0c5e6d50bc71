"""Scenes: gaps between particles, poses, the floor, and refusals."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from nanokiln.structures.catalogue import build
from nanokiln.structures.output.summary import fitted_lattice_A


def groups(model: object) -> dict[str, np.ndarray]:
    out: dict[str, list[np.ndarray]] = {}
    for index, domain in enumerate(model.domains):  # type: ignore[attr-defined]
        mine = model.atoms.arrays["domain"] == index  # type: ignore[attr-defined]
        out.setdefault(domain.name.split("/")[0], []).append(model.atoms.positions[mine])  # type: ignore[attr-defined]
    return {name: np.concatenate(points) for name, points in out.items()}


def test_random_particles_keep_their_gap_and_stand_on_the_floor() -> None:
    model = build("cdse-rods-free-au-small")
    points = list(groups(model).values())
    assert len(points) == 6
    for i in range(len(points)):
        assert points[i][:, 2].min() == pytest.approx(model.notes["floor_z_A"])
        for j in range(i):
            assert cdist(points[i], points[j]).min() >= 8.0 - 1e-6


def test_donors_slide_up_to_the_gap_exactly() -> None:
    found = groups(build("cu2se-cdse-rod-small"))
    for donor in ("donor-1", "donor-2"):
        assert cdist(found["rod"], found[donor]).min() == pytest.approx(6.0, abs=1e-6)


def test_lying_rods_have_their_axis_in_the_floor() -> None:
    model = build("cdse-rods-free-au-small")
    for index in (0, 1):
        c = fitted_lattice_A(model, index)[0][2]
        assert c[2] / np.linalg.norm(c) == pytest.approx(0.0, abs=1e-9)


def test_no_room_is_an_error_that_says_what_to_do() -> None:
    with pytest.raises(ValueError, match="enlarge box_nm"):
        build({"preset": "cdse-rods-free-au-small", "box_nm": [1, 1, 1]})


def test_overlap_of_placed_items_is_refused() -> None:
    spec = {
        "kind": "scene",
        "name": "clash",
        "items": [
            {"name": "one", "model": "au-sphere-small", "at_nm": [0, 0, 0]},
            {"name": "two", "model": "au-sphere-small", "at_nm": [1, 0, 0]},
        ],
    }
    with pytest.raises(ValueError, match=r"two comes closer than 0\.6 nm to one"):
        build(spec)


def test_free_scene_has_no_floor_and_keeps_labels() -> None:
    model = build(
        {
            "preset": "au-pair",
            "items": [
                {"name": "first", "model": "au-sphere-small", "pose": "random", "at_nm": [0, 0, 0]},
                {"name": "second", "model": "au-sphere-small", "pose": "random", "beside": "first", "gap_nm": 0.3},
            ],
        }
    )
    assert "floor_z_A" not in model.notes
    assert model.ideal_positions_A() == pytest.approx(model.atoms.positions, abs=1e-9)
