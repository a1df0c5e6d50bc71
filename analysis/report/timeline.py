"""What happened at which temperature: a small table, the starting model and a column for each hold, from a run's
censuses and rows."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.constants import zero_Celsius

from nanokiln.analysis.measured import Measured, Series
from nanokiln.analysis.microscope.movie import Programme
from nanokiln.analysis.report.run_course import programme_of

MOST_COLUMNS = 6
NOTICED = 0.1  # a structure that nowhere has this share is left out
HELD_K = 30.0  # how far a hold's mean temperature may lie from what was asked for
WORDS = {
    "wz": "wurtzite",
    "zb": "fcc, half filled (zinc blende)",
    "filled hcp": "as Cu3P (filled hcp)",
    "antifluorite": "as Cu2Se (antifluorite)",
    "rocksalt": "rock salt",
    "fcc metal": "fcc metal",
    "hcp metal": "hcp metal (twins and faults)",
    "bare": "anions without cations",
    "disordered": "disordered, on no lattice",
}


@dataclass(frozen=True)
class RunPart:
    """A part of the run from `begin` to `end` (ps): its head, what it was like, and whether its lattice was lost: all
    of it (`lost`), or from a time within it (`until_ps`)."""

    begin: float
    end: float
    head: str
    note: str
    kelvin: float = float("nan")
    lost_ps: float | None = None

    @property
    def lost(self) -> bool:
        """Whether the lattice was lost before it began."""
        return self.lost_ps is not None and self.lost_ps <= self.begin

    @property
    def state(self) -> str:
        """What became of the lattice here, in words; '' where it was kept."""
        if self.lost_ps is None or self.lost_ps > self.end:
            return ""
        return "lattice lost" if self.lost else f"lattice lost from {self.lost_ps:.3g} ps on"


@dataclass(frozen=True)
class Timeline:
    """Columns, and rows of words: what, and at each temperature how much."""

    columns: tuple[RunPart, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]


def timeline(measured: Measured, phases: Mapping[str, str]) -> Timeline | None:
    """Return the table of a run: structures by domain, and cations that hopped; None without anything to tell.

    `phases` says what the domains were at the start, by their names. A hold's share is that of all anions looked at in
    it; its error is binomial over the anions of one frame, for frames repeat each other.
    """
    counts = measured.select_curves(quantity="phase_count", stage="")
    looked = [one for one in counts if one.phase in ("", "metal")]
    if not looked:
        return None
    columns = _columns(measured, looked[0].x)
    rows = [*_structures(measured, looked, columns, phases), *_hops(measured, columns)]
    return Timeline(columns, tuple(rows)) if rows else None


def _columns(measured: Measured, times: NDArray[np.float64]) -> tuple[RunPart, ...]:
    """Return the starting model, and the holds of a run in their order or else equal parts of it."""
    programme, row = programme_of(measured), measured.one(quantity="lattice_lost")
    lost_ps = None if row is None else row.time_ps
    spans = list(programme.holds)
    parts = len(spans) < 2
    if parts:
        edges = np.linspace(times[0], times[-1], MOST_COLUMNS + 1)
        spans = list(pairwise(edges)) if len(times) > 1 else []
    chosen = np.unique(np.linspace(0, len(spans) - 1, min(len(spans), MOST_COLUMNS)).round().astype(int))
    start = RunPart(float("nan"), float("nan"), "starting model", "as built, nothing moved yet")
    return (start, *(_column(programme, times, spans[i], parts, lost_ps) for i in chosen))


def _column(
    programme: Programme, times: NDArray[np.float64], span: tuple[float, float], part: bool, lost_ps: float | None
) -> RunPart:
    """Return a hold under the temperature that was asked for, with the one that was measured; of a part both ends."""
    begin, end = span
    within = (programme.times >= begin) & (programme.times <= end)
    frames = int(np.sum((times >= begin) & (times <= end)))
    looked, period = f"{frames} frame{'' if frames == 1 else 's'}", f"{begin:.3g} to {end:.3g} ps"
    if not within.any() or not np.isfinite(programme.temperatures_K[within]).any():
        return RunPart(begin, end, period, f"temperature not known; {looked}", lost_ps=lost_ps)
    celsius = float(np.nanmean(programme.temperatures_K[within])) - zero_Celsius
    asked = programme.at_C((begin + end) / 2)
    ends = f"{programme.at_C(begin):.0f}", f"{programme.at_C(end):.0f}"
    head = f"{ends[0]} to {ends[1]} °C" if part and ends[0] != ends[1] else f"{asked:.0f} °C"
    if not part:
        head = f"target {head} ({asked + zero_Celsius:.0f} K)"
    return RunPart(begin, end, head, f"measured {celsius:.0f} °C; {period}; {looked}", asked + zero_Celsius, lost_ps)


def _structures(
    measured: Measured, looked: Sequence[Series], columns: Sequence[RunPart], phases: Mapping[str, str]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield of the whole the disorder and what no domain has, then every structure of single domains that anything is
    of."""
    seen: set[str] = set()
    whole, single = [], []
    for one in sorted(looked, key=lambda one: not one.domain):
        for curve in _kinds(measured, one):
            cells, shares = _shares(measured, curve, one, columns)
            told = _label(curve, one, phases), cells
            if max(shares, default=0.0) <= NOTICED:
                continue
            if one.domain:
                seen.add(curve.phase)
                single.append(told)
            elif curve.phase not in seen or (curve.phase == "disordered" and len(phases) > 1):
                whole.append(told)
    yield from (*whole, *single)


def _kinds(measured: Measured, looked: Series) -> tuple[Series, ...]:
    """Return the counts of the structures of one domain's anions, or of all, or of the metal."""
    mine = measured.select_curves(quantity="phase_count", domain=looked.domain, stage="")
    metal = looked.phase == "metal"
    return tuple(one for one in mine if one.phase not in ("", "metal") and one.phase.endswith(" metal") is metal)


def _label(curve: Series, looked: Series, phases: Mapping[str, str]) -> str:
    what, number = WORDS.get(curve.phase, curve.phase), f"{np.max(looked.y, initial=0.0):.0f}"
    if looked.phase == "metal":
        return f"{what} ({number} inner atoms)"
    began = f"{phases[curve.domain]} at the start, " if curve.domain in phases else ""
    return f"{curve.domain or 'all'} ({began}{number} inner anions): {what}"


def _shares(
    measured: Measured, curve: Series, looked: Series, columns: Sequence[RunPart]
) -> tuple[tuple[str, ...], list[float]]:
    """Return the cells of a structure's row, and the shares in them."""
    cells, shares = [], []
    for column in columns:
        part, full = _in(measured, curve, column), _in(measured, looked, column)
        if not np.sum(full):
            cells.append("–")
            continue
        share, number = float(np.sum(part) / np.sum(full)), max(float(np.mean(full)), 1.0)
        smoothed = (share * number + 1) / (number + 2)
        error = np.sqrt(smoothed * (1 - smoothed) / number)
        built = np.isnan(column.begin)
        cells.append(f"{100 * share:.0f} %" if built else f"{100 * share:.0f} ± {100 * error:.0f} %")
        shares.append(share)
    return tuple(cells), shares


def _in(measured: Measured, curve: Series, column: RunPart) -> NDArray[np.float64]:
    """Return what was counted at the censuses of a column; of a structure that the starting model lacks, none."""
    if not np.isnan(column.begin):
        return np.asarray(curve.y)[(curve.x >= column.begin) & (curve.x <= column.end)]
    built = measured.curve(quantity="phase_count", phase=curve.phase, domain=curve.domain, stage="built")
    return np.zeros(0) if built is None else np.asarray(built.y)


def _hops(measured: Measured, columns: Sequence[RunPart]) -> list[tuple[str, tuple[str, ...]]]:
    """Return how many times cations of every element hopped in the hold nearest to each temperature."""
    rows = [one for one in measured.select(quantity="hops", domain="", region="") if one.temperature_K is not None]
    rows = rows or [one for one in measured.select(quantity="hops") if one.temperature_K is not None]
    out = []
    for species in sorted({one.species for one in rows}):
        cells = []
        for column in columns:
            near = [one for one in rows if abs((one.temperature_K or 0.0) - column.kelvin) < HELD_K]
            mine = [one for one in near if one.species == species]
            number = sum(one.value or 0.0 for one in mine)
            cells.append("not counted" if column.lost else f"{number:.0f}" if mine else "–")
        if any(cell not in ("–", "0", "not counted") for cell in cells):
            out.append((f"{species} atoms hopped to another site", tuple(cells)))
    return out
