from pathlib import Path

import ase.io
import numpy as np
import pytest

from nanokiln.analysis.trajectory.dump import write_dump
from nanokiln.analysis.trajectory.foreign import Said, open_foreign


def test_an_extxyz_of_other_hands_is_read(tmp_path: Path, crystal_of) -> None:
    atoms = crystal_of("zb", (4, 4, 4))
    images = []
    for i in range(5):
        moved = atoms.copy()
        moved.positions += 0.01 * i
        images.append(moved)
    ase.io.write(tmp_path / "t.extxyz", images)
    found = open_foreign([tmp_path / "t.extxyz"], tmp_path / "t.h5", Said(timestep_ps=0.5))
    model = found.model
    with found.trajectory as trajectory:
        assert trajectory.times_ps.tolist() == [0, 0.5, 1, 1.5, 2]
        assert np.allclose(trajectory.displacements(np.arange(10))[-1], 0.04, atol=1e-5)
    assert (model.atoms.arrays["sublattice"] == "anion").sum() == 256


def test_a_foreign_dump_takes_its_elements_from_the_model(tmp_path: Path, crystal_of, frame_of) -> None:
    atoms = crystal_of("wz", (4, 4, 3))
    write_dump(tmp_path / "t.dump", [frame_of(atoms, i) for i in range(3)])
    text = (
        (tmp_path / "t.dump").read_text().replace("id element", "id type").replace(" Cd ", " 1 ").replace(" Se ", " 2 ")
    )
    (tmp_path / "bare.dump").write_text(text)
    ase.io.write(tmp_path / "start.xyz", atoms)
    said = Said(tmp_path / "start.xyz", timestep_ps=0.001)
    found = open_foreign([tmp_path / "bare.dump"], tmp_path / "t.h5", said)
    with found.trajectory as trajectory:
        assert trajectory.elements.tolist() == atoms.get_chemical_symbols() and len(found.model.domains) == 1
    with pytest.raises(ValueError, match="--model FILE"):
        open_foreign([tmp_path / "bare.dump"], tmp_path / "u.h5", Said(timestep_ps=0.001))
    assert not list(tmp_path.glob("u.*"))


def test_elements_that_contradict_the_file_are_refused(tmp_path: Path, crystal_of, frame_of) -> None:
    atoms = crystal_of("wz", (4, 4, 3))
    write_dump(tmp_path / "t.dump", [frame_of(atoms, i) for i in range(2)])
    text = (tmp_path / "t.dump").read_text().replace("id element", "id type element")
    typed = text.replace(" Cd ", " 1 Cd ").replace(" Se ", " 2 Se ")
    (tmp_path / "t.dump").write_text(typed)
    with pytest.raises(ValueError, match=r"--elements calls type 1 Se, the trajectory's own column element Cd"):
        open_foreign([tmp_path / "t.dump"], tmp_path / "t.h5", Said(elements=("Se", "Cd"), timestep_ps=0.001))
    right = open_foreign([tmp_path / "t.dump"], tmp_path / "u.h5", Said(elements=("Cd", "Se"), timestep_ps=0.001))
    with right.trajectory as trajectory:
        assert trajectory.elements.tolist() == atoms.get_chemical_symbols()
    (tmp_path / "c.dump").write_text(typed.replace(" Cd ", " C ").replace(" Se ", " C "))  # LAMMPS' default
    named = open_foreign([tmp_path / "c.dump"], tmp_path / "v.h5", Said(elements=("Cd", "Se"), timestep_ps=0.001))
    with named.trajectory as trajectory:
        assert trajectory.elements.tolist() == atoms.get_chemical_symbols()
