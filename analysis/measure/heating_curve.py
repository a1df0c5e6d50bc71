"""Structure against temperature: phases and vacancies of a heating run, gathered in bins of temperature."""

from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from nanokiln.analysis.lattice.occupation import PHASES, Census, Labels, phases, take_census
from nanokiln.analysis.lattice.template_matching import FCC, HCP, match
from nanokiln.analysis.lattice.tracking import SiteTracker
from nanokiln.analysis.lattice.vacancies import cations_per_anion, count_sites, up_holes
from nanokiln.analysis.measured import Series
from nanokiln.analysis.trajectory.trajectory import Snapshot, Trajectory

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


def ordered_until(survey: "Survey", n_frames: int) -> int:
    """Return the first frame from which less than half of the complete-shell anions are ordered; n_frames if none."""
    share = survey.ordered
    lost = np.flatnonzero(share < 0.5)
    held = np.flatnonzero(share >= 0.5)
    if len(lost) == 0 or len(held) == 0:
        return n_frames if len(lost) == 0 else 0
    after = lost[lost > held[-1]]
    return int(survey.frames[after[0]]) if len(after) else n_frames


@dataclass(frozen=True)
class Survey:
    """What a walk through the frames found: `curves` against temperature, and who sat where (`tracker`)."""

    curves: dict[str, Series]
    tracker: SiteTracker | None
    first: Census
    frames: NDArray[np.int64]
    ordered: Array


def compute_structure(
    trajectory: Trajectory, labels: Labels, temperature_K: Array, frames: NDArray[np.int64]
) -> Survey:
    """Return phase and stacking fractions of complete-shell anions, and vacancies of inner sites, against temperature.

    `temperature_K` (n_frames,) belongs to every frame of the trajectory; `frames` are the indices to look at, the first
    among them, binned by temperature. The error is binomial over the anions or sites of one frame, for frames repeat
    each other.
    """
    counts: dict[str, _Counts] = defaultdict(_Counts)
    first: Census | None = None
    tracker: SiteTracker | None = None
    for index in frames:
        snapshot = trajectory.frame(int(index))
        census = take_census(snapshot, labels, trajectory.periodic)
        _count(census, snapshot, labels, trajectory.periodic, counts)
        if first is None:
            first = census
            tracker = SiteTracker(census, snapshot, trajectory.periodic) if len(census.holes) else None
        elif tracker is not None:
            tracker.add(census, snapshot)
    assert first is not None
    kept = {name: count for name, count in counts.items() if any(count.part) or name.startswith(_ALWAYS)}
    curves = {name: _binned(name, count, temperature_K[frames]) for name, count in kept.items()}
    disordered = counts.get("phase_disordered")
    share = np.ones(len(frames))
    if disordered is not None:
        share = 1 - np.array(disordered.part) / np.maximum(disordered.whole, 1)
    return Survey(curves, tracker, first, frames, share)


def _count(
    census: Census, snapshot: Snapshot, labels: Labels, periodic: NDArray[np.bool_], counts: dict[str, _Counts]
) -> None:
    if len(census.anions):
        inner, domain = labels.complete[census.anions], labels.domain[census.anions]
        phase = phases(census)
        for name in PHASES:
            counts[f"phase_{name}"].add(np.sum(inner & (phase == name)), inner.sum())
            for d in np.unique(labels.domain[labels.anion]):
                mine = inner & (domain == d)
                counts[f"domain_{labels.names[d]}_{name}"].add(np.sum(mine & (phase == name)), mine.sum())
        for kind, name in ((HCP, "hcp"), (FCC, "fcc")):
            counts[f"stacking_{name}"].add(np.sum(inner & (census.match.kind == kind)), inner.sum())
        up = up_holes(census, labels, snapshot.cell, periodic)
        for found in count_sites(census, labels, cations_per_anion(labels), up):
            counts[f"vacancies_{found.domain}"].add(found.empty_inside, found.inside)
            counts[f"surface_vacancies_{found.domain}"].add(found.empty_surface, found.surface)
    metal = labels.metal & snapshot.present
    if metal.any():
        found_metal = match(snapshot.positions[metal] - snapshot.origin, snapshot.cell, periodic).kind
        counts["phase_fcc metal"].add(
            int(np.sum((found_metal == FCC) & labels.complete[metal])), int(labels.complete[metal].sum())
        )


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
