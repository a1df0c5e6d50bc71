"""Where no anion lies deep enough to be asked, the metal says whether there is a lattice: a molten Janus particle."""

from pathlib import Path

import numpy as np
import pytest

from nanokiln.analysis.measure.account import tell
from nanokiln.analysis.measure.run import analyse
from nanokiln.analysis.measured import Measured, Origin
from nanokiln.analysis.trajectory.dump import write_dump
from nanokiln.analysis.trajectory.trajectory import convert
from nanokiln.structures.catalogue import build

FRAMES = 12


@pytest.fixture(scope="module")
def heated(frame_of, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Measured]:
    """A small Janus particle that only vibrates, and one whose atoms are strewn about from the sixth frame on."""
    model = build({"preset": "cu-cu3p-janus-j1", "scale": 0.19})
    lines = ["step,time_ps,stage,target_K,temperature_K,potential_eV"]
    lines += [f"{i * 50},{i * 0.1},01-hold,700,700,0" for i in range(FRAMES)]
    out = {}
    for name, strewn_A in (("whole", 0.05), ("molten", 0.9)):
        folder: Path = tmp_path_factory.mktemp(name)
        (folder / "thermo.csv").write_text("\n".join(lines) + "\n")
        rng, frames = np.random.default_rng(4), []
        for i in range(FRAMES):
            now = model.atoms.copy()
            now.positions += rng.normal(0, strewn_A if i >= FRAMES // 2 else 0.05, now.positions.shape)
            frames.append(frame_of(now, i * 50, periodic=False))
        write_dump(folder / "t.dump.gz", frames, digits=6)
        with convert([folder / "t.dump.gz"], model, folder / "t.h5", 0.002) as trajectory:
            out[name] = analyse(trajectory, model, folder / "thermo.csv", Origin(name, ""))
    return out


def test_a_molten_metal_tells_that_the_lattice_is_lost(heated: dict[str, Measured]) -> None:
    assert heated["whole"].one(quantity="lattice_lost") is None
    lost = heated["molten"].one(quantity="lattice_lost")
    assert lost is not None and lost.phase == "metal" and lost.time_ps == pytest.approx(0.6)
    angle = heated["molten"].one(quantity="plane_angle")
    assert angle is None or "lattice_lost_K" in angle.provenance


def test_what_no_inner_anion_can_tell_is_not_told(heated: dict[str, Measured]) -> None:
    whole, molten = (tell(heated[name]) for name in ("whole", "molten"))
    assert "none of its anions has all its neighbours" in whole and "inner metal atoms lay on a lattice" not in whole
    assert "inner metal atoms (no anion has all its neighbours) lay on a lattice" in molten
    assert "No atom was seen" not in molten
