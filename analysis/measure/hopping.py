"""Hopping: how often atoms change their site in each hold, how far they go, and the van Hove function of the hottest.

Sites are seen at censuses. A stay shorter than two of them is taken for a vibration, so that a rate beyond
`FASTEST` per census is only known from below. Tetrahedra that share a face are too near to be two sites: an atom that
settles in the face between them changes its hole without going anywhere.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from nanokiln.analysis.lattice.jumps import Hops, find_hops, jump_lengths, jump_rate
from nanokiln.analysis.lattice.tracking import Occupation
from nanokiln.analysis.measure.events import Events
from nanokiln.analysis.measure.heating_curve import Survey
from nanokiln.analysis.measure.transport import Mobility
from nanokiln.analysis.measured import Result, Series
from nanokiln.analysis.motion.van_hove import compute_van_hove
from nanokiln.analysis.trajectory.trajectory import Trajectory

Array = NDArray[np.float64]
Index = NDArray[np.int64]

FASTEST = 0.05  # hops per atom and census: at this rate a tenth of them is missed
_ONE_SITE = 0.5  # anion spacings: tetrahedra that share a face are 0.41 apart, other sites at least 0.61
_FEWEST_CENSUSES = 5
_ZERO_SEEN = 3.0  # events: the 95 % upper bound where none was counted
_MOST_ATOMS = 2000


def hopping_results(survey: Survey, mobility: Mobility, events: Events | None) -> tuple[Result, ...]:
    """Return `hops`, `jump_rate` (1/ps per atom) and mean `jump_length` (A) of every species in each hold.

    Holds with fewer than five censuses have none, nor has what comes after the lattice is lost, and the sites with it.
    """
    if survey.tracker is None or events is None:
        return ()
    rows: list[Result] = []
    for window in mobility.windows:
        inside = (survey.frames >= window.frames.start) & (
            survey.frames < min(window.frames.stop, mobility.order.until)
        )
        if inside.sum() >= _FEWEST_CENSUSES:
            found = _in_hold(survey, events, mobility.trajectory, np.flatnonzero(inside))
            rows += [replace(row, stage=window.stage, temperature_K=window.known_K) for row in found]
    return tuple(rows)


def _in_hold(survey: Survey, events: Events, trajectory: Trajectory, censuses: Index) -> Iterator[Result]:
    assert survey.tracker is not None
    times = trajectory.times_ps[survey.frames[censuses]]
    interval_ps = float(np.diff(times).mean())
    tracker, cell = survey.tracker, trajectory.cells[0]
    for whole, places in (
        (events.cations, tracker.holes.positions_A),
        (events.anions, tracker.sites.placed_A),
    ):
        atom, known = whole.atom[censuses], whole.known[censuses]
        for species in np.unique(trajectory.elements[atom[atom >= 0]]):
            mine = (atom >= 0) & (trajectory.elements[atom] == species)
            moves = find_hops(Occupation(np.where(mine, atom, -1), known))
            lengths_A = jump_lengths(moves, places, cell, trajectory.periodic)
            far = lengths_A > _ONE_SITE * tracker.sites.spacing_A
            if moves.seated:
                hops = moves.only(far)
                yield _count(hops, species)
                yield rate_of(hops, interval_ps, species)
                yield from _length(lengths_A[far], species)


def _count(hops: Hops, species: str) -> Result:
    error = float(np.sqrt(max(len(hops), 1)))
    method = "settled changes of site; Poisson error, at least one"
    return Result(
        f"hops of {species}", len(hops), "hops", "measured", error, method=method, quantity="hops", species=species
    )


def rate_of(hops: Hops, interval_ps: float, species: str) -> Result:
    """Return the jump rate (1/ps per atom): a bound where no hop was seen, or where censuses are too far apart."""
    rate, error = jump_rate(hops, interval_ps)
    seen = f"sites looked at every {interval_ps:.3g} ps, shorter than two of these no stay counts"
    value: float | None = rate
    interval = _poisson(len(hops), rate, error)
    if len(hops) == 0:
        value, interval = None, (0.0, _ZERO_SEEN / (hops.seated * interval_ps))
        seen += "; upper bound: none was seen"
    elif rate * interval_ps > FASTEST:
        value, interval = None, (interval[0], float("inf"))
        seen += f"; lower bound: these censuses resolve up to {FASTEST / interval_ps:.2g} 1/ps"
    return Result(
        f"jump rate of {species}",
        value,
        "1/ps",
        "measured",
        error if value is not None else None,
        interval,
        method=seen,
        provenance={"hops": len(hops), "interval_ps": interval_ps},
        quantity="jump_rate",
        species=species,
    )


def _poisson(count: int, rate: float, error: float) -> tuple[float, float]:
    """Return the 95 % interval of a rate from a count, whose events are fewer than they look where atoms differ."""
    if count == 0:
        return 0.0, 0.0
    independent = (rate / error) ** 2
    low, high = stats.chi2.ppf(0.025, 2 * independent), stats.chi2.ppf(0.975, 2 * independent + 2)
    return float(rate * low / 2 / independent), float(rate * high / 2 / independent)


def _length(lengths_A: Array, species: str) -> Iterator[Result]:
    if len(lengths_A) > 1:
        error = float(lengths_A.std(ddof=1) / np.sqrt(len(lengths_A)))
        yield Result(
            f"mean jump length of {species}",
            float(lengths_A.mean()),
            "A",
            "measured",
            error,
            method="from site to site of the first frame, by the nearest image; error over hops",
            quantity="jump_length",
            species=species,
        )


def van_hove_curves(mobility: Mobility) -> tuple[Series, ...]:
    """Return `van_hove` of each species over a quarter of the hottest hold's frames."""
    window = mobility.hottest
    times = mobility.trajectory.times_ps[window.frames]
    if not window.is_long_enough:
        return ()
    lag = max((len(times) - 1) // 4, 1)
    over_ps = float(times[lag] - times[0])
    out = []
    for species, atoms in mobility.atoms.items():
        some = atoms[:: max(-(-len(atoms) // _MOST_ATOMS), 1)]
        curve = compute_van_hove(mobility.displacements.in_blocks(some, window.frames), lag)
        name = f"van Hove of {species} over {over_ps:.3g} ps"
        curve = replace(curve, name=name, species=species, stage=window.stage)
        out.append(mobility.order.marked_curve(curve) if window.lost else curve)
    return tuple(out)
