"""Settings side by side: each number that two settings or more have, drawn against the setting."""

from collections.abc import Mapping

import numpy as np

from nanokiln.analysis.measured import Measured, Result
from nanokiln.analysis.report.plots import figure, unit

MOST = 12  # numbers that are drawn
_FIRST = ("D", "Ea", "onset", "midpoint", "lattice_lost", "jump_rate", "lost", "replaced", "crossed")


def comparisons(settings: Mapping[str, Measured]) -> list[tuple[str, str]]:
    """Return (caption, data URI), one picture for each number that differs between settings: D, Ea and onsets first.

    Bars are 95 % intervals; an open arrow to the left is an upper bound. Numbers that all settings share to the last
    digit are left out.
    """
    found: dict[str, dict[str, Result]] = {}
    for label, measured in settings.items():
        for row in measured.rows:
            if _drawable(row):
                found.setdefault(row.name, {})[label] = row
    several = {name: rows for name, rows in found.items() if len(rows) > 1 and _differ(list(rows.values()))}
    ordered = sorted(several, key=lambda name: _place(next(iter(several[name].values()))))
    return [(f"{name} by setting", _drawn(several[name])) for name in ordered[:MOST]]


def _drawable(row: Result) -> bool:
    return row.value is not None or (row.interval is not None and bool(np.isfinite(row.interval[1])))


def _differ(rows: list[Result]) -> bool:
    return len({(row.value, row.interval) for row in rows}) > 1


def _place(row: Result) -> int:
    return _FIRST.index(row.quantity) if row.quantity in _FIRST else len(_FIRST)


def _drawn(rows: Mapping[str, Result]) -> str:
    first = next(iter(rows.values()))
    with figure(5.2, 1.0 + 0.32 * len(rows)) as (axes, picture):
        for place, row in enumerate(rows.values()):
            if row.value is None:
                assert row.interval is not None
                axes.plot(row.interval[1], place, "<", color="#332288", markersize=7, fillstyle="none")
                continue
            low, high = row.interval or (row.value - 1.96 * (row.error or 0), row.value + 1.96 * (row.error or 0))
            axes.plot([low, high], [place, place], color="#332288")
            axes.plot(row.value, place, "o", color="#332288", markersize=5)
        axes.set_yticks(range(len(rows)), list(rows))
        axes.set_ylim(len(rows) - 0.5, -0.5)
        axes.set_xlabel(f"{first.name} ({unit(first.unit)})" if unit(first.unit) else first.name)
    return picture[0]
