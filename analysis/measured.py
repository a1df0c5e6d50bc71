"""What was measured: results (numbers) and series (curves), each with its error, its unit and how it was obtained."""

from dataclasses import asdict, dataclass, field
from math import isfinite
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Obtained = Literal["measured", "extrapolated", "thermochemistry", "input"]


@dataclass(frozen=True)
class Result:
    """One quantity: `value` with a standard `error` or a 95 % `interval`, a `unit`, and how it was obtained.

    A value below detection has `value` None and an upper bound in `interval`. `provenance` holds the
    parameters, seeds and checksums behind the number; `decades` how many decades an extrapolation crosses.
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

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON types; value, unit and origin are always there, the rest where it is set."""
        always = ("value", "unit", "obtained")
        return {
            key: _plain(value) for key, value in asdict(self).items() if key in always or value not in (None, "", {})
        }


def _plain(value: Any) -> Any:
    """Turn what JSON does not know, tuples and numbers that are not finite, into what it does."""
    if isinstance(value, dict):
        return {key: _plain(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(entry) for entry in value]
    if isinstance(value, float):
        return float(value) if isfinite(value) else None
    return value


@dataclass(frozen=True)
class Series:
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
        """Return plain JSON types; `value` and `error` are lists along `x`, and a missing number is null."""
        out: dict[str, Any] = {
            self.x_name: {"value": _numbers(self.x), "unit": self.x_unit},
            "value": _numbers(self.y),
            "unit": self.unit,
            "obtained": self.obtained,
        }
        if self.error is not None:
            out["error"] = _numbers(self.error)
        if self.method:
            out["method"] = self.method
        return out


def _numbers(values: NDArray[np.float64]) -> list[float | None]:
    return [float(v) if np.isfinite(v) else None for v in values]
