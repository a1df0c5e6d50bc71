"""The figures of the review: controls, ramps, budgets, the inputs that matter, Janus particles, gold."""

from collections.abc import Mapping

import numpy as np

from nanokiln.analysis.clock.charts import Curves, Line, Picture, band, over_time, quantile_line, sensitivity_bars
from nanokiln.analysis.clock.clock import History
from nanokiln.analysis.clock.contents import donors_per_rod, particles_given_up
from nanokiln.analysis.clock.inference import Posterior
from nanokiln.analysis.review2019.gold import EVERY, PER_UM2, STAIRS, gold_scenes

RAMPS = ("sandwich-ramp", "rod-ramp", "rod-copper-ramp", "lead-ramp")


def figures(histories: Mapping[str, History], posterior: Posterior) -> tuple[Picture, ...]:
    """Return what the rows of the review point to."""
    weights, draws = posterior.weights, next(iter(histories.values())).rates.draws
    gold = gold_scenes(draws).rods_apart[len(PER_UM2) // 2]
    left = gold.bodies.sum(axis=1) / gold.scene.start[: gold.scene.rods].sum()
    gold_left = quantile_line("", gold.minutes, left, weights[::EVERY])
    controls = band(histories, ("CdSe-alone", "Cu3P-alone"), weights)
    inputs = sensitivity_bars(histories["rod-ramp"], weights, "rods beside ample Cu2Se")
    lost = band(histories, ("janus",), weights)
    return (
        Picture("controls", "The controls, conditioned on themselves", controls),
        Picture("ramps", "Conversion on a ramp of 10 °C/min: median and 95 % band", band(histories, RAMPS, weights)),
        Picture("budget", "Element budget of the sandwiches: how many must feed the others", _budget()),
        Picture("donors", "Element budget of the rods: how many donors one needs", _donors()),
        Picture("sensitivity", "Which input would change the answer most", inputs),
        Picture("janus", "Phosphorus lost by 15 nm Cu-Cu3P particles", lost),
        Picture(
            "gold",
            "Gold left on the bodies of rods apart",
            over_time((gold_left,), "share of the gold left", {"": STAIRS}),
        ),
    )


def _budget() -> Curves:
    share = np.linspace(0.2, 0.5, 61)
    lines = (Line(f"Cu{ratio:g}P", share, np.asarray(particles_given_up(share, ratio))) for ratio in (3.0, 2.85, 2.7))
    x_name = "Cu3P share of a sandwich's volume (dotted: equal domains)"
    return Curves(tuple(lines), x_name, "share of sandwiches given up", marked=1 / 3)


def _donors() -> Curves:
    diameter = np.linspace(3.0, 8.0, 51)
    lines = (
        Line(f"{100 * given:g} % of its Cu", diameter, np.asarray(donors_per_rod(35.0, diameter, copper_given=given)))
        for given in (0.05, 0.075, 0.10)
    )
    return Curves(tuple(lines), "rod diameter (nm)", "7 nm donors per 35 nm rod")
