"""A series: one measured quantity along an axis (time, temperature, position), with errors."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nanokiln.analysis.result import Obtained


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
            self.x_name: {"value": _plain(self.x), "unit": self.x_unit},
            "value": _plain(self.y),
            "unit": self.unit,
            "obtained": self.obtained,
        }
        if self.error is not None:
            out["error"] = _plain(self.error)
        if self.method:
            out["method"] = self.method
        return out


def _plain(values: NDArray[np.float64]) -> list[float | None]:
    return [float(v) if np.isfinite(v) else None for v in values]
