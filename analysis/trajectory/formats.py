"""The format of a trajectory, told by its content, and the reader that belongs to it."""

import warnings
from collections.abc import Iterator
from pathlib import Path

import ase.io
import numpy as np

from nanokiln.analysis.trajectory.binary import read_h5md, read_with_mdanalysis
from nanokiln.analysis.trajectory.dump import DumpFrame, ReadOptions, read_dump
from nanokiln.analysis.trajectory.validate import SameAtoms
from nanokiln.analysis.trajectory.xyz import read_xyz
from nanokiln.analysis.trajectory.yaml_dump import read_yaml_dump
from nanokiln.structures.files.unpack import opening
from nanokiln.structures.schema.printed import printable

KNOWN = "LAMMPS text and yaml dumps, xyz and extxyz, H5MD, DCD, XTC, TRR and what ASE reads"
_MAGIC = {
    b"\x89HDF": "h5md",
    b"CDF": "netcdf",
    b"\x00\x00\x07\xcb": "xtc",
    b"\x00\x00\x07\xc9": "trr",
}


def format_of(path: Path) -> str:
    """Return the format of a file: dump, yaml, xyz, h5md, netcdf, xtc, trr, dcd, or `other`, which is left to ASE.

    ValueError: there is no such file, or it is empty.
    """
    if not path.is_file():
        raise ValueError(f"there is no file {path}; give the path of a trajectory")
    if not path.stat().st_size:
        raise ValueError(f"{path} is empty: the run stopped before it wrote a frame; give another file")
    head = opening(path)
    if head[4:8] == b"CORD":
        return "dcd"
    if found := next((name for magic, name in _MAGIC.items() if head.startswith(magic)), None):
        return found
    lines = [line.strip() for line in head.split(b"\n") if line.strip() and not line.lstrip().startswith(b"#")]
    first = lines[0] if lines else b""
    if first.startswith(b"ITEM:"):
        return "dump"
    if first == b"---" or first.startswith((b"creator:", b"timestep:")):
        return "yaml"
    return "xyz" if first.isdigit() and len(lines) > 1 and _is_row(lines) else "other"


def read_frames(path: Path, options: ReadOptions | None = None) -> Iterator[DumpFrame]:
    """Stream the frames of a trajectory in any format; ValueError says in one line what is wrong with the file."""
    kind = format_of(path)
    try:
        yield from _frames(path, kind, options or ReadOptions(open_end=True))
    except Exception as error:  # a damaged file can break a reader anywhere
        text = printable(str(error))
        if isinstance(error, ValueError) and str(path) in text:
            raise ValueError(text) from error
        raise ValueError(
            f"{path} breaks off or is damaged, and cannot be read as a trajectory of format {kind} "
            f"({type(error).__name__}: {text}): write or copy it again"
        ) from error


def _frames(path: Path, kind: str, options: ReadOptions) -> Iterator[DumpFrame]:
    if kind == "dump":
        yield from read_dump(path, options)
    elif kind == "yaml":
        yield from read_yaml_dump(path, options)
    elif kind == "xyz":
        yield from read_xyz(path, options)
    elif kind == "h5md":
        yield from read_h5md(path, options)
    elif kind == "other":
        yield from _read_with_ase(path)
    else:
        yield from read_with_mdanalysis(path, kind)


def _is_row(lines: list[bytes]) -> bool:
    """Whether what follows a bare number can be an xyz frame: its second or third line has an atom or is a comment."""
    return len(lines) < 3 or len(lines[2].split()) >= 4


def _read_with_ase(path: Path) -> Iterator[DumpFrame]:
    same = SameAtoms(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            images = ase.io.iread(path, index=":")
            for step, atoms in enumerate(images):
                names = np.array(atoms.get_chemical_symbols())
                same.check(step, names)
                cell = atoms.cell.array if atoms.cell.rank == 3 else np.diag(np.ptp(atoms.positions, axis=0) + 20.0)
                periodic = np.asarray(atoms.pbc) & (atoms.cell.rank == 3)
                yield DumpFrame(
                    step, cell, np.zeros(3), periodic, np.arange(1, len(atoms) + 1), atoms.positions.copy(), names
                )
    except Exception as error:  # the readers of ASE raise anything
        if isinstance(error, ValueError) and str(path) in str(error):
            raise
        raise ValueError(
            f"{path} is no trajectory that can be read ({type(error).__name__}); expected {KNOWN}, with their headers"
        ) from error
