"""What happened at which temperature: a small table, a column for each hold, made from a run's curves and rows."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.constants import zero_Celsius

from nanokiln.analysis.measured import Measured, Series
from nanokiln.analysis.report.run_course import programme_of

MOST_COLUMNS = 6
NOTICED = 0.1  # a structure that nowhere has this share is left out
WORDS = {
    "wz": "wurtzite",
    "zb": "zinc blende",
    "filled hcp": "as Cu3P (filled hcp)",
    "antifluorite": "as Cu2Se (antifluorite)",
    "rocksalt": "rock salt",
    "fcc metal": "fcc metal",
    "bare": "anions without cations",
}


@dataclass(frozen=True)
class Timeline:
    """Heads of the columns, and rows of words: what, and at each temperature how much."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]


def timeline(measured: Measured, phases: Mapping[str, str]) -> Timeline | None:
    """Return the table of a run: structures by domain, and cations that hopped; None without anything to tell.

    `phases` says what the domains were at the start, by their names.
    """
    shares = [one for one in measured.select_curves(quantity="phase_share") if one.x_name == "temperature_K"]
    columns = _columns(measured, shares)
    if not columns:
        return None
    rows = [(_label(curve, phases), tuple(_at(curve, kelvin) for kelvin in columns)) for curve in _noticed(shares)]
    rows += _hops(measured, columns)
    heads = tuple(f"{kelvin - zero_Celsius:.0f} °C ({kelvin:.0f} K)" for kelvin in columns)
    return Timeline(heads, tuple(rows)) if rows else None


def _columns(measured: Measured, shares: list[Series]) -> list[float]:
    """Return the temperatures of the holds, or else some of those at which the structure was looked at."""
    programme = programme_of(measured)
    held = sorted({round(programme.at_C((a + b) / 2) + zero_Celsius) for a, b in programme.holds})
    seen = held if len(held) > 1 else sorted({float(x) for curve in shares for x in curve.x})
    if not seen:
        return []
    chosen = np.unique(np.linspace(0, len(seen) - 1, min(len(seen), MOST_COLUMNS)).round().astype(int))
    return [float(seen[i]) for i in chosen]


def _noticed(shares: list[Series]) -> list[Series]:
    """Return the structures of single domains that anything is of, and of the whole those that no domain has."""
    told = [one for one in shares if one.phase not in ("disordered", "") and np.nanmax(one.y, initial=0.0) > NOTICED]
    single = [one for one in told if one.domain]
    return single + [one for one in told if not one.domain and one.phase not in {other.phase for other in single}]


def _label(curve: Series, phases: Mapping[str, str]) -> str:
    what = WORDS.get(curve.phase, curve.phase)
    began = f" ({phases[curve.domain]} at the start)" if curve.domain in phases else ""
    return f"{curve.domain}{began}: {what}" if curve.domain else what


def _at(curve: Series, kelvin: float) -> str:
    known = np.isfinite(curve.y)
    if not known.any():
        return "–"
    x, y = np.asarray(curve.x)[known], np.asarray(curve.y)[known]
    order = np.argsort(x)
    return f"{100 * float(np.interp(kelvin, x[order], y[order])):.0f} %"


def _hops(measured: Measured, columns: list[float]) -> list[tuple[str, tuple[str, ...]]]:
    """Return how many times cations of every element hopped in the hold nearest to each temperature."""
    rows = [one for one in measured.select(quantity="hops", domain="", region="") if one.temperature_K is not None]
    rows = rows or [one for one in measured.select(quantity="hops") if one.temperature_K is not None]
    out = []
    for species in sorted({one.species for one in rows}):
        cells = []
        for kelvin in columns:
            mine = [one for one in rows if one.species == species and abs((one.temperature_K or 0.0) - kelvin) < 30.0]
            number = sum(one.value or 0.0 for one in mine)
            cells.append(f"{number:.0f}" if mine else "–")
        if any(cell not in ("–", "0") for cell in cells):
            out.append((f"{species} atoms hopped to another site", tuple(cells)))
    return out
