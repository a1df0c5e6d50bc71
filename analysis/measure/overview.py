"""A summary of one instant, for a run in progress: the same code as the analysis afterwards, on one frame."""

from dataclasses import dataclass

import numpy as np

from nanokiln.analysis.lattice.occupation import PHASES, Labels, phases, take_census
from nanokiln.analysis.lattice.vacancies import cations_per_anion, count_sites, up_holes
from nanokiln.analysis.trajectory.dump import DumpFrame
from nanokiln.analysis.trajectory.trajectory import Snapshot


@dataclass(frozen=True)
class TrajectorySummary:
    """Share of complete-shell anions in each phase, and the vacant share of inner cation sites of each domain."""

    step: int
    phase: dict[str, float]
    vacant: dict[str, float]

    def __str__(self) -> str:
        """Return one line for a log: the phases above 1 %, then the vacancies."""
        parts = [f"{name} {share:.0%}" for name, share in self.phase.items() if share > 0.01]
        parts += [f"{name} vacant {share:.1%}" for name, share in self.vacant.items() if np.isfinite(share)]
        return ", ".join(parts)


def summarise(frame: DumpFrame, labels: Labels) -> TrajectorySummary:
    """Return the phases and vacancies of one frame of a dump; row i of the labels is atom id i + 1."""
    positions = np.full((len(labels.domain), 3), np.nan)
    positions[frame.ids - 1] = frame.positions
    snapshot = Snapshot(0, frame.step, 0.0, frame.cell, frame.origin, positions, np.zeros_like(positions))
    census = take_census(snapshot, labels, frame.periodic)
    if len(census.anions) == 0:
        return TrajectorySummary(frame.step, {}, {})
    inner = labels.complete[census.anions]
    found = phases(census)[inner]
    up = up_holes(census, labels, frame.cell, frame.periodic)
    sites = count_sites(census, labels, cations_per_anion(labels), up)
    share = {name: float(np.mean(found == name)) for name in PHASES} if inner.any() else {}
    return TrajectorySummary(frame.step, share, {count.domain: count.fraction for count in sites})
