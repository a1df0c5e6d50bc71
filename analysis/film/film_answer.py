"""What a heated film says: how many hosts convert and where, what donors gave, and what a gap of bare film does."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nanokiln.analysis.clock.charts import Curves, Line
from nanokiln.analysis.clock.distributions import Draws
from nanokiln.analysis.clock.heating import Heating
from nanokiln.analysis.clock.outcome import OUTCOMES, percent_of, weighted_quantile
from nanokiln.analysis.film.film_run import FilmHistory, heat_film
from nanokiln.analysis.film.film_spec import Kind
from nanokiln.analysis.film.layout import Layout, bounding_nm2

Array = NDArray[np.float64]
BAND = (0.025, 0.5, 0.975)


@dataclass(frozen=True)
class FilmOutcome:
    """Per hold (looks,): probability of none, partial and complete averaged over the hosts (looks, 3), and low, median
    and high of the mean share converted (looks, 3); per host the same probabilities (looks, 3, hosts); shares of the
    donors' copper given and kept by the film at the end, each low, median, high."""

    history: FilmHistory
    chances: Array
    mean_share: Array
    given: Array
    kept: Array

    def words(self) -> list[str]:
        """Return one sentence per hold, and one of the donors."""
        told = []
        for T, chance, share in zip(self.history.temperatures_C, self.chances, self.mean_share, strict=True):
            shares = ", ".join(f"{name} {percent_of(float(p))}" for name, p in zip(OUTCOMES, chance, strict=True))
            low, middle, high = (100 * v for v in share)
            told.append(f"after {T:g} °C: {shares}; mean conversion {middle:.0f} % ({low:.0f} to {high:.0f})")
        low, middle, high = (100 * v for v in self.given)
        told.append(f"donors have given {middle:.0f} % ({low:.0f} to {high:.0f}) of the copper of their range")
        low, middle, high = (100 * v for v in self.kept)
        return [*told, f"the film keeps {middle:.0f} % ({low:.0f} to {high:.0f}) of what they gave"]

    def against_gap(self) -> Curves:
        """Return the share converted that is to be expected of every host against its gap to the nearest donor."""
        gap = np.maximum(self.history.gap_nm, 0.3)
        order = np.argsort(gap)
        lines = (
            Line(f"after {T:g} °C", gap[order], self.history.expected_share[look][order])
            for look, T in enumerate(self.history.temperatures_C)
        )
        title = "bare film to the nearest donor (nm)"
        return Curves(tuple(lines), title, "expected share converted", (-0.02, 1.02), x_scale="log")

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON types."""
        history = self.history
        centres = history.layout.centres_nm
        chances = history.chances
        return {
            "holds_C": history.temperatures_C.tolist(),
            "chances": [dict(zip(OUTCOMES, map(float, row), strict=True)) for row in self.chances],
            "mean_share": self.mean_share.tolist(),
            "donors_gave": self.given.tolist(),
            "film_kept": self.kept.tolist(),
            "balance_error": history.balance_error,
            "hosts": [
                {
                    "kind": history.layout.kinds[i],
                    "x_nm": float(centres[i, 0]),
                    "y_nm": float(centres[i, 1]),
                    "gap_nm": float(history.gap_nm[h]) if len(history.donors) else None,
                    "complete": chances[:, 2, h].tolist(),
                    "none": chances[:, 0, h].tolist(),
                    "expected_share": history.expected_share[:, h].tolist(),
                }
                for h, i in enumerate(history.hosts)
            ],
            "words": self.words(),
        }


def film_outcome(history: FilmHistory) -> FilmOutcome:
    """Return what a heated film says."""
    weights = history.weights
    mean = np.array([weighted_quantile(row, BAND, weights) for row in history.share.mean(axis=1)])
    total, gave = history.capacity.sum(axis=0), history.gave[-1].sum(axis=0)
    if not len(history.donors):
        nothing = np.zeros(3)
        return FilmOutcome(history, history.chances.mean(axis=2), mean, nothing, nothing)
    given = weighted_quantile(gave / total, BAND, weights)
    kept = weighted_quantile(np.where(gave > 0.5, history.kept[0] / np.maximum(gave, 0.5), 0.0), BAND, weights)
    return FilmOutcome(history, history.chances.mean(axis=2), mean, given, kept)


@dataclass(frozen=True)
class GapCurve:
    """One host beside donors at several `gaps_nm`: the share converted at the end, low, median, high (gaps, 3), and the
    probability of none, partial and complete (gaps, 3)."""

    gaps_nm: Array
    share: Array
    chances: Array

    def words(self) -> list[str]:
        """Return one sentence per gap."""
        told = []
        for gap, share, chance in zip(self.gaps_nm, self.share, self.chances, strict=True):
            shares = ", ".join(f"{name} {percent_of(float(p))}" for name, p in zip(OUTCOMES, chance, strict=True))
            low, middle, high = (100 * v for v in share)
            away = f"{float(f'{gap:.2g}'):g}"
            told.append(f"donors {away} nm away: {shares}; {middle:.0f} % converted ({low:.0f} to {high:.0f})")
        return told

    def drawing(self) -> Curves:
        """Return the figure of the gap."""
        low, middle, high = self.share.T
        chances = (
            Line(f"probability of {name}", self.gaps_nm, c) for name, c in zip(OUTCOMES, self.chances.T, strict=True)
        )
        lines = (Line("share converted: median and 95 %", self.gaps_nm, middle, low, high), *chances)
        return Curves(
            lines, "bare film between rod and donors (nm)", "share or probability", (-0.02, 1.02), None, "log"
        )

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON types."""
        return {"gaps_nm": self.gaps_nm.tolist(), "share": self.share.tolist(), "chances": self.chances.tolist()}


def gap_curve(
    host: Kind,
    donor: Kind,
    donors: int,
    gaps_nm: Sequence[float],
    heating: Heating,
    draws: Draws,
    weights: Array | None = None,
) -> GapCurve:
    """Heat one host in the middle of a ring of donors at each gap, in every sample."""
    shares, chances = [], []
    for gap in gaps_nm:
        history = heat_film(ring(host, donor, donors, float(gap)), {"host": host, "donor": donor}, heating, draws,
                            weights=weights)  # fmt: skip
        shares.append(weighted_quantile(history.share[-1, 0], BAND, weights))
        chances.append(history.chances[-1, :, 0])
    return GapCurve(np.asarray(gaps_nm), np.array(shares), np.array(chances))


def ring(host: Kind, donor: Kind, donors: int, gap_nm: float) -> Layout:
    """Return a host with donors on a ring around it, rim to rim `gap_nm`; ValueError: so many do not fit."""
    far = host.radius_nm + gap_nm + donor.radius_nm
    if donors > fitting(host, donor, gap_nm):
        raise ValueError(f"{donors} donors do not fit on a ring {gap_nm:g} nm from a rod")
    angle = 2.0 * np.pi * np.arange(donors) / donors
    centres = np.vstack([[0.0, 0.0], far * np.stack([np.cos(angle), np.sin(angle)], axis=1)])
    names = ("host", *("donor" for _ in angle))
    return Layout(names, centres, np.full(donors + 1, np.nan), bounding_nm2(centres))


def fitting(host: Kind, donor: Kind, gap_nm: float) -> int:
    """Return how many donors fit on a ring around a host, half a nanometre between them."""
    far = host.radius_nm + gap_nm + donor.radius_nm
    half = (donor.radius_nm + 0.25) / far
    return int(np.pi / np.arcsin(half)) if half < 1.0 else 1
