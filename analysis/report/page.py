"""Pages: one HTML file each that needs neither network nor other files, and how a number is written in them."""

import csv
from collections.abc import Mapping, Sequence
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from scipy.constants import zero_Celsius

from nanokiln.analysis.clock.outcome import percent_of
from nanokiln.analysis.experiment.predictive import bounds, percent
from nanokiln.analysis.experiment.verdict import OUTCOMES
from nanokiln.analysis.measured import Result
from nanokiln.analysis.report.plots import data_uri, unit

TEMPLATES = Path(__file__).parent / "templates"


def render(template: str, **context: Any) -> str:
    """Fill one of the templates beside this module; a name it misses is an error, never an empty spot."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=select_autoescape(), undefined=StrictUndefined, trim_blocks=True
    )
    environment.filters |= {"number": number, "spread": spread, "chance": percent, "share": percent_of}
    environment.filters |= {"unit": unit, "measure": measure}
    environment.filters["slug"] = lambda text: text.replace(" ", "-")
    return environment.get_template(template).render(outcomes=OUTCOMES, **context)


def csv_links(tables: Mapping[str, Sequence[Mapping[str, object]]]) -> list[tuple[str, str]]:
    """Return (file name, data URI) of tables as CSV, for a page's downloads; rows have the columns of the first."""
    found = []
    for name, rows in tables.items():
        if rows:
            text = StringIO()
            writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
            found.append((name, data_uri(text.getvalue().encode(), "text/csv")))
    return found


def number(value: float | None, digits: int = 4) -> str:
    """Write a number for a reader: plain where it is of ordinary size, in powers of ten where it is not.

    >>> number(1234.56), number(3.1e-5), number(None)
    ('1235', '3.10e-05', '–')
    """
    if value is None or not np.isfinite(value):
        return "–"
    if value == int(value) and abs(value) < 1e9:
        return f"{int(value)}"
    if 10**digits <= abs(value) < 1e5:
        return f"{value:.0f}"
    return f"{value:.{digits}g}" if 1e-3 <= abs(value) < 1e5 else f"{value:.{max(digits - 2, 1)}e}"


def measure(result: Result, digits: int = 4) -> str:
    """Write a value with its unit, to no more digits than its error has; a temperature in both scales.

    >>> measure(Result("onset", 750.0, "K", "measured"))
    '750 K (477 °C)'
    >>> measure(Result("a", 4.7153, "A", "measured", 0.55)), measure(Result("angle", 17.86, "deg", "measured", 18.0))
    ('4.72 Å', '18 °')
    """
    name = "" if unit(result.unit) == result.name else unit(result.unit)  # atoms: 288, not 288 atoms
    told = " ".join(filter(None, (number(result.value, min(digits, _known_digits(result))), name)))
    return f"{told} ({result.value - zero_Celsius:.0f} °C)" if result.unit == "K" and result.value is not None else told


def _known_digits(result: Result) -> int:
    """Return how many digits of a value its error leaves, two digits of the error being known; many without one."""
    error = result.error
    if error is None and result.interval is not None and np.isfinite(result.interval).all():
        error = (result.interval[1] - result.interval[0]) / 3.92
    if not error or not result.value or not np.isfinite(error):
        return 9
    return max(int(np.floor(np.log10(abs(result.value))) - np.floor(np.log10(error))) + 2, 1)


def spread(result: Result) -> str:
    """Write the error of a result, or its 95 % interval; nothing where it is exact.

    >>> spread(Result("D of Cd", None, "cm2/s", "measured", interval=(0.0, 2e-7)))
    'below 2.0e-07 (95 %)'
    >>> spread(Result("onset", None, "K", "measured", interval=(900.0, float("inf"))))
    'above 900'
    """
    if result.value is None:
        low, high = bounds(result)
        if not np.isfinite(high):
            return f"above {number(low, 3)}"
        return f"{number(low, 3)} to {number(high, 3)}" if low > 0 else f"below {number(high, 3)} (95 %)"
    if result.interval is not None:
        return f"{number(result.interval[0], 3)} to {number(result.interval[1], 3)} (95 %)"
    return f"± {number(result.error, 2)}" if result.error else ""
