from pathlib import Path

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk
from ase.io import read, write

from nanokiln.potentials.cards.card import DATA, load_card
from nanokiln.potentials.lammps.session import card_calculator
from nanokiln.potentials.validation import quench
from nanokiln.potentials.validation.measurement import KJ_MOL, Bench, energy, relax
from nanokiln.potentials.validation.quench import compute_quench, hot_frames
from nanokiln.potentials.validation.subjects import Subjects


@pytest.fixture
def copper() -> Bench:
    """Copper with hot frames beside it, in `copper.extxyz`."""
    subjects = Subjects.load(("Cu",))
    hot = {"Cu": subjects.phases["Cu"].model_copy(update={"hot": "copper.extxyz"})}
    return Bench(card_calculator(load_card("cu-eam")), Subjects(phases=hot), load_card("cu-eam"))


def keep(frames: list[Atoms], folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "validation").mkdir()
    write(folder / "validation" / "copper.extxyz", frames)
    monkeypatch.setattr(quench, "DATA", folder)


def test_shaken_copper_comes_back(copper: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frames = [bulk("Cu", cubic=True).repeat(2) for _ in range(3)]
    for seed, frame in enumerate(frames):
        frame.rattle(0.1, seed=seed)
    keep(frames, tmp_path, monkeypatch)
    mean, lowest, formed = [row.value for row in compute_quench(copper, "Cu")]
    assert mean == pytest.approx(0, abs=0.02) and lowest == pytest.approx(0, abs=0.02)
    assert formed == pytest.approx(0, abs=0.02)  # the element itself


def test_a_built_crystal_that_is_no_minimum_is_told(
    copper: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Built as bcc, held as fcc: the rest lies lower by what Mishin's copper has between them, 0.046 eV."""
    built = relax(copper.attach(bulk("Cu", "bcc", a=2.9, cubic=True)), cell=True, force_eV_A=1e-3)
    difference = energy(built) / 2 - copper.energy_eV("Cu")
    assert difference == pytest.approx(0.046, abs=0.003)
    keep([bulk("Cu", cubic=True).repeat(2)], tmp_path, monkeypatch)
    copper.crystals["Cu"] = built
    mean, lowest, formed = [row.value for row in compute_quench(copper, "Cu")]
    assert mean == lowest == formed == pytest.approx(-difference / KJ_MOL, abs=0.02)


def test_a_crystal_without_hot_frames_has_no_row() -> None:
    card = load_card("cu-eam")
    assert not list(compute_quench(Bench(card_calculator(card), Subjects.load(("Cu",)), card), "Cu"))


def test_the_kept_frames_are_hot_cubic_copper_selenide() -> None:
    frames = read(DATA / "validation" / Subjects.load().phases["Cu2Se"].hot, ":")
    assert len(frames) == quench.FRAMES
    for frame in frames:
        assert frame.get_chemical_formula() == "Cu64Se32"
        assert 17.5 < frame.get_volume() / len(frame) < 19  # A3; the teacher has 18.3 at this temperature
    apart = frames[0].positions - frames[1].positions
    assert np.abs(apart).max() > 0.3, "two frames of one run are not the same"


def test_hot_frames_are_as_hot_as_they_say(tmp_path: Path) -> None:
    """Atoms of copper at 700 K stand about 0.13 A off their places along each axis, in a crystal grown by over 1 %."""
    crystal = bulk("Cu", cubic=True)
    frames = hot_frames(load_card("cu-eam"), crystal, tmp_path)
    perfect = crystal.repeat(quench.REPEAT).get_scaled_positions()
    assert len(frames) == quench.FRAMES
    for frame in frames:
        off = frame.get_scaled_positions() - perfect
        off -= np.rint(off)
        off = (off - off.mean(axis=0)) @ frame.cell.array
        assert 0.09 < np.sqrt((off**2).mean()) < 0.2
    grown = np.mean([frame.get_volume() for frame in frames]) / (8 * crystal.get_volume())
    assert 1.01 < np.cbrt(grown) < 1.02
