"""Curves and bars that are given as values, drawn into pictures that an HTML file carries within itself."""

from typing import TYPE_CHECKING

import numpy as np

from nanokiln.analysis.clock.charts import Bars, Curves, Stack
from nanokiln.analysis.report.plots import figure, of_element, panels

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SHADES = ("#d9dce0", "#e0a458", "#b5482a")
PLAIN = "#2a6f97"


def draw(drawing: Curves | Bars | Stack) -> str:
    """Draw a figure and return it as a data URI."""
    if isinstance(drawing, Stack):
        return draw_stack(drawing)
    return draw_curves(drawing) if isinstance(drawing, Curves) else draw_bars(drawing)


def draw_curves(drawing: Curves) -> str:
    """Draw lines with their bands."""
    with figure() as (axes, picture):
        _lines(axes, drawing)
    return picture[0]


def draw_stack(drawing: Stack) -> str:
    """Draw panels over one axis x, with the stretches that are set off."""
    with panels(len(drawing.panels), 7.2, 0.6 + 1.35 * len(drawing.panels)) as (column, picture):
        for axes, panel in zip(column, drawing.panels, strict=True):
            _lines(axes, panel)
            for start, end in drawing.shaded:
                axes.axvspan(start, end, color="#f2ead8", zorder=0)
    return picture[0]


def _lines(axes: "Axes", drawing: Curves) -> None:
    for one in drawing.lines:
        (line,) = axes.plot(one.x, one.y, label=one.label, **of_element(one.label))
        if one.low is not None and one.high is not None:
            axes.fill_between(one.x, one.low, one.high, alpha=0.12, color=line.get_color())
    if drawing.marked is not None:
        axes.axvline(drawing.marked, color="#999999", linestyle=":", linewidth=1)
    axes.set_xscale(drawing.x_scale)
    axes.set_xlabel(drawing.x_name)
    axes.set_ylabel(drawing.y_name)
    if drawing.y_range is not None:
        axes.set_ylim(*drawing.y_range)
    if any(one.label for one in drawing.lines):
        axes.legend(fontsize=8)


def draw_bars(drawing: Bars) -> str:
    """Draw horizontal bars, the parts of each side by side."""
    count = max(len(drawing.labels), 1)
    stacked = len(drawing.parts) > 1
    with figure(6.6 if stacked else 5.2, 0.9 + 0.27 * count if stacked else 3.0) as (axes, picture):
        left = np.zeros(len(drawing.labels))
        for shade, (name, lengths) in zip(SHADES if stacked else (PLAIN,), drawing.parts, strict=True):
            axes.barh(drawing.labels, lengths, left=left, color=shade, label=name or None, height=0.75)
            left += lengths
        axes.invert_yaxis()
        axes.set_xlabel(drawing.x_name)
        axes.set_title(drawing.title, fontsize=10)
        if stacked:
            axes.set_xlim(0, 1)
            axes.grid(visible=False)
            axes.legend(ncols=3, loc="upper center", bbox_to_anchor=(0.4, -0.1 - 0.8 / count))
    return picture[0]
