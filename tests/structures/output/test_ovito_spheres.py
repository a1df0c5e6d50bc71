"""Pictures of atoms on one field: ours, OVITO's where it is there, and ours where OVITO fails."""

from importlib.util import find_spec

import numpy as np
import pytest

from nanokiln.structures.output import ovito_spheres
from nanokiln.structures.output.ovito_spheres import by_ovito, draw_alike
from nanokiln.structures.output.spheres import BLACK, OURS, Field, Spheres, draw_each

POINTS = np.array([[-3.0, 2.0, 0.0], [2.0, -1.0, 0.0], [2.0, -1.0, -9.0], [500.0, 0.0, 0.0]])
PAIR = Spheres(np.array(["Au", "Cu", "P", "Se"]), POINTS, -POINTS[:, 2])
FIELD = Field(-8.0, 5.0, 0.05, (200, 320))


def places(picture: np.ndarray) -> tuple[np.ndarray, np.ndarray, int]:
    """Return the middles (x, y) of what lies left and right of x = 0, in angstrom, and how many pixels are drawn."""
    drawn = picture.max(axis=2) > 0.02
    rows, columns = np.nonzero(drawn)
    x, y = FIELD.left_A + (columns + 0.5) * FIELD.pixel_A, FIELD.top_A - (rows + 0.5) * FIELD.pixel_A
    sides = [np.array([x[mine].mean(), y[mine].mean()]) for mine in (x < 0, x > 0)]
    return sides[0], sides[1], int(drawn.sum())


def test_atoms_lie_where_the_field_says_and_those_outside_are_left_out() -> None:
    (picture,), by = draw_each([PAIR], FIELD, BLACK)
    gold, copper, drawn = places(picture)
    assert by == OURS
    assert picture.shape == (200, 320, 3)
    assert gold == pytest.approx(POINTS[0, :2], abs=0.05)
    assert copper == pytest.approx(POINTS[1, :2], abs=0.05)
    assert drawn * FIELD.pixel_A**2 == pytest.approx(np.pi * (PAIR.radii_A[:2] ** 2).sum(), rel=0.03)


def test_a_field_without_atoms_is_empty() -> None:
    nobody = Spheres(np.zeros(0, dtype=np.str_), np.zeros((0, 3)), np.zeros(0))
    far = Field(100.0, 100.0, 1.0, (5, 7))
    for scene in (nobody, PAIR):
        (picture,), _ = draw_each([scene], far, BLACK)
        assert picture.shape == (5, 7, 3)
        assert not picture.any()


def test_where_ovito_fails_we_draw_and_say_so(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(*_: object) -> None:
        raise RuntimeError("no Vulkan driver")

    monkeypatch.setattr(ovito_spheres, "find_spec", lambda _: True)
    monkeypatch.setattr(ovito_spheres, "by_ovito", fails)
    (picture,), by = draw_alike([PAIR], FIELD)
    assert by == OURS
    assert picture.shape == (200, 320, 3)
    assert "no Vulkan driver" in caplog.text


def test_without_ovito_its_absence_is_what_the_message_says() -> None:
    if find_spec("ovito") is not None:
        pytest.skip("OVITO is installed")
    with pytest.raises(RuntimeError, match="No module named 'ovito'"):
        by_ovito([PAIR], FIELD)


def test_ovito_draws_the_same_atoms_in_the_same_places() -> None:
    if find_spec("ovito") is None:
        pytest.skip("the extra `ovito` is not installed")
    try:
        (picture, again), by = by_ovito([PAIR, PAIR], FIELD, BLACK)
    except RuntimeError as error:
        pytest.skip(f"OVITO cannot draw here: {error}")
    ours, theirs = places(draw_each([PAIR], FIELD, BLACK)[0][0]), places(picture)
    assert by.startswith("OVITO 3")
    assert picture == pytest.approx(again, abs=0.1)
    assert theirs[0] == pytest.approx(ours[0], abs=0.05)
    assert theirs[1] == pytest.approx(ours[1], abs=0.05)
    assert theirs[2] == pytest.approx(ours[2], rel=0.03)
