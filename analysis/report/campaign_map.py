"""A campaign as a table of JSON and a picture: curves with bands for one varied quantity, maps for two."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nanokiln.analysis.clock.outcome import OUTCOMES
from nanokiln.analysis.forecast.what_if import Varied, WhatIf
from nanokiln.analysis.report.plots import STYLE
from nanokiln.structures.storage import write_json

SHADES = ("#9aa1a9", "#e0a458", "#b5482a")


def write_campaign(campaign: WhatIf, out_dir: Path) -> Path:
    """Write `what-if.json` and `what-if.png`; return the picture's path."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    out_dir.mkdir(parents=True, exist_ok=True)
    write_json(out_dir / "what-if.json", campaign.to_json())
    with mpl.rc_context(STYLE):
        canvas = Figure(figsize=(9.6, 3.9), layout="constrained")
        left, right = canvas.subplots(1, 2)
        (_curves if len(campaign.varied) == 1 else _maps)(campaign, canvas, left, right)
        canvas.suptitle(f"{campaign.particle}: {campaign.watched} at the end of the programme", fontsize=10)
        path = out_dir / "what-if.png"
        canvas.savefig(path, dpi=150)
    return path


def _axis(varied: Varied) -> str:
    name, _, unit = varied.name.rpartition("_")
    return f"{name.replace('_', ' ')} ({unit})" if name and unit in ("nm", "min", "C", "K", "eV") else varied.name


def _curves(campaign: WhatIf, _: object, left, right) -> None:  # type: ignore[no-untyped-def]
    (one,) = campaign.varied
    x = np.array(one.values)
    for index, (name, shade) in enumerate(zip(OUTCOMES, SHADES, strict=True)):
        left.plot(x, campaign.grid(lambda point, i=index: point.chances[i]), label=name, color=shade, marker="o")  # type: ignore[misc]
    low, middle, high = (campaign.grid(lambda point, i=i: point.share[i]) for i in range(3))  # type: ignore[misc]
    (line,) = right.plot(x, middle, marker="o", label=campaign.watched)
    right.fill_between(x, low, high, alpha=0.15, color=line.get_color())
    right.plot(x, campaign.grid(lambda point: point.anion_left), marker="o", label="Se left (median)")
    for axes, title in ((left, "probability"), (right, "share: median and 95 % band")):
        axes.set_xscale(one.scale)
        axes.set_ylim(-0.02, 1.02)
        axes.set_xlabel(_axis(one))
        axes.set_title(title, fontsize=10)
        axes.legend(fontsize=8)


def _edges(varied: Varied) -> NDArray[np.float64]:
    """Return where the fields of a map end: half way between the values by their own scale, and as far beyond the ends;
    values in their order are needed."""
    values = np.array(varied.values)
    x = np.log(values) if varied.scale == "log" else values
    steps = np.diff(x) if len(x) > 1 else np.ones(1)
    edges = np.concatenate([[x[0] - steps[0] / 2], x[:-1] + np.diff(x) / 2, [x[-1] + steps[-1] / 2]])
    return np.exp(edges) if varied.scale == "log" else edges


def _maps(campaign: WhatIf, canvas, left, right) -> None:  # type: ignore[no-untyped-def]
    from matplotlib.ticker import NullFormatter

    up, along = campaign.varied
    panels = (
        (left, campaign.grid(lambda point: point.chances[2]), "probability of complete"),
        (right, campaign.grid(lambda point: point.share[1]), "median share"),
    )
    for axes, values, title in panels:
        mesh = axes.pcolormesh(_edges(along), _edges(up), values, vmin=0, vmax=1, cmap="magma")
        axes.set(xscale=along.scale, yscale=up.scale, xlabel=_axis(along), ylabel=_axis(up))
        for axis, one in ((axes.xaxis, along), (axes.yaxis, up)):
            if one.scale == "log" and max(one.values) >= 10.0 * min(one.values):
                axis.set_minor_formatter(NullFormatter())
        axes.set_title(title, fontsize=10)
        axes.grid(visible=False)
        canvas.colorbar(mesh, ax=axes)
