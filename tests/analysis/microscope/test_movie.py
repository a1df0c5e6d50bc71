"""The film and its strip: one scale, true temperatures, the rate written on it."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nanokiln.analysis.measured import Measured, Origin, Series
from nanokiln.analysis.microscope.movie import Programme, movie_frames, save_movie, save_strip, stills
from nanokiln.analysis.report.run_course import programme_of
from nanokiln.structures import build
from nanokiln.structures.output.spheres import draw_each

TIMES = np.linspace(0.0, 10.0, 101)
TARGET = np.where(TIMES < 4, 300.0, np.where(TIMES < 6, 300 + 150 * (TIMES - 4), 600.0))


def measured() -> Measured:
    noisy = TARGET + np.random.default_rng(0).normal(scale=20, size=len(TIMES))
    curves = (
        Series("T", "time_ps", "ps", TIMES, noisy, "K", quantity="temperature"),
        Series("asked", "time_ps", "ps", TIMES, TARGET, "K", quantity="target_temperature"),
    )
    return Measured(Origin("r", "m"), (), curves)


def test_temperature_holds_and_rate_are_the_runs() -> None:
    programme = programme_of(measured())
    assert programme.at_C(2.0) == pytest.approx(26.85)
    assert programme.at_C(5.0) == pytest.approx(450 - 273.15, abs=1)
    assert [tuple(round(x) for x in hold) for hold in programme.holds] == [(0, 4), (6, 10)]
    assert 2e13 < programme.rate_K_per_s < 2e14
    assert "K/s" in programme.words


def test_without_a_temperature_none_is_claimed() -> None:
    programme = programme_of(Measured(Origin("r", "m"), (), ()))
    assert np.isnan(programme.at_C(1.0))
    atoms = build("cu-sphere-small").atoms
    assert "°C" not in stills([(0.0, atoms)], programme)[0].caption


def test_every_frame_lies_on_the_same_pixels_whatever_left(tmp_path: Path) -> None:
    first = build("cdse-cu3p-cdse-small").atoms
    later = first.copy()
    later.positions += np.random.default_rng(1).normal(scale=0.3, size=later.positions.shape)
    later.positions[0] += 500.0  # one atom has left
    shown = stills([(0.0, first), (9.0, later)], programme_of(measured()))
    assert shown[0].image.data.shape == shown[1].image.data.shape
    assert shown[0].image.corner == pytest.approx(shown[1].image.corner, abs=shown[0].image.pixel)
    assert sum(one.data.sum() for one in shown[1].maps.values()) == pytest.approx(len(first) - 1, rel=0.01)
    pictures = list(movie_frames(shown, programme_of(measured()), "small"))
    save_movie(pictures, tmp_path / "a.gif")
    with Image.open(tmp_path / "a.gif") as film:
        assert getattr(film, "n_frames", 1) == 2
    by = save_strip(shown, Programme(np.zeros(0), np.zeros(0)), "small", tmp_path / "a.png", draw=draw_each)
    assert by == "nanokiln"
    with Image.open(tmp_path / "a.png") as strip:
        assert strip.size[0] > strip.size[1] / 3
    with pytest.raises(ValueError, match="a film ends in"):
        save_movie(pictures, tmp_path / "a.avi")


def test_mp4(tmp_path: Path) -> None:
    pytest.importorskip("imageio_ffmpeg", reason="the extra `tem` is not installed")
    save_movie([Image.new("RGB", (64, 48), "red")] * 3, tmp_path / "a.mp4")
    assert (tmp_path / "a.mp4").stat().st_size > 500
