"""Frames of a LAMMPS dump as columns."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Table = dict[str, NDArray[Any]]


def table(text: str) -> Table:
    """Return the columns of one frame's text: `element` as strings, all others as floats, each (n_atoms,)."""
    lines = text.splitlines()
    names = lines[8].split()[2:]
    rows = [line.split() for line in lines[9:]]
    columns = zip(*rows, strict=True) if rows else ([] for _ in names)
    as_array = {name: np.array(column) for name, column in zip(names, columns, strict=True)}
    return {name: column if name == "element" else column.astype(float) for name, column in as_array.items()}
