"""Figures as text: matplotlib curves turned into pictures that an HTML file carries within itself."""

import base64
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.constants import zero_Celsius

from nanokiln.analysis.measured import Series
from nanokiln.structures.palette import COLOURS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

STYLE: Any = {
    "figure.figsize": (5.2, 3.3),
    "font.size": 9.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.25,
    "legend.frameon": False,
    "lines.linewidth": 1.6,
    "svg.hashsalt": "nanokiln",
    "axes.prop_cycle": "cycler('color', ['#332288', '#44aa99', '#cc6677', '#ddcc77', '#882255', '#555555'])",
}


@contextmanager
def figure(width_in: float = 5.2, height_in: float = 3.3) -> "Iterator[tuple[Axes, list[str]]]":
    """Yield axes to draw on and a list that holds the finished picture, a data URI, once the block is left."""
    with panels(1, width_in, height_in) as (column, picture):
        yield column[0], picture


@contextmanager
def panels(count: int, width_in: float, height_in: float) -> "Iterator[tuple[list[Axes], list[str]]]":
    """Yield axes, one below the other over one axis x, and the list that holds the picture as `figure` does."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    picture: list[str] = []
    with mpl.rc_context(STYLE):
        canvas = Figure(figsize=(width_in, height_in), layout="constrained")
        yield list(canvas.subplots(count, 1, sharex=True, squeeze=False)[:, 0]), picture
        buffer = io.BytesIO()
        canvas.savefig(buffer, format="svg", metadata={"Date": None})
    picture.append(data_uri(buffer.getvalue(), "image/svg+xml"))


def curves(
    series: Sequence[Series],
    labels: Sequence[str],
    y_name: str,
    share: bool = False,
    holds: Sequence[tuple[float, float]] = (),
    log: bool = False,
) -> str:
    """Draw several series that share an axis into one picture, errors as bands, and return it as a data URI.

    A `share` is drawn from 0 to 1, and so is its band, whatever its error; elements have the colours that they have
    everywhere, temperatures are in Celsius, `holds` (begin, end) along the axis are shaded, and on a `log` axis errors
    are those of the logarithm.
    """
    first = series[0]
    with figure() as (axes, picture):
        for begin, end in holds:
            axes.axvspan(begin, end, color="#f0e6d8", linewidth=0, zorder=0)
        for curve, label in zip(series, labels, strict=True):
            x, y = _celsius(curve.x, curve.x_unit), _celsius(curve.y, curve.unit)
            marker = "o" if len(curve.x) < 40 else ""
            (line,) = axes.plot(x, y, label=label, marker=marker, markersize=3.5, **of_element(label))
            if curve.error is not None:
                spread = 1.96 * np.nan_to_num(curve.error)
                low, high = (y - spread, y + spread) if not log else (y * np.exp(-spread / y), y * np.exp(spread / y))
                if share:
                    low, high = np.clip(low, 0, 1), np.clip(high, 0, 1)
                axes.fill_between(x, low, high, alpha=0.18, linewidth=0, color=line.get_color())
        axes.set_xlabel(f"{first.x_name.rsplit('_', 1)[0].replace('_', ' ')} ({_unit(first.x_unit)})")
        axes.set_ylabel(f"{y_name} ({_unit(first.unit)})" if _unit(first.unit) else y_name)
        if log:
            axes.set_yscale("log")
        elif share:
            axes.set_ylim(-0.03, 1.03)
        elif first.unit != "K" and not any(np.any(curve.y < 0) for curve in series) and axes.get_ylim()[0] < 0:
            axes.set_ylim(bottom=0)  # the band of a count or a spread that cannot be negative
        if len(series) > 1:
            axes.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=3, borderaxespad=0.2, fontsize=8.5)
    return picture[0]


def of_element(label: str) -> dict[str, Any]:
    """Return how a line is drawn that is called as an element: in its colour, with an outline; nothing for others."""
    from matplotlib.patheffects import withStroke

    if label not in COLOURS:
        return {}
    outline = [withStroke(linewidth=2.6, foreground="#6b6b6b")]
    return {"color": COLOURS[label], "path_effects": outline, "linewidth": 1.8}


_RAISED = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
UNITS = {
    "A": "Å",
    "A2": "Å²",
    "A3": "Å³",
    "1/A": "Å⁻¹",
    "cm2/s": "cm²/s",
    "1/ps": "ps⁻¹",
    "1/s": "s⁻¹",
    "deg": "°",
    "eV/A": "eV/Å",
    "1": "",
    "C": "°C",
}


def unit(text: str) -> str:
    """Write a unit as it is printed.

    >>> unit("cm2/s"), unit("1"), unit("kJ/mol")
    ('cm²/s', '', 'kJ/mol')
    """
    return UNITS.get(text, text)


def power(value: float) -> str:
    """Write a large number to one digit, as a power of ten.

    >>> power(3.1e12), power(9.97e13)
    ('3 × 10¹²', '10¹⁴')
    """
    digit, _, exponent = f"{value:.0e}".partition("e")
    ten = f"10{str(int(exponent)).translate(_RAISED)}"
    return ten if digit == "1" else f"{digit} × {ten}"


def _unit(text: str) -> str:
    """As `unit`, of an axis, whose temperatures are in Celsius."""
    return "°C" if text == "K" else unit(text)


def _celsius(values: NDArray[np.float64], unit_of: str) -> NDArray[np.float64]:
    return np.asarray(values) - zero_Celsius if unit_of == "K" else np.asarray(values)


def data_uri(content: bytes, media_type: str) -> str:
    """Return bytes as a data URI, which needs no other file."""
    return f"data:{media_type};base64,{base64.b64encode(content).decode()}"
