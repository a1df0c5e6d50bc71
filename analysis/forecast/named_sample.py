"""One sample out of many by its name: the middle one of those that end alike, and how probable it is to end so."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from nanokiln.analysis.clock.clock import History
from nanokiln.analysis.clock.outcome import CHANGES, OUTCOMES, changing, percent_of, reached, watched, weighted_quantile

LIKELIEST = "likeliest"


@dataclass(frozen=True)
class NamedSample:
    """A sample's number, how what is `watched` ends (none, partial or complete), and the probability of ending so."""

    number: int
    watched: str
    outcome: str
    probability: float
    middle: bool

    @property
    def words(self) -> str:
        """What the sample is, as it is written on every frame."""
        which = "the middle one" if self.middle else "one"
        share = f"{self.outcome}, {percent_of(self.probability)} of all"
        return f"sample {self.number} of the minutes clock, {which} of those that end so ({self.watched}: {share})"


def name_sample(history: History, weights: NDArray[np.float64] | None, which: str = LIKELIEST) -> NamedSample:
    """Return a sample by its number, or the middle one of an outcome: none, partial, complete or the likeliest.

    The middle one runs closest to the weighted median of its kind at all noted times. ValueError: an outcome without
    samples, or a word or number that names none.
    """
    what = changing(history)
    share = watched(what, history)
    weighed = np.ones(share.shape[1]) if weights is None else weights
    ends = reached(share[-1])
    chances = np.array([weighed[ends == i].sum() for i in range(3)]) / weighed.sum()
    if which.isdigit():
        number = int(which)
        if number >= share.shape[1]:
            raise ValueError(f"there is no sample {number}; there are 0 to {share.shape[1] - 1}")
        return NamedSample(number, CHANGES[what], OUTCOMES[ends[number]], float(chances[ends[number]]), middle=False)
    if which not in (LIKELIEST, *OUTCOMES):
        raise ValueError(f"a sample is {LIKELIEST}, {', '.join(OUTCOMES)} or a number, not {which!r}")
    kind = int(np.argmax(chances)) if which == LIKELIEST else OUTCOMES.index(which)
    mine = np.flatnonzero((ends == kind) & (weighed > 0))
    if not len(mine):
        told = ", ".join(f"{name} {percent_of(chance)}" for name, chance in zip(OUTCOMES, chances, strict=True))
        raise ValueError(f"no sample ends {which}; of all {share.shape[1]} end: {told}")
    middle = np.array([weighted_quantile(row[mine], (0.5,), weighed[mine])[0] for row in share])
    off = np.abs(share[:, mine] - middle[:, None]).mean(axis=0)
    return NamedSample(int(mine[np.argmin(off)]), CHANGES[what], OUTCOMES[kind], float(chances[kind]), middle=True)


def holds_min(history: History) -> tuple[tuple[float, float], ...]:
    """Return begin and end of every hold of the programme, in minutes."""
    return tuple((a, b) for (a, start), (b, end) in pairwise(history.heating.knots) if start == end)
