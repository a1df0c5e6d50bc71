"""Reading a structure file: its format told by its content, nothing filled in silence."""

import warnings
from pathlib import Path

import ase
import ase.io
import h5py
import numpy as np
from ase.data import chemical_symbols
from ase.io.cif import parse_cif

from nanokiln.structures.files.labels import label
from nanokiln.structures.files.lammps_data import is_lammps_data, read_lammps_data
from nanokiln.structures.files.unpack import content
from nanokiln.structures.model import LABELS, Model

_WHOLE = 0.995  # occupancies from here on are whole: files round them
_ORDER_IT = (
    "choose which atoms are there before you give it: write a cell with whole atoms (pymatgen's "
    "OrderDisorderedStructureTransformation or SQS make one)"
)


def read_structure(path: Path, frame: int = 0, elements: tuple[str, ...] = ()) -> ase.Atoms:
    """Return the atoms of a file: extxyz, CIF, POSCAR, LAMMPS data, our trajectory.h5, or what ASE or pymatgen reads.

    `frame` chooses one of several; `elements` names the types of LAMMPS data. ValueError, in one line: no such file,
    no format, an element that is not named, a site that is not wholly held by one element.
    """
    if not path.is_file():
        raise ValueError(f"there is no file {path}; give the path of a structure, counted from the recipe's folder")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            atoms = _read(path, frame, elements)
    except ValueError as error:
        text = " ".join(str(error).split())
        raise ValueError(text if str(path) in text else f"{path} cannot be read: {text}") from error
    except Exception as error:  # readers of other programs raise anything
        raise ValueError(
            f"{path} is no structure that can be read ({type(error).__name__}); expected extxyz, CIF, POSCAR, LAMMPS "
            "data or another format that ASE or pymatgen reads"
        ) from error
    if not len(atoms):
        raise ValueError(f"{path} holds no atoms")
    atoms.set_constraint()  # whoever fixed atoms did so for another program
    atoms.pbc = atoms.pbc & atoms.cell.any(axis=1)  # a PDB file without a box says that its edges are 0
    if (atoms.numbers == 0).any():
        raise ValueError(f"{path} has atoms of no element (X): name them in the file")
    if not (np.isfinite(atoms.positions).all() and np.isfinite(atoms.cell.array).all()):
        raise ValueError(f"{path} has places or cell edges that are not finite: mend the file")
    return atoms


def read_model(path: Path, frame: int = 0) -> Model:
    """Read a model of ours with all its labels, or label the structure in any other file as one domain."""
    atoms = read_structure(path, frame)
    if all(name in atoms.arrays for name in LABELS) and "nanokiln_model" in atoms.info:
        return Model.read(path)
    return label(atoms, path.name.split(".")[0])


def _read(path: Path, frame: int, elements: tuple[str, ...]) -> ase.Atoms:
    raw = content(path)
    if not raw.strip():
        raise ValueError(f"{path} is empty")
    if raw.startswith(b"\x89HDF"):
        return _read_h5md(path, frame)
    head = raw[:65536].decode(errors="replace").removeprefix("\ufeff")
    if is_lammps_data(head):
        return read_lammps_data(raw.decode(errors="replace"), path, elements)
    if "_cell_length_a" in head or path.suffix.lower() == ".cif":
        return _read_cif(path)
    lines = [line.strip() for line in head.splitlines()]
    if _is_poscar(lines):
        _names_of_poscar(path, lines)
        return ase.io.read(path, format="vasp")
    if lines[0].startswith("ITEM:") and not any(line.startswith("ITEM: ATOMS") and "element" in line for line in lines):
        raise ValueError(f"{path} is a dump without a column `element`: write it with one, or give LAMMPS data")
    if lines[0].isdigit():
        row = lines[2].split() if len(lines) > 2 else []
        if row and row[0].isdigit() and "Properties" not in lines[1]:
            raise ValueError(f"{path} calls its atoms by numbers: write their elements (`dump_modify element`)")
        return ase.io.read(path, index=frame, format="extxyz")
    try:
        return ase.io.read(path, index=frame)
    except Exception:  # ASE says in many ways that it cannot
        return _read_with_pymatgen(path)


def _read_cif(path: Path) -> ase.Atoms:
    """Read with pymatgen, which knows more of CIF; what it refuses, with ASE."""
    from pymatgen.io.cif import CifParser

    blocks = [block for block in parse_cif(str(path)) if block.has_structure()]
    if not blocks:
        raise ValueError(f"{path} is CIF without atom sites: nothing to build from")
    _require_whole_sites(path, blocks[0])
    try:
        structure = CifParser(str(path)).parse_structures(primitive=False)[0]
    except Exception:  # pymatgen refuses in many ways
        return blocks[0].get_atoms()
    if not structure.is_ordered:
        site = next(site for site in structure if not site.is_ordered)
        raise ValueError(f"{path}: site {site.label} holds {site.species_string}: {_ORDER_IT}")
    return _as_atoms(structure)


def _require_whole_sites(path: Path, block: object) -> None:
    """Raise ValueError, naming the site, unless every site of a CIF block is wholly occupied."""
    told = block.get("_atom_site_occupancy") or []  # type: ignore[attr-defined]
    names = block.get("_atom_site_label") or block.get("_atom_site_type_symbol") or []  # type: ignore[attr-defined]
    for name, share in zip(names, told, strict=False):
        value = float(str(share).split("(")[0]) if str(share) not in (".", "?") else 1.0
        if value < _WHOLE:
            raise ValueError(f"{path}: site {name} is occupied to {value:g} only (partial or mixed): {_ORDER_IT}")


def _read_with_pymatgen(path: Path) -> ase.Atoms:
    from pymatgen.core import Structure

    structure = Structure.from_file(str(path))
    if not structure.is_ordered:
        site = next(site for site in structure if not site.is_ordered)
        raise ValueError(f"{path}: site {site.label} holds {site.species_string}: {_ORDER_IT}")
    return _as_atoms(structure)


def _as_atoms(structure: object) -> ase.Atoms:
    """Return a pymatgen structure's atoms, oxidation states dropped, the sites' labels kept."""
    sites = list(structure)  # type: ignore[call-overload]
    symbols = [site.specie.symbol for site in sites]
    lattice = structure.lattice.matrix  # type: ignore[attr-defined]
    atoms = ase.Atoms(symbols, [site.coords for site in sites], cell=lattice, pbc=True)
    atoms.set_array("label", np.array([str(site.label) for site in sites]))
    return atoms


def _is_poscar(lines: list[str]) -> bool:
    """Whether line 2 is a scale and lines 3 to 5 are three vectors."""
    try:
        sizes = [len([float(word) for word in line.split()]) for line in lines[1:5]]
    except ValueError:
        return False
    return len(sizes) == 4 and sizes[0] in (1, 3) and sizes[1:] == [3, 3, 3]


def _names_of_poscar(path: Path, lines: list[str]) -> None:
    """Raise ValueError unless the elements are named above the counts, or all of them in the first line."""
    if not lines[5][:1].isdigit():
        return
    words = [word for word in lines[0].split() if word in chemical_symbols[1:]]
    if len(words) != len(lines[0].split()) or len(words) != len(lines[5].split()):
        raise ValueError(
            f"{path} is a POSCAR without the names of its elements (VASP 4): write a line such as `Cu Se` above the "
            f"counts `{lines[5]}`"
        )


def _read_h5md(path: Path, frame: int) -> ase.Atoms:
    """Return one frame of a trajectory that nanokiln wrote, atoms that had left it by then left out."""
    with h5py.File(path, "r") as file:
        group = file.get("particles/all")
        if group is None or "displacement" not in group:
            raise ValueError(f"{path} is HDF5, but no trajectory.h5 of a run: give a structure file")
        positions = group["position/value"][frame].astype(float) - group["box/origin/value"][frame]
        there = np.isfinite(positions).all(axis=1)
        pbc = [flag == b"periodic" for flag in group["box"].attrs["boundary"]]
        atoms = ase.Atoms(group["species"][:], np.nan_to_num(positions), cell=group["box/edges/value"][frame], pbc=pbc)
        atoms.set_array("id", group["id"][:].astype(int))
    return atoms[there]
