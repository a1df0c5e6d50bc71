"""The rows of LAMMPS dump frames as columns: all at once where they are plain, else line by line."""

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from nanokiln.analysis.trajectory.dump_head import Head

Table = dict[str, NDArray[Any]]
_INTEGER = frozenset({"id", "type", "mol", "ix", "iy", "iz"})
_LARGEST = 2**53  # beyond, a float does not tell one whole number from the next
_TEXT = frozenset({"element", "typelabel"})


def plain_table(heads: list[Head]) -> Table | None:
    """Return the columns of several frames of the same columns, rows in order; None unless every line is plain.

    Plain lines are what LAMMPS writes by default: one blank between values, at most one at the end.
    """
    body, columns = b"".join(head.body for head in heads), heads[0].columns
    if not body:
        return {name: np.empty(0) for name in columns} if not any(head.count for head in heads) else None
    line = body[: body.find(b"\n")]
    kinds = {name: _kind(name, line, columns) for name in columns}
    schema = kinds | ({"_end": pl.String} if line.endswith(b" ") else {})
    try:
        table = pl.read_csv(body, separator=" ", has_header=False, schema=schema, quote_char=None)
    except (pl.exceptions.PolarsError, UnicodeDecodeError):
        return None
    nulls = table.select(columns).null_count().row(0)
    if any(nulls) or len(table) != sum(head.count for head in heads):
        return None
    return {name: _words(table[name]) if kinds[name] == pl.String else table[name].to_numpy() for name in columns}


def loose_table(head: Head, path: Path) -> Table:
    """Return the columns of one frame read line by line: any blanks, empty lines and comment lines between.

    ValueError names the frame and the row that is wrong.
    """
    where = f"{path}: the frame of step {head.step}"
    rows = rows_of(head)
    for number, row in enumerate(rows, 1):
        if len(row) != len(head.columns):
            raise ValueError(
                f"{where} has {len(row)} values in row {number} ({' '.join(row)}) for its {len(head.columns)} columns "
                f"({' '.join(head.columns)}): the file is damaged; cut that frame out or write the dump again"
            )
    if len(rows) != head.count:
        raise ValueError(
            f"{where} promises {head.count} atoms and has {len(rows)} rows: it is damaged; cut that frame out"
        )
    columns = zip(*rows, strict=True) if rows else [() for _ in head.columns]
    return {name: _column(name, values, where) for name, values in zip(head.columns, columns, strict=True)}


def rows_of(head: Head) -> list[list[str]]:
    """Return the values of each row, without empty lines and comments."""
    lines = (line.strip() for line in bytes(head.body).decode(errors="replace").split("\n"))
    return [line.split() for line in lines if line and not line.startswith("#")]


def _kind(name: str, line: bytes, columns: tuple[str, ...]) -> Any:
    """Integers, words or numbers; a column `type` holds words where the file has type labels."""
    if name in _TEXT:
        return pl.String
    values = line.split()
    if name == "type" and len(values) == len(columns) and values[columns.index(name)][:1].isalpha():
        return pl.String
    return pl.Int64 if name in _INTEGER else pl.Float64


def _words(column: pl.Series) -> NDArray[np.str_]:
    words = column.unique().to_list()
    out = np.empty(len(column), dtype=f"U{max(map(len, words), default=1)}")
    for word in words:
        out[(column == word).to_numpy()] = word
    return out


def _column(name: str, values: tuple[str, ...], where: str) -> NDArray[Any]:
    if name in _TEXT or (name == "type" and values and values[0][:1].isalpha()):
        return np.array(values, dtype=str)
    try:
        numbers = np.array(values, dtype=float)
    except ValueError:
        row = next(i for i, value in enumerate(values) if not _is_number(value))
        raise ValueError(
            f"{where} has {values[row]!r} for {name} in row {row + 1}, which is no number: mend that line"
        ) from None
    if name not in _INTEGER:
        return numbers
    if not ((np.abs(numbers) < _LARGEST) & (numbers == np.round(numbers))).all():
        raise ValueError(f"{where} has numbers in column {name} that are not whole: mend the file")
    return numbers.astype(np.int64)


def _is_number(value: str) -> bool:
    try:
        float(value)
    except ValueError:
        return False
    return True
