"""Files: what is written is read back the same, and what cannot be said is refused."""

from pathlib import Path

import ase.io
import numpy as np
import pytest

from nanokiln.structures.catalogue import build
from nanokiln.structures.model import Model
from nanokiln.structures.output.export import write


def test_extxyz_keeps_every_label(tmp_path: Path) -> None:
    model = build("cdse-cu3p-cdse-small")
    write(model, str(tmp_path / "m.extxyz"))  # a name does as well as a path
    again = Model.read(tmp_path / "m.extxyz")
    assert again.ideal_positions_A() == pytest.approx(model.ideal_positions_A(), abs=1e-6)
    assert again.notes["repair"] == model.notes["repair"]


@pytest.mark.parametrize("name", ["cdse-cu3p-cdse-small", "cdse-cu3p-cdse-slab"])
def test_lammps_data_has_atoms_in_order_and_types_by_alphabet(name: str, tmp_path: Path) -> None:
    model = build(name)
    write(model, tmp_path / "m.data")
    again = ase.io.read(tmp_path / "m.data", format="lammps-data", atom_style="atomic")
    assert again.get_chemical_symbols() == model.atoms.get_chemical_symbols()
    assert again.cell.volume == pytest.approx(model.atoms.cell.volume, rel=1e-6)
    apart = model.atoms.get_distances(0, range(1, len(model.atoms)), mic=model.atoms.pbc.all())
    assert again.get_distances(0, range(1, len(again)), mic=model.atoms.pbc.all()) == pytest.approx(apart, abs=1e-4)


@pytest.mark.parametrize("file", ["m.cif", "m.vasp", "POSCAR"])
def test_periodic_formats_give_back_cell_and_content(file: str, tmp_path: Path) -> None:
    model = build("cdse-cu3p-cdse-slab")
    write(model, tmp_path / file)
    again = ase.io.read(tmp_path / file)
    assert sorted(again.get_chemical_symbols()) == sorted(model.atoms.get_chemical_symbols())
    assert again.cell.cellpar() == pytest.approx(model.atoms.cell.cellpar(), abs=1e-3)
    shortest = (a.get_all_distances(mic=True) + 99 * np.eye(len(a)) for a in (again, model.atoms))
    assert next(shortest).min() == pytest.approx(next(shortest).min(), abs=1e-3)


def test_particles_are_not_written_as_crystals(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="is not periodic"):
        write(build("cdse-cu3p-cdse-small"), tmp_path / "m.cif")
    with pytest.raises(ValueError, match="cannot tell a format"):
        write(build("cdse-cu3p-cdse-slab"), tmp_path / "m.pdb")
