"""Mechanisms as named hypotheses, switched on and off through the clock's inputs.

A set of hypotheses is a set of inputs: each hypothesis has a switch among them (`with NAME`, 1 or 0) and brings what
its law needs. So worlds, scenes, samplers and files of the clock carry it without knowing it.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

import numpy as np
import yaml
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from nanokiln.analysis.clock.distributions import Distribution, Draws

DATA = Path(__file__).parents[1] / "data" / "hypotheses.yaml"
SWITCH = "with "


class Hypothesis(BaseModel):
    """A mechanism: in words, its rate law, its source, whether it holds unless switched off, and its own inputs."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    base: bool
    about: str
    law: str
    source: str
    inputs: dict[str, Distribution] = Field(default_factory=dict)


@cache
def hypotheses() -> dict[str, Hypothesis]:
    """Return the shipped hypotheses by their names."""
    return {name: Hypothesis.model_validate(one) for name, one in yaml.safe_load(DATA.read_text()).items()}


def holds(name: str, draws: Draws) -> NDArray[np.float64]:
    """Return 1 in every sample in which a hypothesis holds and 0 in the others, shape (samples,)."""
    samples = len(next(iter(draws.values())))
    return draws.get(SWITCH + name, np.full(samples, float(hypotheses()[name].base)))


def supposing(
    inputs: Mapping[str, Distribution], on: Iterable[str] = (), off: Iterable[str] = ()
) -> dict[str, Distribution]:
    """Return the inputs under which some hypotheses hold and others do not; the rest stays as it is.

    >>> from nanokiln.analysis.clock import default_inputs, supposing
    >>> inputs = supposing(default_inputs(), on=["carbon residue"])
    >>> inputs["with carbon residue"].mean, str(inputs["log10_free_surface"])
    (1.0, '-2 to 0')

    ValueError: a hypothesis that there is not, or one both on and off.
    """
    on, off = tuple(on), tuple(off)
    if unknown := [name for name in (*on, *off) if name not in hypotheses()]:
        raise ValueError(f"no hypothesis is called {unknown[0]!r}; there are: {', '.join(hypotheses())}")
    if both := sorted(set(on) & set(off)):
        raise ValueError(f"hypothesis {both[0]!r} cannot both hold and not hold")
    found = dict(inputs)
    for name in on:
        found |= hypotheses()[name].inputs | {SWITCH + name: Distribution(value=1.0)}
    for name in off:
        found = {key: one for key, one in found.items() if key not in hypotheses()[name].inputs}
        found[SWITCH + name] = Distribution(value=0.0)
    return found


def supposed(inputs: Mapping[str, Distribution]) -> tuple[str, ...]:
    """Return the hypotheses that hold under some inputs."""
    default = {name: Distribution(value=float(one.base)) for name, one in hypotheses().items()}
    return tuple(name for name in default if inputs.get(SWITCH + name, default[name]).mean > 0)
