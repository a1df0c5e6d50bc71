"""Figures as text: matplotlib curves turned into pictures that an HTML file carries within itself."""

import base64
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nanokiln.analysis.measured import Series

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
    "axes.prop_cycle": "cycler('color', ['#b5482a', '#2a6f97', '#6a994e', '#7b4b94', '#c9932b', '#555555'])",
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


def curves(series: Sequence[Series], labels: Sequence[str], y_name: str, share: bool = False) -> str:
    """Draw several series that share an axis into one picture, errors as bands, and return it as a data URI.

    A `share` is drawn from 0 to 1 whatever its error.
    """
    with figure() as (axes, picture):
        for curve, label in zip(series, labels, strict=True):
            axes.plot(curve.x, curve.y, label=label, marker="o" if len(curve.x) < 40 else "", markersize=3.5)
            if curve.error is not None:
                spread = 1.96 * np.nan_to_num(curve.error)
                axes.fill_between(curve.x, curve.y - spread, curve.y + spread, alpha=0.18, linewidth=0)
        axes.set_xlabel(f"{series[0].x_name.rsplit('_', 1)[0].replace('_', ' ')} ({series[0].x_unit})")
        axes.set_ylabel(f"{y_name} ({series[0].unit})" if series[0].unit else y_name)
        if share:
            axes.set_ylim(-0.03, 1.03)
        elif not any(np.any(curve.y < 0) for curve in series) and axes.get_ylim()[0] < 0:
            axes.set_ylim(bottom=0)  # the band of a count or a spread that cannot be negative
        if len(series) > 1:
            axes.legend()
    return picture[0]


def data_uri(content: bytes, media_type: str) -> str:
    """Return bytes as a data URI, which needs no other file."""
    return f"data:{media_type};base64,{base64.b64encode(content).decode()}"


def png_uri(path: Path) -> str:
    """Return a PNG file as a data URI."""
    return data_uri(path.read_bytes(), "image/png")
