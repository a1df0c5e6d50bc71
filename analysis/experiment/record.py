"""The record of a finished run: the numbers that answer rows of the experiment, small enough to ship as data."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nanokiln.analysis.measure.run import Analysis
from nanokiln.analysis.measured import Result, Series

SHIPPED = Path(__file__).parents[1] / "data" / "runs"
KEPT_SERIES = ("phase_", "stacking_", "msd_", "profile_before_", "profile_after_")


@dataclass(frozen=True)
class Record:
    """What a run measured, and what made it: recipe and its SHA-256, potential and the checksums of its files,
    the phases it began with, atoms, length, highest temperature; `results`, `series`, `warnings` as in `Analysis`."""

    name: str
    recipe_sha256: str
    potential: str
    checksums: dict[str, str]
    model: str
    phases: tuple[str, ...]
    atoms: int
    time_ps: float
    hottest_K: float
    validated_K: tuple[float, float] | None
    warnings: tuple[str, ...]
    results: dict[str, Result]
    series: dict[str, Series]

    @classmethod
    def of(cls, analysis: Analysis, recipe_sha256: str = "") -> "Record":
        """Return the record of an analysis; `recipe_sha256` is that of the resolved recipe."""
        run = analysis.run
        potential = run.get("potential", {})
        potential = potential if isinstance(potential, dict) else {"name": potential}
        temperature = analysis.series.get("target_temperature") or analysis.series.get("temperature")
        limit = run.get("validated_K")
        return cls(
            name=str(run.get("name", analysis.name)),
            recipe_sha256=recipe_sha256,
            potential=str(potential.get("name", "")),
            checksums=dict(potential.get("files", {})),
            model=analysis.model.name,
            phases=tuple(sorted({domain.phase for domain in analysis.model.domains})),
            atoms=len(analysis.model.atoms),
            time_ps=float(np.ptp(temperature.x)) if temperature is not None else 0.0,
            hottest_K=float(np.nanmax(temperature.y)) if temperature is not None else 0.0,
            validated_K=(float(limit[0]), float(limit[1])) if limit else None,
            warnings=analysis.warnings,
            results=analysis.results,
            series={key: one for key, one in analysis.series.items() if key.startswith(KEPT_SERIES)},
        )

    @property
    def told(self) -> str:
        """Which run it was, in a phrase, for the method of what it answers."""
        beyond = self.validated_K is not None and self.hottest_K > self.validated_K[1]
        limit = (
            f", above the {self.validated_K[1]:g} K its potential is validated to"
            if beyond and self.validated_K
            else ""
        )
        return f"run {self.name}, {self.atoms} atoms, {self.time_ps:.0f} ps, to {self.hottest_K:.0f} K{limit}"

    def write(self, path: Path) -> Path:
        """Write the record as JSON."""
        told = {
            **{key: value for key, value in vars(self).items() if key not in ("results", "series")},
            "results": {key: {"name": result.name, **result.to_json()} for key, result in self.results.items()},
            "series": {key: _thin(one) for key, one in self.series.items()},
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(told, indent=1, allow_nan=False) + "\n")
        return path

    @classmethod
    def read(cls, path: Path) -> "Record":
        """Read what `write` wrote; anything else is a ValueError that says what is missing."""
        try:
            told: dict[str, Any] = json.loads(path.read_text())
            results = {key: _result(one) for key, one in told.pop("results").items()}
            series = {key: _series(one) for key, one in told.pop("series").items()}
            limit = told.pop("validated_K")
            told |= {key: tuple(told[key]) for key in ("warnings", "phases")}
            return cls(**told, validated_K=tuple(limit) if limit else None, results=results, series=series)
        except (json.JSONDecodeError, KeyError, TypeError) as error:
            raise ValueError(
                f"{path} is no record of a run ({error}); `nanokiln experiment --run DIR --store` writes one"
            ) from error


def _result(told: dict[str, Any]) -> Result:
    interval = told.get("interval")
    return Result(**{**told, "interval": tuple(interval) if interval else None})


def _thin(series: Series) -> dict[str, Any]:
    lists = {"x": series.x, "y": series.y, "error": series.error}
    numbers = {key: None if values is None else _rounded(values) for key, values in lists.items()}
    return {key: getattr(series, key) for key in ("name", "x_name", "x_unit", "unit", "obtained", "method")} | numbers


def _rounded(values: NDArray[np.float64]) -> list[float | None]:
    return [float(f"{v:.5g}") if np.isfinite(v) else None for v in values]


def _series(told: dict[str, Any]) -> Series:
    arrays = {key: None if told[key] is None else np.array(told[key], dtype=float) for key in ("x", "y", "error")}
    return Series(**{**told, **arrays})


@cache
def shipped_records(folder: Path = SHIPPED) -> tuple[Record, ...]:
    """Return the stored records of documented runs, in the order of their files' names."""
    return tuple(_each(folder))


def _each(folder: Path) -> Iterator[Record]:
    for path in sorted(folder.glob("*.json")):
        yield Record.read(path)
