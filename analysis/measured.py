"""What was measured: one row per number and one curve per series, each with error, unit, subject and how obtained."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from html import escape
from math import inf, isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from nanokiln.structures.storage import write_json

if TYPE_CHECKING:
    import polars

Obtained = Literal["measured", "extrapolated", "thermochemistry", "input"]
SCHEMA = 2  # of `Measured.write`; 1 were results and series under key strings


@dataclass(frozen=True, kw_only=True)
class Subject:
    """What a number is of: the columns by which rows and curves are selected, each empty where it says nothing.

    `quantity` is the machine's name (`D`, `phase_share`); `other` is the second species or domain of a pair (the
    element that was replaced, the domain that was crossed into); `stage` a stage of the programme, or `first` or `last`
    for the frame it was taken from.
    """

    quantity: str = ""
    species: str = ""
    domain: str = ""
    region: str = ""
    phase: str = ""
    other: str = ""
    stage: str = ""

    def is_of(self, columns: Mapping[str, str]) -> bool:
        """Whether every column has the value that is asked for; TypeError for a name that is no column."""
        if unknown := columns.keys() - COLUMNS:
            raise TypeError(f"no column is called {', '.join(sorted(unknown))}; there are: {', '.join(COLUMNS)}")
        return all(getattr(self, name) == value for name, value in columns.items())


COLUMNS = tuple(one.name for one in fields(Subject))


@dataclass(frozen=True)
class Result(Subject):
    """One quantity: `value` with a standard `error` or a 95 % `interval`, a `unit`, and how it was obtained.

    `name` is for people. A value below detection has `value` None and an upper bound in `interval`; one beyond reach
    has a lower bound there, and an end at infinity, which JSON keeps as null. `provenance` holds
    the parameters, seeds and checksums behind the number; `decades` how many decades an extrapolation crosses.
    """

    name: str
    value: float | None
    unit: str
    obtained: Obtained
    error: float | None = None
    interval: tuple[float, float] | None = None
    decades: float | None = None
    method: str = ""
    provenance: dict[str, Any] = field(default_factory=dict)
    temperature_K: float | None = None
    time_ps: float | None = None

    def cells_html(self) -> str:
        """Return the cells of a row for a notebook; a value that was not found is a dash, its bound beside it."""
        spread = "" if self.error is None else f"± {self.error:.2g}"
        if self.interval is not None:
            spread = f"{self.interval[0]:.3g} to {self.interval[1]:.3g}"
        value = "–" if self.value is None else f"{self.value:.4g}"
        kelvin = "" if self.temperature_K is None else f"{self.temperature_K:.0f}"
        cells = (self.name, value, spread, self.unit, kelvin, self.obtained)
        return "".join(f"<td>{escape(cell)}</td>" for cell in cells)

    def _repr_html_(self) -> str:
        """Return the row as a table for a notebook."""
        return f"<table><tr>{self.cells_html()}</tr></table>"

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON types; name, value, unit and obtained are always there, the rest where it is set."""
        always = ("name", "value", "unit", "obtained")
        told = {key: _plain(value) for key, value in asdict(self).items()}
        return {key: value for key, value in told.items() if key in always or value not in (None, "", {})}

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Self:
        """Return the result that `to_json` told; TypeError where a field is missing or unknown."""
        if (interval := told.get("interval")) is not None:
            low, high = interval
            interval = (low, inf if high is None else high)
        return cls(**{**told, "interval": interval})


@dataclass(frozen=True)
class Series(Subject):
    """A curve `y` (in `unit`) against `x` (in `x_unit`), both of shape (n,), with a standard `error` where known."""

    name: str
    x_name: str
    x_unit: str
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    unit: str
    error: NDArray[np.float64] | None = None
    obtained: Obtained = "measured"
    method: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON types; a missing number is null, and what says nothing is left out."""
        told = {one.name: getattr(self, one.name) for one in fields(self)}
        return {key: _plain(value) for key, value in told.items() if value is not None and not _is_empty(value)}

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Self:
        """Return the curve that `to_json` told; KeyError or TypeError where a field is missing or unknown."""
        arrays = {key: np.array(told[key], dtype=float) for key in ("x", "y", "error") if key in told}
        return cls(**{"unit": "", **told, **arrays})

    def thinned(self, digits: int = 5) -> "Series":
        """Return the curve with numbers of so many digits, small enough to ship."""
        error = None if self.error is None else _rounded(self.error, digits)
        return replace(self, x=_rounded(self.x, digits), y=_rounded(self.y, digits), error=error)


@dataclass(frozen=True)
class Origin:
    """What made the numbers: run, model, potential with the checksums of its files, seed, versions, for which
    experiment and group of facts the run stands (both empty where it stands for none), and of a record by which
    command it was made and how many seconds that took."""

    run: str
    model: str
    phases: tuple[str, ...] = ()
    atoms: int = 0
    time_ps: float = 0.0
    hottest_K: float = 0.0
    ranks: int = 1
    seed: int | None = None
    recipe_sha256: str = ""
    potential: str = ""
    checksums: dict[str, str] = field(default_factory=dict)
    validated_K: tuple[float, float] | None = None
    versions: dict[str, str] = field(default_factory=dict)
    experiment: str = ""
    group: str = ""
    command: str = ""
    seconds: float = 0.0

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Self:
        """Return the origin of a file; TypeError where a field is unknown."""
        limit = told.get("validated_K")
        pairs = {"phases": tuple(told.get("phases", ())), "validated_K": tuple(limit) if limit else None}
        return cls(**{**told, **pairs})


_Kind = TypeVar("_Kind", Result, Series)


@dataclass(frozen=True)
class Measured:
    """Everything measured on one run, or on one study: rows, curves, and the warnings that go with them.

    >>> from nanokiln.analysis.measured import Measured, Origin, Result
    >>> hold = Result("D of Cu", 3e-5, "cm2/s", "measured", error=1e-6, quantity="D", species="Cu", temperature_K=675.0)
    >>> measured = Measured(Origin("demo", "sandwich"), (hold,))
    >>> measured.one(quantity="D", species="Cu").value
    3e-05
    """

    origin: Origin
    rows: tuple[Result, ...] = ()
    curves: tuple[Series, ...] = ()
    warnings: tuple[str, ...] = ()

    def select(self, **columns: str) -> tuple[Result, ...]:
        """Return the rows whose columns have the values asked for; TypeError for a name that is no column."""
        return tuple(_selected(self.rows, columns))

    def one(self, **columns: str) -> Result | None:
        """Return the only row of a selection, None without one; ValueError where there are several."""
        return _only(self.select(**columns), columns)

    def hottest(self, **columns: str) -> Result | None:
        """Return the row of a selection that was taken at the highest temperature, None without one."""
        return max(self.select(**columns), key=lambda row: row.temperature_K or 0.0, default=None)

    def select_curves(self, **columns: str) -> tuple[Series, ...]:
        """Return the curves whose columns have the values asked for; TypeError for a name that is no column."""
        return tuple(_selected(self.curves, columns))

    def curve(self, **columns: str) -> Series | None:
        """Return the only curve of a selection, None without one; ValueError where there are several."""
        return _only(self.select_curves(**columns), columns)

    def to_frame(self) -> "polars.DataFrame":
        """Return one line per number: every column of `Subject`, value, error, lower, upper, unit, how obtained."""
        import polars

        lines = [
            {
                **{name: getattr(row, name) for name in COLUMNS},
                "temperature_K": row.temperature_K,
                "time_ps": row.time_ps,
                "value": row.value,
                "error": row.error,
                "lower": row.interval[0] if row.interval else None,
                "upper": row.interval[1] if row.interval else None,
                "unit": row.unit,
                "obtained": row.obtained,
                "method": row.method,
            }
            for row in self.rows
        ]
        numbers = ("temperature_K", "time_ps", "value", "error", "lower", "upper")
        return polars.DataFrame(
            lines, schema_overrides=dict.fromkeys(numbers, polars.Float64), infer_schema_length=None
        )

    def curves_to_frame(self) -> "polars.DataFrame":
        """Return one line per point of every curve: every column of `Subject`, x with its name and unit, y, error."""
        import polars

        frames = [
            polars.DataFrame(
                {"x": one.x, "y": one.y, "error": np.full(len(one.x), np.nan) if one.error is None else one.error}
            )
            .with_columns(**{name: polars.lit(getattr(one, name)) for name in (*COLUMNS, "x_name", "x_unit", "unit")})
            .select(*COLUMNS, "x_name", "x", "x_unit", "y", "error", "unit")
            for one in self.curves
        ]
        return polars.concat(frames) if frames else polars.DataFrame()

    def _repr_html_(self) -> str:
        """Return warnings and rows for a notebook: what, value, error or 95 % interval, unit, how obtained."""
        told = "".join(f"<p>{escape(warning)}</p>" for warning in self.warnings)
        rows = "".join(f"<tr>{row.cells_html()}</tr>" for row in self.rows)
        head = "<tr><th>what</th><th>value</th><th>error or 95 %</th><th>unit</th><th>T / K</th><th>obtained</th></tr>"
        return f"{told}<table><caption>{escape(self.origin.run)}</caption>{head}{rows}</table>"

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON types, the schema's version among them."""
        return {
            "schema": SCHEMA,
            "origin": _plain(asdict(self.origin)),
            "warnings": list(self.warnings),
            "rows": [row.to_json() for row in self.rows],
            "curves": [one.to_json() for one in self.curves],
        }

    def write(self, path: Path) -> Path:
        """Write JSON under a temporary name and rename it into place; NaN is written as null."""
        write_json(path, self.to_json())
        return path

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read what `write` wrote; ValueError for another schema or a file that is none."""
        try:
            told = json.loads(path.read_text())
            found = told.get("schema", 1)
            if found != SCHEMA:
                raise ValueError(f"{path} has schema {found}, this version reads {SCHEMA}: measure the run again")
            return cls(
                Origin.from_json(told["origin"]),
                tuple(map(Result.from_json, told["rows"])),
                tuple(map(Series.from_json, told["curves"])),
                tuple(told["warnings"]),
            )
        except (json.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"{path} holds no measured numbers ({error!r}): measure the run again") from error


def _selected(entries: tuple[_Kind, ...], columns: Mapping[str, str]) -> Iterator[_Kind]:
    return (entry for entry in entries if entry.is_of(columns))


def _only(found: tuple[_Kind, ...], columns: Mapping[str, str]) -> _Kind | None:
    if len(found) > 1:
        raise ValueError(f"{len(found)} entries have {dict(columns)}: name more columns")
    return found[0] if found else None


def _is_empty(value: Any) -> bool:
    return isinstance(value, str) and value == ""


def _rounded(values: NDArray[np.float64], digits: int) -> NDArray[np.float64]:
    return np.array([float(f"{v:.{digits}g}") for v in values])


def _plain(value: Any) -> Any:
    """Turn what JSON does not know, tuples, arrays and numbers that are not finite, into what it does."""
    if isinstance(value, dict):
        return {key: _plain(entry) for key, entry in value.items()}
    if isinstance(value, np.ndarray):
        return [_plain(entry) for entry in value.tolist()]
    if isinstance(value, (list, tuple)):
        return [_plain(entry) for entry in value]
    if isinstance(value, float):
        return float(value) if isfinite(value) else None
    return value
