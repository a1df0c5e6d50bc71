"""Where a run loses its anion lattice, and which of its numbers have to say so."""

from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from nanokiln.analysis.measure.heating_curve import ORDERED
from nanokiln.analysis.measured import Result, Series

# Taken over the whole run or from its last frame, and without meaning where there is no lattice to take them on.
ON_A_LATTICE = frozenset(
    {"roughness", "front", "a", "c", "strain_xx", "strain_yy", "strain_zz", "faults", "axis_angle", "plane_angle"}
)


@dataclass(frozen=True)
class Order:
    """`until` is the first frame from which less than half of the complete-shell anions are ordered, the number of
    frames where the lattice is kept; `lost_K` and `lost_ps` the temperature and the time there, None where it is
    kept. Where no anion has a complete shell the atoms of the metal are asked (`of_metal`)."""

    until: int
    lost_K: float | None = None
    lost_ps: float | None = None
    of_metal: bool = field(default=False, repr=False)

    @classmethod
    def of(
        cls,
        share: NDArray[np.float64],
        frames: NDArray[np.int64],
        temperature_K: NDArray[np.float64],
        times_ps: NDArray[np.float64],
    ) -> Self:
        """Judge the ordered share (n,) of the frames (n,) of a run with these temperatures and times (n_frames,).

        A lattice that is found again counts as kept.

        >>> heating = np.array([300.0, 500.0, 700.0, 900.0])
        >>> Order.of(np.array([1.0, 0.3, 0.8, 0.2]), np.arange(4), heating, np.arange(4.0))
        Order(until=3, lost_K=900.0, lost_ps=3.0)
        """
        held = np.flatnonzero(share >= ORDERED)
        after = int(held[-1]) + 1 if len(held) else 0
        if after == len(share):
            return cls(len(temperature_K))
        there = frames[after]
        return cls(int(there), float(temperature_K[there]), float(times_ps[there]))

    @property
    def is_lost(self) -> bool:
        """Whether the run ends without its lattice."""
        return self.lost_K is not None

    def rows(self) -> tuple[Result, ...]:
        """Return the row `lattice_lost`, the temperature (K) and time from which the lattice is lost, where it is."""
        whose, phase = ("metal atoms", "metal") if self.of_metal else ("anions", "")
        method = f"from here on less than half of the {whose} with complete shells match a lattice; no error: one run"
        found = Result("lattice lost from", self.lost_K, "K", "measured", method=method, quantity="lattice_lost")
        found = replace(found, phase=phase)
        return (replace(found, temperature_K=self.lost_K, time_ps=self.lost_ps),) if self.is_lost else ()

    def marked(self, row: Result) -> Result:
        """Return the row saying that it comes from the part of the run where the lattice is lost."""
        if not self.is_lost:
            return row
        told = {**row.provenance, "lattice_lost_K": self.lost_K}
        return replace(row, method=self._told(row.method), provenance=told)

    def marked_where_it_matters(self, rows: tuple[Result, ...]) -> tuple[Result, ...]:
        """Return rows of the whole run or its last frame, those marked that mean nothing without a lattice."""
        return tuple(self.marked(row) if row.quantity in ON_A_LATTICE and row.stage != "first" else row for row in rows)

    def marked_curve(self, curve: Series) -> Series:
        """Return the curve saying from which temperature on the lattice is lost."""
        return replace(curve, method=self._told(curve.method)) if self.is_lost else curve

    @property
    def _from_there(self) -> str:
        known = self.lost_K is not None and np.isfinite(self.lost_K)
        return f" from {self.lost_K:.0f} K" if known else f" from frame {self.until}"

    def _told(self, method: str) -> str:
        return f"{method}{method and '; '}the lattice is lost{self._from_there} on, and this is from there too"
