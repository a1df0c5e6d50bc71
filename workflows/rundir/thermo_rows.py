"""Steadiness: whether equilibration has come to rest, judged on the rows of the run."""

import numpy as np
from numpy.typing import NDArray

from nanokiln.workflows.deck.deck import THERMO_COLUMNS
from nanokiln.workflows.recipe.programme import Stage

_BLOCKS = 5  # per half of the window
_TEMPERATURE_TOLERANCE = 0.05
_COLUMNS = {name: index for index, name in enumerate(THERMO_COLUMNS.split(","))}


def column(rows: list[str], name: str) -> NDArray[np.float64]:
    """Return one numerical column of thermodynamic rows, shape (n_rows,)."""
    index = _COLUMNS[name]
    return np.array([float(row.split(",")[index]) for row in rows])


def is_steady(rows: list[str], stage: Stage, first: int) -> bool:
    """Whether the last window of a stage is steady: its energy does not drift and its temperature is the target's.

    The two halves of the window must agree in potential energy within two standard errors, each error taken from
    the scatter of five block means, so that correlation in time counts.
    """
    steps = column(rows, "step")
    if not len(steps) or steps[-1] - first < stage.window_steps:
        return False
    window = steps > steps[-1] - stage.window_steps
    if window.sum() < 4 * _BLOCKS:
        return False
    energy, temperature = column(rows, "potential_eV")[window], column(rows, "temperature_K")[window]
    early, late = (_blocks(half) for half in np.array_split(energy, 2))
    error = np.sqrt((early.var(ddof=1) + late.var(ddof=1)) / _BLOCKS)
    warm = abs(temperature.mean() / stage.stop_K - 1) < _TEMPERATURE_TOLERANCE
    return bool(warm and abs(late.mean() - early.mean()) < 2 * error)


def _blocks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.array([block.mean() for block in np.array_split(values, _BLOCKS)])
