"""Labelled cells on disk: extended XYZ, one file per stage of a fit, each frame with where it came from."""

from collections.abc import Iterable
from pathlib import Path

import ase
import ase.io
from ase.calculators.singlepoint import SinglePointCalculator

from nanokiln.structures.storage import whole

CALM_EV_A = 20.0  # cells with a stronger force are collisions


def write_labels(cells: Iterable[ase.Atoms], path: Path) -> None:
    """Write cells with energy, stress and forces, under a temporary name renamed last."""
    frames = []
    for atoms in cells:
        frame = ase.Atoms(atoms.numbers, atoms.positions, cell=atoms.cell, pbc=atoms.pbc)
        frame.info = {k: v for k, v in atoms.info.items() if k not in {"energy", "stress"}}
        labels = {"energy": atoms.info["energy"], "stress": atoms.info["stress"], "forces": atoms.arrays["forces"]}
        frame.calc = SinglePointCalculator(frame, **labels)
        frames.append(frame)
    with whole(path) as temporary:
        ase.io.write(temporary, frames, format="extxyz")


def read_labels(path: Path) -> list[ase.Atoms]:
    """Read what `write_labels` wrote: energy and stress in `info`, forces in `arrays`."""
    frames = ase.io.read(path, index=":", format="extxyz")
    for frame in frames:
        results = frame.calc.results
        frame.info |= {"energy": results["energy"], "stress": results["stress"]}
        frame.arrays["forces"] = results["forces"]
        frame.calc = None
    return list(frames)


def origin_of(cell: ase.Atoms) -> str:
    """Return the kind of origin of a labelled cell, as `md` of `md/bulk/cu2se/600K`; empty where it names none."""
    return str(cell.info.get("origin", "")).split("/")[0]


def split(cells: list[ase.Atoms], every: int = 10) -> tuple[list[ase.Atoms], list[ase.Atoms]]:
    """Return the cells to fit and, every tenth, those held out."""
    return [c for i, c in enumerate(cells) if i % every], cells[::every]
