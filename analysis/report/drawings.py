"""Curves and bars that are given as values, drawn into pictures that an HTML file carries within itself."""

import numpy as np

from nanokiln.analysis.clock.charts import Bars, Curves
from nanokiln.analysis.report.plots import figure

SHADES = ("#d9dce0", "#e0a458", "#b5482a")
PLAIN = "#2a6f97"


def draw(drawing: Curves | Bars) -> str:
    """Draw a figure and return it as a data URI."""
    return draw_curves(drawing) if isinstance(drawing, Curves) else draw_bars(drawing)


def draw_curves(drawing: Curves) -> str:
    """Draw lines with their bands."""
    with figure() as (axes, picture):
        for one in drawing.lines:
            (line,) = axes.plot(one.x, one.y, label=one.label)
            if one.low is not None and one.high is not None:
                axes.fill_between(one.x, one.low, one.high, alpha=0.12, color=line.get_color())
        if drawing.marked is not None:
            axes.axvline(drawing.marked, color="#999999", linestyle=":", linewidth=1)
        axes.set_xlabel(drawing.x_name)
        axes.set_ylabel(drawing.y_name)
        if drawing.y_range is not None:
            axes.set_ylim(*drawing.y_range)
        if any(one.label for one in drawing.lines):
            axes.legend(fontsize=8)
    return picture[0]


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
