"""Logs of LAMMPS: the thermodynamic output of each run, read as the record of a heating."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nanokiln.analysis.trajectory.thermo import Thermo

Array = NDArray[np.float64]
_TEMPERATURE = ("Temp", "c_thermo_temp", "v_temp")
_ENERGY = ("PotEng", "pe", "c_thermo_pe")
_SURE = 3.0  # standard errors by which the ends of a run differ where it is a ramp


def read_log(path: Path, timestep_ps: float, steps: NDArray[np.int64] | None = None) -> Thermo:
    """Return the record of a log file: each `run` of LAMMPS is a stage, a hold unless its temperature has a slope.

    Where the log begins its steps again (`reset_timestep`, a second start) what holds the most of the trajectory's
    `steps` counts, and nothing else. ValueError: there is no such file, no column Step and Temp in it, or no telling.
    """
    if not path.is_file():
        raise ValueError(f"there is no file {path}; give a log of LAMMPS or a thermo.csv")
    runs = [table for _, table in _tables(path.read_text(errors="replace")) if len(table)]
    if not runs:
        raise ValueError(
            f"{path} has no thermodynamic rows with Step and Temp: give a log of LAMMPS with `thermo_style custom "
            "step temp pe`"
        )
    runs = _belonging(runs, steps, path)
    record = Thermo.steady(np.concatenate([run[:, 0] for run in runs]).astype(np.int64), np.empty(0))
    record.times_ps = record.steps.astype(float) * timestep_ps
    record.stage = [f"run {i}" for i, run in enumerate(runs, 1) for _ in run]
    record.temperature_K = np.concatenate([run[:, 1] for run in runs])
    record.target_K = np.concatenate([_target(run[:, 1]) for run in runs])
    record.potential_eV = np.concatenate([run[:, 2] for run in runs])
    kept = np.unique(record.steps, return_index=True)[1]  # the last row of one run is the first of the next
    for name in ("steps", "times_ps", "temperature_K", "target_K", "potential_eV"):
        setattr(record, name, getattr(record, name)[kept])
    record.stage = [record.stage[i] for i in kept]
    return record


def _belonging(runs: list[Array], steps: NDArray[np.int64] | None, path: Path) -> list[Array]:
    """Return the runs of one count of steps: those that hold the most of the trajectory's."""
    parts: list[list[Array]] = [[]]
    for run in runs:
        if parts[-1] and run[0, 0] < parts[-1][-1][-1, 0]:
            parts.append([])
        parts[-1].append(run)
    if steps is None or len(parts) == 1:
        return parts[-1]
    held = [np.count_nonzero((steps >= part[0][0, 0]) & (steps <= part[-1][-1, 0])) for part in parts]
    if held.count(max(held)) > 1:
        raise ValueError(
            f"{path} counts its steps {len(parts)} times from the beginning, and several times over those of the "
            "trajectory: give only the part of the log that belongs to it"
        )
    return parts[held.index(max(held))]


def _tables(text: str) -> list[tuple[list[str], Array]]:
    """Return (names, step temperature energy rows) of each block of thermodynamic output."""
    out: list[tuple[list[str], Array]] = []
    names: list[str] = []
    rows: list[list[float]] = []
    for line in (*text.splitlines(), "Step"):
        words = line.split()
        if words[:1] == ["Step"] or "Loop time" in line:
            if rows:
                out.append((names, np.array(rows)))
            names, rows = (words if words[:1] == ["Step"] else []), []
        elif names and len(words) == len(names):
            row = _row(names, words)
            if row:
                rows.append(row)
    return out


def _row(names: list[str], words: list[str]) -> list[float]:
    try:
        told = dict(zip(names, map(float, words), strict=True))
    except ValueError:
        return []
    temperature = next((told[name] for name in _TEMPERATURE if name in told), None)
    energy = next((told[name] for name in _ENERGY if name in told), np.nan)
    return [] if temperature is None else [told["Step"], temperature, energy]


def _target(temperature_K: Array) -> Array:
    """Return the straight line through a run's temperatures where its slope is sure, else their mean."""
    n = len(temperature_K)
    if n < 4:
        return np.full(n, temperature_K.mean())
    x = np.linspace(-0.5, 0.5, n)
    slope, mean = np.polyfit(x, temperature_K, 1)
    rest = temperature_K - mean - slope * x
    error = np.sqrt((rest**2).sum() / (n - 2) / (x**2).sum()) * np.sqrt(10)  # ten rows or so are one independent one
    return mean + slope * x if abs(slope) > _SURE * error else np.full(n, mean)
