"""Conversion of a domain while it is heated: how much of it has left the phase it began in, and from what temperature.

A domain's own phase is the one that most of its complete-shell anions have in the first frame. What has left it is
counted against the temperature that the programme had reached, up to its hottest point: on cooling nothing begins.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from nanokiln.analysis.lattice.occupation import PHASES, Labels
from nanokiln.analysis.lattice.transformation import MIDPOINT, ONSET, Progress, compute_transformation, crossing_K
from nanokiln.analysis.measure.heating_curve import Survey
from nanokiln.analysis.measured import Result, Series

Array = NDArray[np.float64]
LEVELS = {"onset": ONSET, "midpoint": MIDPOINT}
_A_HOLD = 3  # censuses within 1 K of one temperature
_FEWEST = 12  # anions of complete shells below which a share says nothing


def conversion_curves(survey: Survey, labels: Labels, target_K: Array) -> tuple[Series, ...]:
    """Return `transformed` of each domain against the temperature reached; `target_K` belongs to the survey's frames.

    A domain that was not for the most part of one phase at the start has no curve, nor has a run whose temperature
    nobody knows.
    """
    if not np.isfinite(target_K).all():
        return ()
    reached_K = np.maximum.accumulate(target_K)
    upward = slice(0, int(np.flatnonzero(target_K >= reached_K[-1] - 1.0)[-1]) + 1)
    return tuple(_curves(survey.phase[upward], labels, reached_K[upward]))


def _curves(phase: NDArray[np.int8], labels: Labels, reached_K: Array) -> Iterator[Series]:
    for index, name in enumerate(labels.names):
        mine = phase[:, labels.complete & labels.anion & (labels.domain == index)]
        if mine.shape[1] < _FEWEST:
            continue
        own = _commonest(mine[0])
        share = np.mean(mine == own, axis=1)
        whole = float(share[reached_K < reached_K[0] + 1.0].mean())
        if whole < 0.5:
            continue
        left = 1.0 - share / whole
        became = _commonest(mine[-1][mine[-1] != own]) if left[-1] >= ONSET else -1
        smoothed = np.clip((share * mine.shape[1] + 1) / (mine.shape[1] + 2), 0, 1)
        yield Series(
            f"transformed share of {name}",
            "temperature_K",
            "K",
            reached_K,
            left,
            "",
            np.sqrt(smoothed * (1 - smoothed) / mine.shape[1]) / whole,
            method=f"1 - share of {PHASES[own]} among {mine.shape[1]} complete-shell anions over that at the start",
            quantity="transformed",
            domain=name,
            phase=PHASES[own],
            other=PHASES[became] if became >= 0 else "",
        )


def _commonest(kinds: NDArray[np.int8]) -> int:
    known = kinds[kinds >= 0]
    return int(np.bincount(known).argmax()) if len(known) else -1


def conversion_results(curves: tuple[Series, ...]) -> tuple[Result, ...]:
    """Return `onset` (10 %) and `midpoint` (50 %) of each `transformed` curve, K: values of one run, no interval.

    What was not reached is a lower bound, and what was reached in a hold says so: there time counts, not temperature.
    """
    zero = np.zeros(1, dtype=np.int64)
    rows = []
    for curve in curves:
        progress = Progress(curve.x, curve.y[None], zero)
        for quantity, level in LEVELS.items():
            found = compute_transformation(progress, f"{quantity} of {curve.domain} leaving {curve.phase}", level)
            found = replace(found, quantity=quantity, domain=curve.domain, phase=curve.phase, other=curve.other)
            rows.append(found if held_at(curve, level) is None else _told_held(found))
    return tuple(rows)


def held_at(curve: Series, level: float) -> float | None:
    """Return the temperature of the hold in which a `transformed` curve reaches a level, None where it is on a ramp."""
    there_K = crossing_K(curve.x, curve.y, level)
    return there_K if np.sum(abs(curve.x - there_K) < 1.0) >= _A_HOLD else None


def _told_held(row: Result) -> Result:
    return replace(row, method=f"{row.method}; reached while the temperature was held")
