"""A micrograph of one's own beside the simulated image."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nanokiln.analysis.microscope import CalibratedImage, Exposure, haadf, load_instrument, mount, write_emd
from nanokiln.analysis.microscope.fourier import power_spectrum
from nanokiln.analysis.microscope.micrograph import read_micrograph, set_beside
from nanokiln.analysis.microscope.spots import find_spots
from nanokiln.structures import build


def fringes(spacing_A: float) -> CalibratedImage:
    x = np.arange(300) * 0.3
    return CalibratedImage("fringes", 1 + np.cos(2 * np.pi * x / spacing_A)[None].repeat(280, axis=0), 0.3, (0, 0), "1")


def test_the_spectrum_has_the_spacing_of_the_fringes() -> None:
    spots = find_spots(power_spectrum(fringes(2.5)), 0.2)
    assert spots[0].spacing_A == pytest.approx(2.5, rel=0.01)
    assert abs(abs(spots[0].angle_deg) - 90) == pytest.approx(90, abs=1)


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_both_are_drawn_at_one_scale_and_their_spacings_told(tmp_path: Path, suffix: str) -> None:
    own = tmp_path / f"own{suffix}"
    Image.fromarray((100 * fringes(2.5).data).astype(np.uint8)).save(own)
    read = read_micrograph(own, 0.03)
    assert read.data.shape == (280, 300)
    simulated = haadf(mount([build("cu-sphere-small").atoms], "ball", "z"), load_instrument(), Exposure())
    told = set_beside(read, simulated, tmp_path / "beside.png")
    assert "2.5" in told[0]
    with Image.open(tmp_path / "beside.png") as picture:
        assert picture.size[0] > 1000


def test_files_that_say_their_scale_need_no_number(tmp_path: Path) -> None:
    pytest.importorskip("rsciio", reason="RosettaSciIO is not installed")
    write_emd([fringes(2.5)], tmp_path / "own.emd")
    assert read_micrograph(tmp_path / "own.emd").pixel == pytest.approx(0.3)


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    Image.new("L", (8, 8)).save(tmp_path / "a.png")
    with pytest.raises(ValueError, match="--beside-pixel-nm"):
        read_micrograph(tmp_path / "a.png")
    with pytest.raises(ValueError, match="no micrograph"):
        read_micrograph(tmp_path / "b.png")
    (tmp_path / "c.dm3").write_bytes(b"nothing")
    with pytest.raises(ValueError, match=r"image that can be read|rosettasciio"):
        read_micrograph(tmp_path / "c.dm3", 1.0)
