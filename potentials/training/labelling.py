"""Label many cells with a teacher, on as many processes as asked: each holds a teacher of its own."""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import ase
from ase.calculators.calculator import Calculator
from rich.progress import track

from nanokiln.potentials.cards.calculators import load_calculator, signature
from nanokiln.potentials.training.dataset import read_labels, write_labels
from nanokiln.potentials.training.teacher import label

_teacher: Calculator | None = None


def pool(processes: int, teacher: str) -> ProcessPoolExecutor:
    """Return a pool whose processes each loaded `teacher` and use one thread."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    return ProcessPoolExecutor(processes, get_context("spawn"), _load, (teacher,))


def _load(teacher: str) -> None:
    global _teacher
    _teacher = load_calculator(teacher)


def _label(cell: ase.Atoms) -> list[ase.Atoms]:
    assert _teacher is not None
    return list(label([cell], _teacher))


def label_all(cells: Sequence[ase.Atoms], teacher: str, description: str, processes: int = 1) -> list[ase.Atoms]:
    """Return the labelled cells, each signed by `teacher` in its info; those that the teacher refuses are left out."""
    signed = signature(teacher)
    return [
        _signed(out, signed)
        for found in track(_labelled(cells, teacher, processes), description=description, total=len(cells))
        for out in found
    ]


def _labelled(cells: Sequence[ase.Atoms], teacher: str, processes: int) -> Iterator[list[ase.Atoms]]:
    if processes == 1:
        _load(teacher)
        yield from map(_label, cells)
        return
    with pool(processes, teacher) as workers:
        yield from workers.map(_label, cells, chunksize=4)


def _signed(cell: ase.Atoms, teacher: str) -> ase.Atoms:
    cell.info["teacher"] = teacher
    return cell


def relabel(path: Path, teacher: str, processes: int = 1) -> bool:
    """Label the cells of a file anew unless all of them carry this teacher's labels; return whether it did.

    Labels that do not name their teacher are nobody's, and other weights are another teacher.
    """
    cells, signed = read_labels(path), signature(teacher)
    if all(cell.info.get("teacher") == signed for cell in cells):
        return False
    write_labels(label_all(cells, teacher, f"{path.stem} by {teacher}", processes), path)
    return True
