"""Structure files from the wild, each with what is right for it, and the models they make."""

import gzip
from pathlib import Path
from typing import Any

import ase
import ase.io
import numpy as np
import pytest
from ase.build import bulk

from nanokiln.structures import catalogue
from nanokiln.structures.files import read_model, read_structure
from nanokiln.structures.model import Model

CASES = Path(__file__).parents[2] / "data" / "cases" / "structures"
THREE = [[1, 1, 1], [4, 4, 4], [7, 7, 7]]
RIGHT = {
    "POSCAR-negative-scale": "Cu8Se4",
    "POSCAR-selective": "Cu8Se4",
    "c41-oxidation-labels.cif": "Cu8Se4",
    "l50-atomic.data": "Cu2Se",
    "l50-atomic.lmp": "Cu2Se",
    "l51-full.data": "Cu2Se",
    "l52-charge-velocities.data": "Cu2Se",
    "l53-type-labels.data": "Cu2Se",
    "l54-masses-out-of-order.data": "Cu2Se",
    "l55-triclinic.data": "Cu2Se",
    "m-cu2se.extxyz": "Cu2Se",
    "m-se-first.extxyz": "SeCu2",
}
REFUSED = {
    "POSCAR-vasp4-no-names": "above the counts `8 4`",
    "c40-cu18se-partial.cif": "site Cu1 is occupied to 0.9 only",
    "c42-mixed-site.cif": "site Cu1 is occupied to 0.5 only",
}


def test_the_tables_have_every_case() -> None:
    assert RIGHT.keys() | REFUSED.keys() == {path.name for path in CASES.iterdir()}


@pytest.mark.parametrize(("name", "formula"), RIGHT.items())
def test_a_case_is_read(name: str, formula: str) -> None:
    atoms = read_structure(CASES / name)
    assert str(atoms.symbols) == formula and atoms.pbc.all() and not atoms.constraints
    if name.startswith("l"):
        assert np.allclose(atoms.positions, THREE) and atoms.arrays["id"].tolist() == [1, 2, 3]
    else:
        assert np.isclose(atoms.cell.volume, {12: 191.1, 3: 1000}[len(atoms)], rtol=1e-4)


@pytest.mark.parametrize(("name", "words"), REFUSED.items())
def test_a_case_is_refused_in_one_line(name: str, words: str) -> None:
    for read in (read_structure, lambda path: catalogue.build({"kind": "file", "path": str(path)})):
        with pytest.raises(ValueError, match=r"\A[^\n]+\Z") as refusal:
            read(CASES / name)
        assert words in str(refusal.value)


def data(style: str, rows: tuple[str, ...], masses: str = "Masses\n\n1 63.546\n2 78.971\n\n") -> str:
    head = f"own\n\n{len(rows)} atoms\n2 atom types\n\n-5 5 xlo xhi\n-5 5 ylo yhi\n-5 5 zlo zhi\n\n{masses}"
    return head + f"Atoms{' # ' if style else ''}{style}\n\n" + "\n".join(rows) + "\n"


STYLES = {
    "atomic": "{id} {type} {xyz}",
    "bond": "{id} 7 {type} {xyz}",
    "charge": "{id} {type} -0.5 {xyz} 0 0 1",
    "full": "{id} 7 {type} 0.5 {xyz}",
    "sphere": "{id} {type} 1.0 2.5 {xyz}",
    "dipole": "{id} {type} 0.5 {xyz} 1 0 0",
    "ellipsoid": "{id} {type} 0 1.0 {xyz}",
    "template": "{id} {type} 7 1 1 {xyz}",
    "hybrid charge sphere": "{id} {type} {xyz} 0.5 1 2",
    "": "{id} {type} {xyz}",
}


@pytest.mark.parametrize(("style", "row"), STYLES.items())
def test_atom_styles_put_their_columns_elsewhere(tmp_path: Path, style: str, row: str) -> None:
    """The same two atoms in every style, ids out of order, the box from -5: positions count from its corner."""
    rows = (row.format(id=9, type=2, xyz="1 2 3"), row.format(id=4, type=1, xyz="0 0 -4"))
    (tmp_path / "a.data").write_text(data(style, rows))
    atoms = read_structure(tmp_path / "a.data")
    assert str(atoms.symbols) == "CuSe" and atoms.arrays["id"].tolist() == [4, 9]
    assert np.allclose(atoms.positions, [[5, 5, 1], [6, 7, 8]])


def test_types_that_nothing_names_are_refused_unless_a_person_names_them(tmp_path: Path) -> None:
    (tmp_path / "a.data").write_text(data("atomic", ("1 1 0 0 0", "2 2 2 2 2"), "Masses\n\n1 1.0\n2 1.0\n\n"))
    with pytest.raises(ValueError, match="which element type 1, 2 is"):
        read_structure(tmp_path / "a.data")
    assert str(read_structure(tmp_path / "a.data", elements=("Zn", "Se")).symbols) == "ZnSe"
    (tmp_path / "c.data").write_text(data("", ("1 1 0 0 0 2", "2 2 2 2 2 1")))
    with pytest.raises(ValueError, match="write the style beside"):
        read_structure(tmp_path / "c.data")


def test_a_data_file_that_was_cut_is_refused_and_a_packed_one_read(tmp_path: Path) -> None:
    text = data("atomic", ("1 1 0 0 0", "2 2 2 2 2"))
    (tmp_path / "a.data").write_bytes(gzip.compress(text.encode()))
    assert str(read_structure(tmp_path / "a.data").symbols) == "CuSe"
    (tmp_path / "b.data").write_text(text[: text.index("2 2 2 2 2")])
    with pytest.raises(ValueError, match="promises 2 atoms and has 1"):
        read_structure(tmp_path / "b.data")


def test_our_own_data_and_model_are_read_back(tmp_path: Path) -> None:
    catalogue.build({"kind": "file", "path": str(CASES / "POSCAR-selective"), "repeat": [2, 1, 1]}).write(
        tmp_path / "m.extxyz"
    )
    model = read_model(tmp_path / "m.extxyz")
    assert isinstance(model, Model) and model.name == "POSCAR-selective" and len(model.atoms) == 24
    again = catalogue.build({"kind": "file", "path": str(tmp_path / "m.extxyz")})
    assert again.name == model.name and again.atoms.arrays["sublattice"].tolist().count("anion") == 8


MOLECULES = data("full", ("1 3 1 0 0 0 0", "2 3 2 0 2 2 2", "3 1 1 0 -2 -2 -2"))


@pytest.mark.parametrize(
    ("domains", "names", "owner"),
    [
        ("one", ["all"], [0, 0, 0]),
        ("species", ["Cu", "Se"], [0, 1, 0]),
        ("molecule-id", ["molecule 1", "molecule 3"], [1, 1, 0]),
        ("label", ["1", "2"], [0, 1, 0]),
        ({"low": [[0, 0, 0], [0.4, 0.4, 0.4]]}, ["low", "rest"], [1, 1, 0]),
    ],
)
def test_domains_are_told_as_asked(tmp_path: Path, domains: Any, names: list[str], owner: list[int]) -> None:
    (tmp_path / "a.data").write_text(MOLECULES)
    model = catalogue.build({"kind": "file", "path": str(tmp_path / "a.data"), "domains": domains})
    assert [d.name for d in model.domains] == names and model.atoms.arrays["domain"].tolist() == owner
    assert {d.phase for d in model.domains} == {"unknown"}


def test_labels_that_are_not_there_are_refused(tmp_path: Path) -> None:
    spec = {"kind": "file", "path": str(CASES / "m-cu2se.extxyz")}
    with pytest.raises(ValueError, match="needs a column mol-id"):
        catalogue.build(spec | {"domains": "molecule-id"})
    with pytest.raises(ValueError, match="there is no domain core"):
        catalogue.build(spec | {"phases": {"core": "CdSe-wz"}})
    with pytest.raises(ValueError, match="there is no file"):
        catalogue.build({"kind": "file", "path": str(tmp_path / "none.cif")})


def test_a_triclinic_cell_is_laid_as_lammps_needs_it_without_changing_a_distance(tmp_path: Path) -> None:
    crystal = ase.Atoms("CuSe", scaled_positions=[[0, 0, 0], [0.4, 0.5, 0.6]], cell=[4, 5, 6, 80, 95, 110], pbc=True)
    crystal.rotate(33, (1, 2, 3), rotate_cell=True)
    ase.io.write(tmp_path / "t.cif", crystal)
    atoms = catalogue.build({"kind": "file", "path": str(tmp_path / "t.cif"), "repeat": [2, 2, 2]}).atoms
    assert np.allclose(np.triu(atoms.cell.array, 1), 0) and len(atoms) == 16
    assert np.allclose(atoms.cell.cellpar(), (crystal * (2, 2, 2)).cell.cellpar(), atol=1e-3)
    lengths = [np.sort(one.get_all_distances(mic=True).ravel()) for one in (atoms, crystal * (2, 2, 2))]
    assert np.allclose(*lengths, atol=1e-3)


def test_a_slab_and_a_free_ball_keep_their_boundaries(tmp_path: Path) -> None:
    slab = bulk("Cu", cubic=True) * (2, 2, 2)
    slab.pbc = (True, True, False)
    ase.io.write(tmp_path / "s.extxyz", slab)
    assert catalogue.build({"kind": "file", "path": str(tmp_path / "s.extxyz")}).atoms.pbc.tolist() == [1, 1, 0]
    ball = ase.Atoms("Cu4", [[0, 0, 0], [2.5, 0, 0], [0, 2.5, 0], [0, 0, 2.5]])
    ase.io.write(tmp_path / "b.xyz", ball)
    model = catalogue.build({"kind": "file", "path": str(tmp_path / "b.xyz")})
    assert not model.atoms.pbc.any() and set(model.atoms.arrays["sublattice"]) == {"metal"}
    with pytest.raises(ValueError, match="no cell to repeat"):
        catalogue.build({"kind": "file", "path": str(tmp_path / "b.xyz"), "periodic": [True, True, True]})


def test_a_split_site_is_refused(tmp_path: Path) -> None:
    ase.io.write(
        tmp_path / "s.extxyz", ase.Atoms("CuCuSe", [[0, 0, 0], [0.3, 0, 0], [3, 3, 3]], cell=[6] * 3, pbc=True)
    )
    with pytest.raises(ValueError, match=r"atoms 1 \(Cu\) and 2 \(Cu\) are 0\.30 A apart"):
        catalogue.build({"kind": "file", "path": str(tmp_path / "s.extxyz")})


def test_a_box_of_zero_edges_is_none(tmp_path: Path) -> None:
    row = "ATOM      1  CD  ORT A   9       5.726  -1.488   1.744  1.00  0.00      A002 C"
    (tmp_path / "free.pdb").write_text(
        f"CRYST1    0.000    0.000    0.000  90.00  90.00  90.00 P 1           1\n{row}\n"
    )
    atoms = read_structure(tmp_path / "free.pdb")
    assert len(atoms) == 1 and not atoms.pbc.any()
