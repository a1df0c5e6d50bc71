"""Structure against temperature: phases and vacancies of a heating run, gathered in bins of temperature."""

from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from nanokiln.analysis.census import PHASES, Labels, phases, take_census
from nanokiln.analysis.ptm import FCC, HCP
from nanokiln.analysis.series import Series
from nanokiln.analysis.trajectory import Trajectory
from nanokiln.analysis.vacancies import cations_per_anion, count_sites, up_holes

Array = NDArray[np.float64]

_BINS = 10


@dataclass
class _Counts:
    """Frame by frame, how many of how many."""

    part: list[int] = field(default_factory=list)
    whole: list[int] = field(default_factory=list)

    def add(self, part: float, whole: float) -> None:
        self.part.append(int(part))
        self.whole.append(int(whole))


def compute_structure(
    trajectory: Trajectory, labels: Labels, temperature_K: Array, frames: NDArray[np.int64]
) -> dict[str, Series]:
    """Return phase and stacking fractions of complete-shell anions, and vacancies of inner sites, against temperature.

    `temperature_K` (n_frames,) belongs to every frame of the trajectory, `frames` are the indices to look at, binned by
    temperature. The error is binomial over the anions or sites of one frame, for frames repeat each other.
    """
    per_anion = cations_per_anion(labels)
    counts: dict[str, _Counts] = defaultdict(_Counts)
    for index in frames:
        snapshot = trajectory.frame(int(index))
        census = take_census(snapshot, labels, trajectory.periodic)
        inner = labels.complete[census.anions]
        domain = labels.domain[census.anions]
        phase = phases(census)
        for name in PHASES:
            counts[f"phase_{name}"].add(np.sum(inner & (phase == name)), inner.sum())
            for d, where in enumerate(labels.names):
                mine = inner & (domain == d)
                counts[f"domain_{where}_{name}"].add(np.sum(mine & (phase == name)), mine.sum())
        for kind, name in ((HCP, "hcp"), (FCC, "fcc")):
            counts[f"stacking_{name}"].add(np.sum(inner & (census.match.kind == kind)), inner.sum())
        up = up_holes(census, labels, snapshot.cell, trajectory.periodic)
        for found in count_sites(census, labels, per_anion, up):
            counts[f"vacancies_{found.domain}"].add(found.empty_inside, found.inside)
            counts[f"surface_vacancies_{found.domain}"].add(found.empty_surface, found.surface)
    kept = {name: count for name, count in counts.items() if any(count.part) or name.startswith(_ALWAYS)}
    return {name: _binned(name, count, temperature_K[frames]) for name, count in kept.items()}


_ALWAYS = ("phase_wz", "phase_zb", "phase_antifluorite", "stacking_", "vacancies_")  # shown even where zero throughout


def temperature_bins(temperature_K: Array, n: int = _BINS) -> NDArray[np.int64]:
    """Return the bin of each frame, numbered from 0 without gaps: equal widths over the range that was visited."""
    low, high = temperature_K.min(), temperature_K.max()
    raw = np.minimum((temperature_K - low) / max(high - low, 1e-9) * n, n - 1).astype(np.int64)
    out: NDArray[np.int64] = np.unique(raw, return_inverse=True)[1]
    return out


def _binned(name: str, count: _Counts, temperature_K: Array) -> Series:
    part, whole = np.array(count.part, dtype=float), np.array(count.whole, dtype=float)
    bins = temperature_bins(temperature_K[: len(part)])
    total, hits, frames = np.bincount(bins, whole), np.bincount(bins, part), np.bincount(bins)
    share = hits / np.maximum(total, 1)
    n = np.maximum(total / frames, 1)
    smoothed = (share * n + 1) / (n + 2)
    return Series(
        name.replace("_", " "),
        "temperature_K",
        "K",
        np.bincount(bins, temperature_K[: len(part)]) / frames,
        np.where(total > 0, share, np.nan),
        "",
        np.sqrt(smoothed * (1 - smoothed) / n),
        method="anion lattice by template matching, cations seated in its holes; error binomial over one frame",
    )
