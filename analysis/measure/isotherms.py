"""Activation energies from the holds of one run, where there are three that moved, in one phase."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace

import numpy as np

from nanokiln.analysis.measured import Result, Series
from nanokiln.analysis.motion.arrhenius import Isotherm, fit_arrhenius

FEWEST = 3


def isotherm_results(rows: Sequence[Result], curves: Sequence[Series]) -> tuple[Result, ...]:
    """Return `Ea_holds` (eV) and `D0_holds` (cm2/s) of every species with D in three holds; `rows` hold the `D`.

    The phase of a hold is the commonest of the whole model at its temperature, from `phase_share` among the curves. A
    species has none where the holds are of different phases, or where no line describes them.
    """
    out: list[Result] = []
    for species in sorted({row.species for row in rows if row.quantity == "D"}):
        found = tuple(_isotherms([row for row in rows if row.is_of({"quantity": "D", "species": species})], curves))
        with suppress(ValueError):
            for quantity, row in zip(("Ea_holds", "D0_holds"), fit_arrhenius(found, f"{species}, holds"), strict=True):
                out.append(replace(row, quantity=quantity, species=species))
    return tuple(out)


def _isotherms(rows: Sequence[Result], curves: Sequence[Series]) -> Iterator[Isotherm]:
    for row in rows:
        if row.value is not None and row.error and row.temperature_K is not None:
            yield Isotherm(row.temperature_K, row.value, row.error, phase_at(curves, row.temperature_K))


def phase_at(curves: Sequence[Series], temperature_K: float) -> str:
    """Return the commonest phase of the whole model at a temperature, empty where no curve tells it."""
    shares = {
        curve.phase: float(np.interp(temperature_K, curve.x, np.nan_to_num(curve.y)))
        for curve in curves
        if curve.is_of({"quantity": "phase_share", "domain": "", "region": ""})
    }
    return max(shares, key=lambda phase: shares[phase], default="")
