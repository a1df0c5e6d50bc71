"""LAMMPS dumps of style yaml: one document per frame, its rows read like those of a text dump."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from nanokiln.analysis.trajectory.dump import DumpFrame, ReadOptions, parsed, unit_factors
from nanokiln.analysis.trajectory.dump_head import Head, box_of
from nanokiln.structures.files.unpack import chunks

_ROWS = b"\ndata:"


def read_yaml_dump(path: Path, options: ReadOptions) -> Iterator[DumpFrame]:
    """Stream the frames of a yaml dump; a last document without its end mark `...` is left out.

    ValueError names the file where a document is no frame.
    """
    units = options.units
    for text in _documents(chunks(path)):
        above, mark, rows = text.partition(_ROWS)
        ended = rows.rstrip().endswith(b"...")
        if not mark or not ended:
            options.warn(f"{path.name}: its last frame is not whole and was left out")
            return
        told = _header(above, path)
        units = units or told.get("units")
        yield from parsed([_head(told, rows, path)], path, unit_factors(units or "metal", path))


def _documents(pieces: Iterator[bytes]) -> Iterator[bytes]:
    rest = b""
    for piece in pieces:
        *whole, rest = (rest + piece).split(b"---\n")
        yield from (text for text in whole if text.strip())
    if rest.strip():
        yield rest


def _header(text: bytes, path: Path) -> dict[str, Any]:
    try:
        told = yaml.safe_load(text)
        return {**told, "timestep": int(told["timestep"]), "natoms": int(told["natoms"]), "box": list(told["box"])}
    except (yaml.YAMLError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path}: a document that is no frame; expected a LAMMPS dump of style yaml") from error


def _head(told: dict[str, Any], rows: bytes, path: Path) -> Head:
    columns = tuple(str(word) for word in told.get("keywords", ()) if word is not None)
    if "id" not in columns:
        raise ValueError(f"{path}: its frames have no column `id`; write it with `id`, to follow atoms")
    bounds = np.array(told["box"][:3], dtype=float)
    if len(told["box"]) > 3:
        bounds = np.column_stack([bounds, np.array(told["box"][3], dtype=float)])
    cell, origin = box_of([], bounds)
    flags = [word for word in told.get("boundary", ()) if word is not None]
    periodic = np.array([flag == "p" for flag in flags[::2]] if len(flags) == 6 else [True] * 3)
    lines = (line.strip().removeprefix(b"- [").rstrip(b", ]") for line in rows.split(b"\n"))
    body = b"".join(b" ".join(line.replace(b",", b" ").split()) + b"\n" for line in lines if line not in (b"", b"..."))
    time = told.get("time")
    return Head(
        told["timestep"],
        told["natoms"],
        periodic,
        cell,
        origin,
        columns,
        memoryview(body),
        None if time is None else float(time),
    )
