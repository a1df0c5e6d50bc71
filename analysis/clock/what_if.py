"""What if: a campaign over size and donor ratio, every point with all its uncertainty."""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nanokiln.analysis.clock.clock import default_inputs, run_clock
from nanokiln.analysis.clock.contents import fed_rod
from nanokiln.analysis.clock.distributions import draw
from nanokiln.analysis.clock.heating import Heating
from nanokiln.analysis.clock.outcome import COMPLETE_ABOVE, product_share

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Campaign:
    """Rods of some diameters (n,) with some numbers of donors (m,): outcomes at the end of the programme, (n, m)."""

    diameters_nm: Array
    donors: Array
    complete: Array
    length_left: Array
    samples: int

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON types."""
        return {name: v.tolist() if isinstance(v, np.ndarray) else v for name, v in vars(self).items()}


def what_if(
    heating: Heating,
    diameters_nm: Array | None = None,
    donors: Array | None = None,
    samples: int = 200,
    seed: int = 5,
) -> Campaign:
    """Run every pair of diameter and donors per rod with the same samples, all in one sweep of the clock.

    `complete` is the probability of conversion above 95 %, `length_left` the median share of the rod's anions left.
    """
    sizes = np.linspace(3.0, 8.0, 10) if diameters_nm is None else np.asarray(diameters_nm, dtype=float)
    counts = np.geomspace(3.0, 300.0, 10) if donors is None else np.asarray(donors, dtype=float)
    base = draw(default_inputs(), samples, seed)
    points = len(sizes) * len(counts)
    draws = {name: np.tile(column, points) for name, column in base.items()}
    size, count = (np.repeat(grid.ravel(), samples) for grid in np.meshgrid(sizes, counts, indexing="ij"))
    draws["rod_diameter_nm"] = size
    particle = replace(fed_rod(draws, count, 35.0), name="what if")
    history = run_clock(particle, heating, draws, points=4)
    shape = (len(sizes), len(counts), samples)
    complete = (product_share(history)[-1] > COMPLETE_ABOVE).reshape(shape).mean(axis=2)
    left = np.median(history.anion_left[-1].reshape(shape), axis=2)
    return Campaign(sizes, counts, complete, left, samples)


def write_campaign(campaign: Campaign, out_dir: Path) -> Path:
    """Write `what-if.json` and `what-if.png`, a map of the probability of complete conversion; return the picture."""
    from matplotlib.figure import Figure

    out_dir.mkdir(parents=True, exist_ok=True)
    (out_dir / "what-if.json").write_text(json.dumps(campaign.to_json(), indent=1) + "\n")
    canvas = Figure(figsize=(9.6, 3.9), layout="constrained")
    panels = (
        (campaign.complete, "probability of complete conversion"),
        (campaign.length_left, "median share of Se left"),
    )
    for axes, (values, title) in zip(canvas.subplots(1, 2), panels, strict=True):
        mesh = axes.pcolormesh(
            campaign.donors, campaign.diameters_nm, values, vmin=0, vmax=1, cmap="magma", shading="nearest"
        )
        axes.set_xscale("log")
        axes.set_xlabel("7 nm Cu2Se donors per 35 nm rod")
        axes.set_ylabel("rod diameter (nm)")
        axes.set_title(title, fontsize=10)
        canvas.colorbar(mesh, ax=axes)
    path = out_dir / "what-if.png"
    canvas.savefig(path, dpi=150)
    return path
