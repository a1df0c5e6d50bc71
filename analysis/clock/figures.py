"""Pictures of the minutes clock: probabilities per plateau, ramps, budgets, gold, Janus particles, sensitivities."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from nanokiln.analysis.clock.clock import History
from nanokiln.analysis.clock.distributions import Draws
from nanokiln.analysis.clock.mass_balance import donors_per_rod, particles_given_up
from nanokiln.analysis.clock.outcome import (
    OUTCOMES,
    plateau_probabilities,
    product_share,
    sensitivity,
    weighted_quantile,
)
from nanokiln.analysis.clock.ripening import ripen
from nanokiln.analysis.report.plots import figure

Array = NDArray[np.float64]
SHADES = ("#d9dce0", "#e0a458", "#b5482a")


def watched_share(history: History) -> tuple[str, Array]:
    """Return what to watch in a scene, by name, and its share (times, samples)."""
    if history.particle.pool == "none":
        return "CdSe lost", history.extents[:, 0]
    if not np.any(np.asarray(history.particle.host) > 0):
        return "P lost", 1.0 - history.phosphorus_left
    return "selenide converted", product_share(history)


def plateau_bars(histories: Mapping[str, History], names: Sequence[str], weights: Array | None, title: str) -> str:
    """Draw the probability of none, partial and complete at the end of every hold of some scenes."""
    labels, bars = [], []
    for name in names:
        what, share = watched_share(histories[name])
        for plateau in plateau_probabilities(histories[name], share, weights):
            labels.append(f"{name} ({what}), {plateau.temperature_C:.0f} °C")
            bars.append(plateau.probabilities)
    with figure(6.6, 0.9 + 0.27 * len(labels)) as (axes, picture):
        left = np.zeros(len(labels))
        for i, outcome in enumerate(OUTCOMES):
            width = np.array([b[i] for b in bars])
            axes.barh(labels, width, left=left, color=SHADES[i], label=outcome, height=0.75)
            left += width
        axes.invert_yaxis()
        axes.set_xlim(0, 1)
        axes.set_xlabel("probability")
        axes.set_title(title, fontsize=10)
        axes.grid(visible=False)
        axes.legend(ncols=3, loc="upper center", bbox_to_anchor=(0.4, -0.1 - 0.8 / len(labels)))
    return picture[0]


def band(histories: Mapping[str, History], names: Sequence[str], weights: Array | None, x_name: str = "") -> str:
    """Draw median and 95 % band of what is watched in some scenes against the holder's temperature."""
    with figure() as (axes, picture):
        for name in names:
            what, share = watched_share(histories[name])
            quantiles = np.array([weighted_quantile(row, (0.025, 0.5, 0.975), weights) for row in share])
            (line,) = axes.plot(histories[name].temperature_C, quantiles[:, 1], label=f"{name}: {what}")
            axes.fill_between(
                histories[name].temperature_C, quantiles[:, 0], quantiles[:, 2], alpha=0.12, color=line.get_color()
            )
        axes.set_xlabel(x_name or "temperature of the holder (°C)")
        axes.set_ylabel("share")
        axes.set_ylim(-0.02, 1.02)
        axes.legend(fontsize=8)
    return picture[0]


def budget_picture() -> str:
    """Draw the share of sandwiches given up against the share of Cu3P in their volume."""
    with figure() as (axes, picture):
        share = np.linspace(0.2, 0.5, 61)
        for ratio in (3.0, 2.85, 2.7):
            axes.plot(share, particles_given_up(share, ratio), label=f"Cu{ratio:g}P")
        axes.axvline(1 / 3, color="#999999", linestyle=":", linewidth=1)
        axes.set_xlabel("Cu3P share of a sandwich's volume (dotted: equal domains)")
        axes.set_ylabel("share of sandwiches given up")
        axes.legend()
    return picture[0]


def donors_picture() -> str:
    """Draw the donors that a rod needs against its diameter, for what a donor gives."""
    with figure() as (axes, picture):
        diameter = np.linspace(3.0, 8.0, 51)
        for given in (0.05, 0.075, 0.10):
            axes.plot(
                diameter, donors_per_rod(35.0, diameter, copper_given=given), label=f"{100 * given:g} % of its Cu"
            )
        axes.set_xlabel("rod diameter (nm)")
        axes.set_ylabel("7 nm donors per 35 nm rod")
        axes.legend()
    return picture[0]


def sensitivity_picture(history: History, weights: Array | None, title: str) -> str:
    """Draw which inputs move the midpoint temperature most (Spearman rank correlation)."""
    middle = history.crossing_C(product_share(history), 0.5)
    found = sensitivity(history, middle, weights)
    with figure(5.2, 3.0) as (axes, picture):
        names = [name.replace("_", " ") for name, _ in found]
        axes.barh(names, [value for _, value in found], color="#2a6f97")
        axes.invert_yaxis()
        axes.set_xlabel("rank correlation with the midpoint temperature")
        axes.set_title(title, fontsize=10)
    return picture[0]


def gold_picture(draws: Draws, weights: Array | None) -> str:
    """Draw median and 95 % band of the gold left on a rod's body against the holder's temperature."""
    from nanokiln.analysis.review2019.gold import HOLDER_K, STAIRS

    gold = ripen(STAIRS, draws, HOLDER_K)
    quantiles = np.array([weighted_quantile(row, (0.025, 0.5, 0.975), weights) for row in gold.body_left])
    with figure() as (axes, picture):
        axes.plot(gold.temperature_C, quantiles[:, 1])
        axes.fill_between(gold.temperature_C, quantiles[:, 0], quantiles[:, 2], alpha=0.15)
        axes.set_xlabel("temperature of the holder (°C)")
        axes.set_ylabel("share of the body's gold left")
    return picture[0]
