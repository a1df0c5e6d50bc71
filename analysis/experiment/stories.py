"""Stories: the facts of one experiment told together, by one sample at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nanokiln.analysis.experiment.facts import FactTable
from nanokiln.analysis.experiment.verdict import Verdict

Array = NDArray[np.float64]
UNLIKELY_SAMPLE = 0.1  # a sample of less than this share of the mean weight is not shown as the best


@dataclass(frozen=True)
class Story:
    """The facts of a group that could be told, and how probable it is that one sample tells all of them.

    `breaks` is the share of samples under which each fact is not met, the most frequent first; `without` the joint
    probability if that first fact is left out; `samples` how many tell all; `best` the sample that tells most
    (None where no fact rests on samples of the clock), and `told` how many facts it tells.
    """

    group: str
    system: str
    facts: tuple[str, ...]
    left_out: tuple[str, ...]
    probability: float
    breaks: tuple[tuple[str, float], ...]
    without: float
    samples: int
    best: int | None
    told: float

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON types."""
        return {**vars(self), "breaks": [{"id": row, "share": share} for row, share in self.breaks]} | {
            "facts": list(self.facts),
            "left_out": list(self.left_out),
        }


def stories(table: FactTable, verdicts: Sequence[Verdict], weights: Array | None) -> tuple[Story, ...]:
    """Return the story of every group of which two facts or more can be told; `weights` (samples,) are the samples'.

    Left out are rows without a probability, and those that an input, a control or symmetry decides.
    """
    found = []
    for group, about in table.groups.items():
        mine = [one for one in verdicts if one.fact.group == group]
        told = [one for one in mine if one.free and one.chance is not None]
        if len(told) > 1:
            left_out = tuple(one.fact.id for one in mine if one not in told)
            found.append(_story(group, about.system, told, left_out, weights))
    return tuple(found)


def _story(group: str, system: str, told: Sequence[Verdict], left_out: tuple[str, ...], weights: Array | None) -> Story:
    chances = [one.chance for one in told if one.chance is not None]
    samples = max(len(one.each) for one in chances)
    # A row that was answered with other samples counts by its probability.
    rows = np.stack([one.each if len(one.each) == samples else np.full(samples, one.probability) for one in chances])
    share = weights if weights is not None and len(weights) == rows.shape[1] else np.ones(rows.shape[1])
    joint = rows.prod(axis=0)
    missed = 1.0 - np.average(rows, axis=1, weights=share)
    order = np.argsort(-missed, kind="stable")
    ids = [one.fact.id for one in told]
    met = np.where(share >= UNLIKELY_SAMPLE * share.mean(), rows.sum(axis=0), -1.0)
    best = int(np.lexsort((share, met))[-1])
    return Story(
        group,
        system,
        tuple(ids),
        left_out,
        float(np.average(joint, weights=share)),
        tuple((ids[i], float(missed[i])) for i in order if missed[i] > 0),
        float(np.average(np.delete(rows, order[0], axis=0).prod(axis=0), weights=share)),
        int(np.count_nonzero(joint >= 0.5)),
        best if rows.shape[1] > 1 else None,
        float(rows[:, best].sum()),
    )
