"""Structure against temperature: phases and vacancies of a heating run, gathered in bins of temperature."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from nanokiln.analysis.lattice.frame_counts import FrameCounts, count_frame, phase_row
from nanokiln.analysis.lattice.occupation import Census, Labels, take_census
from nanokiln.analysis.lattice.tracking import SiteTracker
from nanokiln.analysis.measure.looks import looks
from nanokiln.analysis.measured import Series, Subject
from nanokiln.analysis.trajectory.trajectory import Snapshot, Trajectory
from nanokiln.structures.model import Model

Array = NDArray[np.float64]

_BINS = 10
_HOW = "anion lattice by template matching, cations seated in its holes"
_TOTALS = {"disordered": "", "fcc metal": "metal"}  # of whose phase the whole is that of all anions, and of the metal
METAL = ("fcc metal", "hcp metal")
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
    `frames` the share of complete-shell anions that are `ordered`; of those of the metal where no anion has a complete
    shell (`of_metal`).

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
    of_metal: bool = False

    def kept(self, until: int) -> int:
        """Return how many of the censuses lie before a frame, such as that from which the lattice is lost."""
        return int(np.sum(self.frames < until))


def compute_structure(
    trajectory: Trajectory,
    labels: Labels,
    temperature_K: Array,
    frames: NDArray[np.int64],
    processes: int = 1,
    meanwhile: Callable[[], object] = lambda: None,
) -> Survey:
    """Return phase and stacking fractions of complete-shell anions, and vacancies of inner sites, against temperature.

    Where less than half of those anions are ordered there are no sites, and no vacancies are counted.

    `temperature_K` (n_frames,) belongs to every frame of the trajectory; `frames` are the indices to look at, the first
    among them, binned by temperature; large runs are looked at by so many processes, and this one does `meanwhile` what
    else there is. The error is binomial over the anions or sites of one frame, for frames repeat each other.
    """
    start, end = (trajectory.frame(int(index)) for index in (frames[0], frames[-1]))
    first = take_census(start, labels, trajectory.periodic)
    tracker = SiteTracker(first, start, trajectory.periodic) if len(first.holes) else None
    kinds = np.full((len(frames), trajectory.n_atoms), -1, dtype=np.int8)
    counts: _ByWhat = defaultdict(_Counts)
    _add(count_frame(first, start, labels, trajectory.periodic), counts)
    kinds[0] = phase_row(first, trajectory.n_atoms)
    ends = [first]

    def look_at_the_end() -> None:
        if len(frames) > 1:
            ends.append(take_census(end, labels, trajectory.periodic))
        meanwhile()

    between = looks(trajectory, labels, tracker, frames[1:-1].tolist(), processes, look_at_the_end)
    for row, look in enumerate(between, start=1):
        _add(look.counts, counts)
        kinds[row] = look.phase
        if tracker is not None and look.seats is not None:
            tracker.note(look.seats)
    last = ends[-1]
    if len(frames) > 1:
        _add(count_frame(last, end, labels, trajectory.periodic), counts)
        kinds[-1] = phase_row(last, trajectory.n_atoms)
        if tracker is not None:
            tracker.note(tracker.seen(last, end))
    kept = {what: count for what, count in counts.items() if any(count.part) or _is_always_shown(what)}
    share, of_metal = _ordered(counts, len(frames))
    held = int(np.flatnonzero(share >= ORDERED)[-1]) + 1 if (share >= ORDERED).any() else 0
    curves = tuple(
        _binned(what, count.upto(held) if what.quantity == "vacancies" else count, temperature_K[frames])
        for what, count in kept.items()
        if held or what.quantity != "vacancies"
    )
    curves += _courses(kept, counts, trajectory.times_ps[frames])
    return Survey(curves, tracker, first, frames, share, kinds, last, of_metal)


def _ordered(counts: _ByWhat, frames: int) -> tuple[Array, bool]:
    """Return the share of inner anions on a lattice in each frame; without any that of the metal, and True.

    A body too small for either counts as ordered throughout: nobody can say that it is not.
    """
    of = {name: counts.get(Subject(quantity="phase_share", phase=name)) for name in ("disordered", *METAL)}
    anions = of["disordered"]
    if anions is not None and any(anions.whole):
        return 1 - np.array(anions.part) / np.maximum(anions.whole, 1), False
    metal = [one for name in METAL if (one := of[name]) is not None and any(one.whole)]
    if not metal:
        return np.ones(frames), False
    return np.sum([one.part for one in metal], axis=0) / np.maximum(metal[0].whole, 1), True


def built_counts(model: Model, labels: Labels) -> tuple[Series, ...]:
    """Return the curves `phase_count` of the model as it was built, before anything relaxed or moved: stage `built`."""
    points, cell = model.atoms.positions, np.asarray(model.atoms.cell.array)
    if abs(np.linalg.det(cell)) == 0:
        cell = np.diag(np.ptp(points, axis=0) + 1.0)
    built, periodic = Snapshot(0, 0, 0.0, cell, np.zeros(3), points, np.zeros_like(points)), np.asarray(model.atoms.pbc)
    counts: _ByWhat = defaultdict(_Counts)
    _add(count_frame(take_census(built, labels, periodic), built, labels, periodic), counts)
    return tuple(replace(one, stage="built") for one in _courses(counts, counts, np.zeros(1)))


def _courses(kept: Mapping[Subject, _Counts], counts: Mapping[Subject, _Counts], times_ps: Array) -> tuple[Series, ...]:
    """Return the curves `phase_count`: how many anions are of each phase at each census, and how many were looked at,
    under no phase; of a metal's atoms under `metal`."""
    out = [_course(what, count.part, times_ps) for what, count in kept.items() if what.quantity == "phase_share"]
    for what, count in counts.items():
        if what.quantity == "phase_share" and what.phase in _TOTALS:
            out.append(_course(replace(what, phase=_TOTALS[what.phase]), count.whole, times_ps))
    return tuple(out)


def _course(what: Subject, numbers: list[int], times_ps: Array) -> Series:
    told = {**asdict(what), "quantity": "phase_count"}
    name = " ".join(filter(None, (what.domain, what.phase or "anions", "counted")))
    return Series(name, "time_ps", "ps", times_ps, np.array(numbers, dtype=float), "atoms", method=_HOW, **told)


def _add(found: FrameCounts, counts: _ByWhat) -> None:
    for what, part, total in found:
        counts[what].add(part, total)


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
        method=f"{_HOW}; error binomial over one frame",
        **asdict(what),
    )


def _title(what: Subject) -> str:
    """Return the name of a curve for people, such as `phase wz` or `surface vacancies shell`."""
    if what.quantity == "vacancies":
        return f"{'surface ' if what.region == 'surface' else ''}vacancies {what.domain}"
    if what.quantity == "stacking_share":
        return f"stacking {what.phase}"
    return f"domain {what.domain} {what.phase}" if what.domain else f"phase {what.phase}"
