"""The thermodynamic record of a run: what the thermostat asked for and what the atoms did."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from nanokiln.analysis.measured import Series

Array = NDArray[np.float64]
COLUMNS = ("step", "time_ps", "stage", "target_K", "temperature_K", "potential_eV")


@dataclass(frozen=True)
class ThermoStage:
    """One stage: its name, first and last step, and the target temperature at both ends; a hold keeps it."""

    name: str
    steps: tuple[int, int]
    target_K: tuple[float, float]

    @property
    def hold(self) -> bool:
        """Whether the target stays within 1 K."""
        return not abs(self.target_K[1] - self.target_K[0]) >= 1.0  # a temperature that nobody knows does not change


class Thermo:
    """The rows of thermo.csv as columns, one entry per printed step."""

    def __init__(self, path: Path) -> None:
        """Read the file; ValueError names a column that is missing."""
        table = pl.read_csv(path, infer_schema_length=None)
        missing = [name for name in COLUMNS if name not in table.columns]
        if missing:
            raise ValueError(f"{path} lacks the columns {', '.join(missing)}; expected {', '.join(COLUMNS)}")
        table = table.unique("step", keep="last", maintain_order=True).sort("step")
        self.steps: NDArray[np.int64] = table["step"].to_numpy().astype(np.int64)
        self.times_ps: Array = table["time_ps"].to_numpy().astype(float)
        self.stage: list[str] = [str(name) for name in table["stage"].to_list()]
        self.target_K: Array = table["target_K"].to_numpy().astype(float)
        self.temperature_K: Array = table["temperature_K"].to_numpy().astype(float)
        self.potential_eV: Array = table["potential_eV"].to_numpy().astype(float)

    @classmethod
    def steady(cls, steps: NDArray[np.int64], times_ps: Array, temperature_K: float = np.nan) -> Self:
        """Return the record of a run of which only one temperature is known, or none (NaN): one hold, no energies."""
        record = cls.__new__(cls)
        record.steps, record.times_ps, record.stage = steps, times_ps, ["all"] * len(steps)
        record.target_K = record.temperature_K = np.full(len(steps), temperature_K)
        record.potential_eV = np.full(len(steps), np.nan)
        return record

    def stages(self) -> tuple[ThermoStage, ...]:
        """Return the stages in the order they ran."""
        out = []
        for name in dict.fromkeys(self.stage):
            rows = np.flatnonzero(np.array(self.stage) == name)
            out.append(
                ThermoStage(
                    name,
                    (int(self.steps[rows[0]]), int(self.steps[rows[-1]])),
                    (float(self.target_K[rows[min(1, len(rows) - 1)]]), float(self.target_K[rows[-1]])),
                )
            )
        return tuple(out)

    def temperature_at(self, steps: NDArray[np.int64]) -> Array:
        """Return the temperature at frames, (n,): the mean of the rows within half a frame interval of each."""
        gap = float(np.median(np.diff(steps))) if len(steps) > 1 else np.inf
        sums = np.concatenate([[0.0], np.cumsum(self.temperature_K)])
        low = np.searchsorted(self.steps, steps - gap / 2, side="left")
        high = np.searchsorted(self.steps, steps + gap / 2, side="right")
        nearest = np.interp(steps, self.steps, self.temperature_K)
        means = (sums[high] - sums[low]) / np.maximum(high - low, 1)
        return np.where(high > low, means, nearest)

    def curves(self) -> tuple[Series, ...]:
        """Return temperature, its target and the potential energy against time, as far as they are known."""

        def against_time(quantity: str, y: Array, unit: str) -> Series:
            return Series(quantity.replace("_", " "), "time_ps", "ps", self.times_ps, y, unit, quantity=quantity)

        found = (
            against_time("temperature", self.temperature_K, "K"),
            against_time("target_temperature", self.target_K, "K"),
            against_time("potential_energy", self.potential_eV, "eV"),
        )
        return tuple(curve for curve in found if np.isfinite(curve.y).any())
