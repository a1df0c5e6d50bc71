"""Structure against temperature: phases and vacancies of a heating run, gathered in bins of temperature."""

from collections import defaultdict
from dataclasses import asdict, dataclass, field

import numpy as np
from numpy.typing import NDArray

from nanokiln.analysis.lattice.occupation import PHASES, Census, Labels, phases, take_census
from nanokiln.analysis.lattice.template_matching import FCC, HCP, match
from nanokiln.analysis.lattice.tracking import SiteTracker
from nanokiln.analysis.lattice.vacancies import cations_per_anion, count_sites, up_holes
from nanokiln.analysis.measured import Series, Subject
from nanokiln.analysis.trajectory.trajectory import Snapshot, Trajectory

Array = NDArray[np.float64]

_BINS = 10
ORDERED = 0.5  # share of complete-shell anions on a lattice below which there is none


@dataclass
class _Counts:
    """Frame by frame, how many of how many."""

    part: list[int] = field(default_factory=list)
    whole: list[int] = field(default_factory=list)

    def add(self, part: float, whole: float) -> None:
        self.part.append(int(part))
        self.whole.append(int(whole))

    def upto(self, censuses: int) -> "_Counts":
        """The first of them."""
        return _Counts(self.part[:censuses], self.whole[:censuses])


_ByWhat = defaultdict[Subject, _Counts]


@dataclass(frozen=True)
class Survey:
    """What a walk through the frames found: `curves` against temperature, who sat where (`tracker`), and of each of the
    `frames` the share of complete-shell anions that are `ordered`.

    `phase` (n_frames, n_atoms) is the place in PHASES of every anion at each of the `frames`, -1 for other atoms and
    for those that are gone; `first` and `last` are the outermost censuses.
    """

    curves: tuple[Series, ...]
    tracker: SiteTracker | None
    first: Census
    frames: NDArray[np.int64]
    ordered: Array
    phase: NDArray[np.int8]
    last: Census

    def kept(self, until: int) -> int:
        """Return how many of the censuses lie before a frame, such as that from which the lattice is lost."""
        return int(np.sum(self.frames < until))


def compute_structure(
    trajectory: Trajectory, labels: Labels, temperature_K: Array, frames: NDArray[np.int64]
) -> Survey:
    """Return phase and stacking fractions of complete-shell anions, and vacancies of inner sites, against temperature.

    Where less than half of those anions are ordered there are no sites, and no vacancies are counted.

    `temperature_K` (n_frames,) belongs to every frame of the trajectory; `frames` are the indices to look at, the first
    among them, binned by temperature. The error is binomial over the anions or sites of one frame, for frames repeat
    each other.
    """
    counts: _ByWhat = defaultdict(_Counts)
    first: Census | None = None
    tracker: SiteTracker | None = None
    kinds = np.full((len(frames), trajectory.n_atoms), -1, dtype=np.int8)
    for row, index in enumerate(frames):
        snapshot = trajectory.frame(int(index))
        census = take_census(snapshot, labels, trajectory.periodic)
        _count(census, snapshot, labels, trajectory.periodic, counts)
        kinds[row, census.anions] = [PHASES.index(name) for name in phases(census)]
        if first is None:
            first = census
            tracker = SiteTracker(census, snapshot, trajectory.periodic) if len(census.holes) else None
        elif tracker is not None:
            tracker.add(census, snapshot)
    assert first is not None
    kept = {what: count for what, count in counts.items() if any(count.part) or _is_always_shown(what)}
    disordered = counts.get(Subject(quantity="phase_share", phase="disordered"))
    share = np.ones(len(frames))
    if disordered is not None:
        share = 1 - np.array(disordered.part) / np.maximum(disordered.whole, 1)
    held = int(np.flatnonzero(share >= ORDERED)[-1]) + 1 if (share >= ORDERED).any() else 0
    curves = tuple(
        _binned(what, count.upto(held) if what.quantity == "vacancies" else count, temperature_K[frames])
        for what, count in kept.items()
        if held or what.quantity != "vacancies"
    )
    return Survey(curves, tracker, first, frames, share, kinds, census)


def _count(census: Census, snapshot: Snapshot, labels: Labels, periodic: NDArray[np.bool_], counts: _ByWhat) -> None:
    if len(census.anions):
        _count_anions(census, labels, counts)
        up = up_holes(census, labels, snapshot.cell, periodic)
        for found in count_sites(census, labels, cations_per_anion(labels), up):
            for region, part, whole in (
                ("inner", found.empty_inside, found.inside),
                ("surface", found.empty_surface, found.surface),
            ):
                counts[Subject(quantity="vacancies", domain=found.domain, region=region)].add(part, whole)
    metal = labels.metal & snapshot.present
    if metal.any():
        kind = match(snapshot.positions[metal] - snapshot.origin, snapshot.cell, periodic).kind
        complete = labels.complete[metal]
        counts[Subject(quantity="phase_share", phase="fcc metal")].add(np.sum((kind == FCC) & complete), complete.sum())


def _count_anions(census: Census, labels: Labels, counts: _ByWhat) -> None:
    inner, domain, phase = labels.complete[census.anions], labels.domain[census.anions], phases(census)
    for name in PHASES:
        counts[Subject(quantity="phase_share", phase=name)].add(np.sum(inner & (phase == name)), inner.sum())
        for d in np.unique(labels.domain[labels.anion]):
            mine = inner & (domain == d)
            what = Subject(quantity="phase_share", phase=name, domain=labels.names[d])
            counts[what].add(np.sum(mine & (phase == name)), mine.sum())
    for kind, name in ((HCP, "hcp"), (FCC, "fcc")):
        counts[Subject(quantity="stacking_share", phase=name)].add(
            np.sum(inner & (census.match.kind == kind)), inner.sum()
        )


def _is_always_shown(what: Subject) -> bool:
    """Whether a curve is shown even where it is zero throughout."""
    if what.quantity == "phase_share":
        return not what.domain and what.phase in ("wz", "zb", "antifluorite")
    return what.quantity == "stacking_share" or what.region == "inner"


def temperature_bins(temperature_K: Array, n: int = _BINS) -> NDArray[np.int64]:
    """Return the bin of each frame, numbered from 0 without gaps: equal widths over the range that was visited.

    >>> temperature_bins(np.array([300.0, 310.0, 600.0]), n=3).tolist()
    [0, 0, 1]
    """
    if not np.isfinite(temperature_K).all():  # a temperature that nobody knows is one
        return np.zeros(len(temperature_K), dtype=np.int64)
    low, high = temperature_K.min(), temperature_K.max()
    raw = np.minimum((temperature_K - low) / max(high - low, 1e-9) * n, n - 1).astype(np.int64)
    out: NDArray[np.int64] = np.unique(raw, return_inverse=True)[1]
    return out


def _binned(what: Subject, count: _Counts, temperature_K: Array) -> Series:
    part, whole = np.array(count.part, dtype=float), np.array(count.whole, dtype=float)
    bins = temperature_bins(temperature_K[: len(part)])
    total, hits, frames = np.bincount(bins, whole), np.bincount(bins, part), np.bincount(bins)
    share = hits / np.maximum(total, 1)
    n = np.maximum(total / frames, 1)
    smoothed = (share * n + 1) / (n + 2)
    return Series(
        _title(what),
        "temperature_K",
        "K",
        np.bincount(bins, temperature_K[: len(part)]) / frames,
        np.where(total > 0, share, np.nan),
        "",
        np.sqrt(smoothed * (1 - smoothed) / n),
        method="anion lattice by template matching, cations seated in its holes; error binomial over one frame",
        **asdict(what),
    )


def _title(what: Subject) -> str:
    """Return the name of a curve for people, such as `phase wz` or `surface vacancies shell`."""
    if what.quantity == "vacancies":
        return f"{'surface ' if what.region == 'surface' else ''}vacancies {what.domain}"
    if what.quantity == "stacking_share":
        return f"stacking {what.phase}"
    return f"domain {what.domain} {what.phase}" if what.domain else f"phase {what.phase}"
