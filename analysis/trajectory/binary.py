"""Trajectories that are no text: H5MD of any program, and DCD, XTC, TRR or NetCDF through MDAnalysis."""

import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from ase.data import chemical_symbols

from nanokiln.analysis.trajectory.dump import DumpFrame, ReadOptions
from nanokiln.analysis.trajectory.h5md import GROUP

_LENGTH_A = {"": 1.0, "angstrom": 1.0, "a": 1.0, "nm": 10.0, "pm": 0.01, "bohr": 0.529177210903}
_TIME_PS = {"": 1.0, "ps": 1.0, "fs": 1e-3, "ns": 1e3}
_READERS = {"dcd": "DCD.DCDReader", "xtc": "XTC.XTCReader", "trr": "TRR.TRRReader", "netcdf": "TRJ.NCDFReader"}


def is_ours(path: Path) -> bool:
    """Whether an HDF5 file is a trajectory that nanokiln wrote, displacements included."""
    try:
        file = h5py.File(path, "r")
    except OSError as error:
        raise ValueError(f"{path} is HDF5 that cannot be opened ({error}): it is damaged; copy it again") from error
    with file:
        return f"{GROUP}/displacement/value" in file and f"{GROUP}/id" in file


def read_h5md(path: Path, options: ReadOptions) -> Iterator[DumpFrame]:
    """Stream the frames of the first group of particles of an H5MD file (nongnu.org/h5md).

    Atoms whose position is NaN, or whose id is negative, are not there. ValueError: no positions or no box.
    """
    with h5py.File(path, "r") as file:
        groups = [group for group in file.get("particles", {}).values() if "position" in group and "box" in group]
        if not groups:
            raise ValueError(f"{path} is HDF5 without particles/*/position and box: expected a trajectory in H5MD")
        group = groups[0]
        places = group["position/value"]
        clock = group["position"].get("time")
        length = _unit(places, _LENGTH_A, options, path)
        tick = 1.0 if clock is None else _unit(clock, _TIME_PS, options, path)
        flags = [_text(flag) == "periodic" for flag in np.ravel(group["box"].attrs.get("boundary", ["periodic"] * 3))]
        steps = _along(group["position/step"], len(places)) if "step" in group["position"] else np.arange(len(places))
        times = None if clock is None else _along(clock, len(places))
        named = "species" in group and _named(group)
        for i in range(len(places)):
            xyz = np.asarray(places[i], dtype=float) * length
            there = np.isfinite(xyz).all(axis=1)
            ids = _of_frame(group, "id", i)
            ids = np.arange(1, len(xyz) + 1) if ids is None else ids.astype(np.int64)
            there &= ids > 0
            order = np.flatnonzero(there)[np.argsort(ids[there], kind="stable")]
            edges = np.asarray(_of_frame(group["box"], "edges", i), dtype=float) * length
            images = _of_frame(group, "image", i)
            kinds = _of_frame(group, "species", i)
            origin = _of_frame(group["box"], "origin", i)
            yield DumpFrame(
                int(steps[i]),
                np.diag(edges) if edges.ndim == 1 else edges,
                np.zeros(3) if origin is None else np.asarray(origin, dtype=float) * length,
                np.array(flags),
                ids[order],
                xyz[order],
                _elements(group, kinds)[order] if named else None,
                None if kinds is None or named else kinds[order].astype(np.int64),
                None if images is None else images[order].astype(np.int64),
                time_ps=None if times is None else float(times[i]) * tick,
            )


def read_with_mdanalysis(path: Path, kind: str) -> Iterator[DumpFrame]:
    """Stream the frames of a file that only says where atoms are; elements come from the model.

    The times of a DCD are not read: programs disagree about their unit. ValueError: MDAnalysis is not installed.
    """
    module, name = _READERS[kind].split(".")
    try:
        reader: Any = getattr(importlib.import_module(f"MDAnalysis.coordinates.{module}"), name)(str(path))
    except ImportError as error:
        raise ValueError(
            f"{path} is a {kind.upper()} file, which MDAnalysis reads: `pip install MDAnalysis`, or write the "
            "trajectory as extxyz or a LAMMPS dump"
        ) from error
    with reader:
        for index, now in enumerate(reader):
            cell = now.triclinic_dimensions
            periodic = cell is not None and bool(np.abs(np.linalg.det(cell)) > 0)
            box = np.asarray(cell, dtype=float) if periodic else np.diag(np.ptp(now.positions, axis=0) + 20.0)
            ids = np.arange(1, len(now.positions) + 1)
            time = None if kind == "dcd" else float(now.time)
            yield DumpFrame(
                index, box, np.zeros(3), np.full(3, periodic), ids, now.positions.astype(float), time_ps=time
            )


def _named(group: Any) -> bool:
    """Whether `species` are elements: ours are atomic numbers, others may say so by an enumeration of symbols."""
    return "displacement" in group or _words(group) is not None


def _elements(group: Any, kinds: Any) -> Any:
    words = _words(group)
    if words is None:
        return np.array(chemical_symbols)[kinds]
    symbols = {number: symbol for symbol, number in words.items()}
    return np.array([symbols[int(kind)] for kind in kinds])


def _words(group: Any) -> dict[str, int] | None:
    data = group["species"]
    words: dict[str, int] | None = h5py.check_enum_dtype(
        (data if isinstance(data, h5py.Dataset) else data["value"]).dtype
    )
    return words


def _of_frame(group: Any, name: str, i: int) -> Any:
    """Return an element of H5MD at a frame: one for all frames, or one for each."""
    if name not in group:
        return None
    found = group[name]
    if isinstance(found, h5py.Dataset):
        return found[:]
    return found["value"][min(i, len(found["value"]) - 1)]


def _along(data: Any, n: int) -> Any:
    """Return steps or times, which may be stored as an increment and an offset."""
    return data[:] if data.shape else data.attrs.get("offset", 0) + data[()] * np.arange(n)


def _unit(data: Any, factors: dict[str, float], options: ReadOptions, path: Path) -> float:
    unit = _text(data.attrs.get("unit", ""))
    if unit.lower() in factors:
        return factors[unit.lower()]
    options.warn(f"{path.name}: the unit {unit!r} is not known; its numbers are taken as angstrom and picoseconds")
    return 1.0


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
