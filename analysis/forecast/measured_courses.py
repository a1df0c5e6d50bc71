"""What was measured against time, as a CSV file: EDS fractions, lengths, volumes, lattice constants, with errors."""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nanokiln.analysis.clock.clock import History
from nanokiln.analysis.forecast.observables import OBSERVABLES

Array = NDArray[np.float64]
COLUMNS = ("particle", "time_min", "quantity", "value", "error")


@dataclass(frozen=True)
class MeasuredCourse:
    """A quantity of one particle at some noted `minutes`, with standard `errors`, all of shape (points,)."""

    scene: str
    quantity: str
    minutes: Array
    values: Array
    errors: Array
    rows: tuple[str, ...] = ()

    def predicted(self, history: History) -> Array:
        """Return what every sample would have shown at these times, (points, samples)."""
        column = OBSERVABLES[self.quantity](history)
        after = np.clip(np.searchsorted(history.minutes, self.minutes), 1, len(history.minutes) - 1)
        start, end = history.minutes[after - 1], history.minutes[after]
        share = np.clip((self.minutes - start) / (end - start), 0.0, 1.0)[:, None]
        return np.asarray(column[after - 1] * (1.0 - share) + column[after] * share)

    def log_likelihood(self, history: History) -> Array:
        """Return the logarithm of the likelihood of every sample by normal errors, shape (samples,)."""
        away = (self.predicted(history) - self.values[:, None]) / self.errors[:, None]
        squares = np.where(np.isfinite(away), away, 1e3) ** 2
        return np.asarray(-0.5 * squares.sum(axis=0) - np.log(self.errors * (2.0 * np.pi) ** 0.5).sum())

    def told(self, chance: Array, weights: Array) -> str:
        """Return in words how far the posterior's samples lie from the points, in squares of their errors."""
        constant = np.log(self.errors * (2.0 * np.pi) ** 0.5).sum()
        squares = float(np.average(-2.0 * (chance + constant), weights=weights)) / len(self.values)
        return f"{self.scene}, {self.quantity} at {len(self.values)} times: chi2 per point {squares:.2f}"


def load_measured_courses(path: Path) -> tuple[MeasuredCourse, ...]:
    """Read a CSV file with the columns particle, time_min, quantity, value, error; ValueError names file and line."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file, skipinitialspace=True)
            if missing := [name for name in COLUMNS if name not in (reader.fieldnames or ())]:
                raise ValueError(f"{path}: no column {missing[0]!r}; the first line must be: {','.join(COLUMNS)}")
            points = [(row["particle"], row["quantity"], *_numbers(path, reader.line_num, row)) for row in reader]
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"{path} is no CSV text: {error}") from error
    if not points:
        raise ValueError(f"{path} holds no measurement below its first line")
    return tuple(_course(key, [p[2:] for p in points if p[:2] == key]) for key in dict.fromkeys(p[:2] for p in points))


def _course(key: tuple[str, str], points: list[tuple[float, float, float]]) -> MeasuredCourse:
    minutes, values, errors = np.array(sorted(points)).T
    return MeasuredCourse(*key, minutes, values, errors)


def _numbers(path: Path, line: int, row: dict[str, str]) -> tuple[float, float, float]:
    if row["quantity"] not in OBSERVABLES:
        raise ValueError(
            f"{path}, line {line}: no quantity is called {row['quantity']!r}; there are: {', '.join(OBSERVABLES)}"
        )
    try:
        minutes, value, error = (float(row[name]) for name in ("time_min", "value", "error"))
    except (TypeError, ValueError):
        given = ", ".join(str(row[name]) for name in ("time_min", "value", "error"))
        raise ValueError(f"{path}, line {line}: time_min, value and error must be numbers, not {given}") from None
    if not (np.isfinite([minutes, value, error]).all() and minutes >= 0.0 and error > 0.0):
        raise ValueError(f"{path}, line {line}: time_min must not be negative and error must be positive, both finite")
    return minutes, value, error
