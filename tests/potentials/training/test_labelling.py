"""Labels: by any number of processes the same, signed, and made anew when the teacher changes."""

from pathlib import Path

import ase
import numpy as np
import pytest
from ase.build import bulk

from nanokiln.potentials.cards.calculators import signature
from nanokiln.potentials.cards.nequix import PATH, weights
from nanokiln.potentials.training.dataset import read_labels, write_labels
from nanokiln.potentials.training.labelling import label_all, relabel
from nanokiln.structures.crystals.phases import load_phase
from nanokiln.structures.storage import sha256

EMT = "ase.calculators.emt:EMT"
LENNARD_JONES = "ase.calculators.lj:LennardJones"


@pytest.fixture
def cells() -> list[ase.Atoms]:
    out = [bulk("Cu", cubic=True) for _ in range(5)]
    for k, cell in enumerate(out):
        cell.rattle(0.05, seed=k)
        cell.info = {"origin": f"test/{k}"}
    return out


def test_two_processes_label_as_one_does(cells: list[ase.Atoms]) -> None:
    alone, together = label_all(cells, EMT, "one"), label_all(cells, EMT, "two", processes=2)
    assert [c.info["origin"] for c in together] == [c.info["origin"] for c in cells]
    for a, b in zip(alone, together, strict=True):
        assert a.info["energy"] == pytest.approx(b.info["energy"], abs=1e-12)
        np.testing.assert_allclose(a.arrays["forces"], b.arrays["forces"], atol=1e-12)


def test_a_new_teacher_labels_the_same_cells_anew(cells: list[ase.Atoms], tmp_path: Path) -> None:
    path = tmp_path / "labels-00.extxyz"
    write_labels(label_all(cells, EMT, "first"), path)
    assert not relabel(path, EMT)
    before = read_labels(path)
    unsigned = read_labels(path)
    for cell in unsigned:
        del cell.info["teacher"]
    write_labels(unsigned, tmp_path / "unsigned.extxyz")
    assert relabel(tmp_path / "unsigned.extxyz", EMT)
    assert relabel(path, LENNARD_JONES)
    after = read_labels(path)
    for a, b in zip(before, after, strict=True):
        np.testing.assert_allclose(a.positions, b.positions, atol=1e-7)
        assert a.info["origin"] == b.info["origin"]
        assert b.info["teacher"] == LENNARD_JONES
        assert abs(a.info["energy"] - b.info["energy"]) > 0.1


def test_a_teacher_whose_weights_nobody_chooses_signs_with_its_name() -> None:
    assert (signature(EMT), signature("chgnet")) == (EMT, "chgnet")


def test_published_weights_and_their_conversion_sign_as_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Labels that ship can be fitted without the weights; other weights are another teacher."""
    monkeypatch.delenv(PATH, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert signature("nequix") == "nequix-oam-1-pft:4ce693d6"
    mine = tmp_path / "mine.pt"
    mine.write_bytes(b"other weights")
    monkeypatch.setenv(PATH, str(mine))
    assert signature("nequix") == f"nequix-oam-1-pft:{sha256(mine)[:8]}"
    monkeypatch.setattr("nanokiln.potentials.cards.nequix.PUBLISHED_SHA256", ("4ce693d6" + "0" * 56, sha256(mine)))
    assert signature("nequix") == "nequix-oam-1-pft:4ce693d6"


@pytest.mark.teacher
def test_dispersion_pulls_the_sheets_of_a_layered_crystal_together() -> None:
    """Labels with and without D3 of Bi2Se3, its gap opened by 0.3 A: lower in energy, and pulled shut along c."""
    pytest.importorskip("dftd3")
    if weights() is None:
        pytest.skip(f"no weights of nequix: {PATH} names none and the package's cache is empty")
    cell = load_phase("Bi2Se3").atoms()
    cell.set_cell(cell.cell.array * [[1], [1], [1.01]], scale_atoms=True)
    (without,), (held,) = label_all([cell], "nequix", ""), label_all([cell], "nequix-d3", "")
    assert held.info["teacher"] == without.info["teacher"] + "+d3bj"
    assert held.info["energy"] < without.info["energy"] - 0.1 * len(cell)
    assert held.info["stress"][2] > without.info["stress"][2] + 0.005  # eV/A3: ASE's stress is positive in tension
