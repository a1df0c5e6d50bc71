"""Hopping: how often atoms change their site in each hold, how far they go, and the van Hove function of the hottest.

Sites are seen at censuses. A stay shorter than two of them is taken for a vibration, so that a rate beyond
`FASTEST` per census is only known from below.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from nanokiln.analysis.lattice.jumps import Hops, find_hops, jump_lengths, jump_rate
from nanokiln.analysis.lattice.tracking import Occupation
from nanokiln.analysis.measure.heating_curve import Survey
from nanokiln.analysis.measured import Result, Series
from nanokiln.analysis.motion.msd import Displacements
from nanokiln.analysis.motion.van_hove import compute_van_hove
from nanokiln.analysis.trajectory.thermo import Thermo, ThermoStage
from nanokiln.analysis.trajectory.trajectory import Trajectory

Array = NDArray[np.float64]
Index = NDArray[np.int64]

FASTEST = 0.05  # hops per atom and census: at this rate a tenth of them is missed
_FEWEST_CENSUSES = 5
_ZERO_SEEN = 3.0  # events: the 95 % upper bound where none was counted
_MOST_ATOMS = 2000


def hopping_results(survey: Survey, trajectory: Trajectory, record: Thermo, ordered: int) -> tuple[Result, ...]:
    """Return `hops`, `jump_rate` (1/ps per atom) and mean `jump_length` (A) of every species in each hold.

    Holds with fewer than five censuses have none, nor has what lies behind frame `ordered`, where the sites are lost.
    """
    if survey.tracker is None:
        return ()
    temperature_K = record.temperature_at(trajectory.steps)
    steps = trajectory.steps[survey.frames]
    rows: list[Result] = []
    for stage in record.stages()[1:]:  # the first settles
        inside = (steps >= stage.steps[0]) & (steps <= stage.steps[1]) & (survey.frames < ordered)
        if stage.hold and inside.sum() >= _FEWEST_CENSUSES:
            mean_K = float(temperature_K[survey.frames[inside]].mean())
            found = _in_hold(survey, trajectory, np.flatnonzero(inside))
            rows += [replace(row, stage=stage.name, temperature_K=mean_K) for row in found]
    return tuple(rows)


def _in_hold(survey: Survey, trajectory: Trajectory, censuses: Index) -> Iterator[Result]:
    assert survey.tracker is not None
    times = trajectory.times_ps[survey.frames[censuses]]
    interval_ps = float(np.diff(times).mean())
    tracker, cell = survey.tracker, trajectory.cells[0]
    for whole, places in (
        (tracker.cations, tracker.holes.positions_A),
        (tracker.anions, tracker.sites.placed_A),
    ):
        atom, known = whole.atom[censuses], whole.known[censuses]
        for species in np.unique(trajectory.elements[atom[atom >= 0]]):
            mine = (atom >= 0) & (trajectory.elements[atom] == species)
            hops = find_hops(Occupation(np.where(mine, atom, -1), known))
            if hops.seated:
                yield _count(hops, species)
                yield rate_of(hops, interval_ps, species)
                yield from _length(jump_lengths(hops, places, cell, trajectory.periodic), species)


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
    interval = (max(rate - 1.96 * error, 0.0), rate + 1.96 * error)
    if len(hops) == 0:
        value, interval = None, (0.0, _ZERO_SEEN / (hops.seated * interval_ps))
        seen += "; upper bound: none was seen"
    elif rate * interval_ps > FASTEST:
        value, interval = None, (max(rate - 1.96 * error, 0.0), float("inf"))
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


def van_hove_curves(
    displacements: Displacements, species: Mapping[str, Index], stage: ThermoStage, window: slice
) -> tuple[Series, ...]:
    """Return the van Hove function of each species (its atoms by index) over a quarter of a stage's frames."""
    times = displacements.trajectory.times_ps[window]
    if len(times) < _FEWEST_CENSUSES:
        return ()
    lag = max((len(times) - 1) // 4, 1)
    over_ps = float(times[lag] - times[0])
    out = []
    for name, atoms in species.items():
        some = atoms[:: max(-(-len(atoms) // _MOST_ATOMS), 1)]
        curve = compute_van_hove(displacements.of(some, window), lag)
        out.append(replace(curve, name=f"van Hove of {name} over {over_ps:.3g} ps", species=name, stage=stage.name))
    return tuple(out)
