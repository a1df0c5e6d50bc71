"""Spacings matched to candidate crystals: which fit, how well, and which cannot be told apart by spacing alone."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nanokiln.analysis.microscope.rings import forms
from nanokiln.structures.crystals.phases import load_phase, phase_names

Array = NDArray[np.float64]
NEAR = 0.02  # a spacing further off, relatively, is not explained
UNLIKE = 2.0  # the review's rule: the next worse fits by a residual this many times larger
STRONG = 0.25  # of the strongest ring; one that is missing speaks against the crystal


@dataclass(frozen=True)
class PhaseMatch:
    """How a crystal fits spacings: how many it explains, the root mean square deviation of all (per cent), and the
    strong rings of its powder, within what was seen, that no spacing stands for."""

    phase: str
    explained: int
    spacings: int
    residual_percent: float
    missing: tuple[float, ...] = ()

    @property
    def fits(self) -> bool:
        """Whether it explains all spacings but one in ten."""
        return self.explained >= 0.9 * self.spacings


@dataclass(frozen=True)
class MatchTable:
    """All candidates, the best first, and how well spacings were measured (per cent)."""

    matches: tuple[PhaseMatch, ...]
    error_percent: float

    @property
    def alike(self) -> tuple[str, ...]:
        """The phases that these spacings cannot tell from the best one, that one first."""
        best = self.matches[0]
        if not best.fits:
            return ()
        floor = max(best.residual_percent, self.error_percent)
        return (
            best.phase,
            *(
                one.phase
                for one in self.matches[1:]
                if one.fits and one.residual_percent < UNLIKE * floor and len(one.missing) <= len(best.missing)
            ),
        )

    @property
    def sentence(self) -> str:
        """What the spacings say, in words."""
        alike = self.alike
        if not alike:
            return "no candidate explains these spacings"
        if len(alike) > 1:
            return f"{' and '.join(alike)} cannot be told apart by spacing alone"
        best, *rest = self.matches
        told = f"{best.phase} fits to {best.residual_percent:.2f} %"
        if not rest:
            return told
        next_best = min(rest, key=lambda one: one.residual_percent)
        missing = f" and misses {len(next_best.missing)} strong rings" if next_best.missing else ""
        return f"{told}; of the others {next_best.phase} fits best, to {next_best.residual_percent:.2f} %{missing}"


def candidates(elements: Iterable[str]) -> tuple[str, ...]:
    """Return the shipped crystals that can be made of some elements."""
    there = set(elements)
    return tuple(name for name in phase_names() if set(load_phase(name).species) <= there)


def match_spacings(
    spacings_A: Sequence[float], phases: Sequence[str], error_percent: float = 0.3, powder: bool = False
) -> MatchTable:
    """Set measured spacings beside the rings of every candidate.

    `powder` says that all orientations were seen, so that a strong ring without a spacing counts against a crystal.
    Each spacing goes to the nearest ring and is explained if that is nearer than 2 %. ValueError without spacings.
    """
    measured = 1 / np.array(sorted(spacings_A, reverse=True))
    if not len(measured):
        raise ValueError("there are no spacings to match: the pattern has no ring or spot beyond the central beam")
    found = [_match(measured, phase, powder) for phase in phases]
    found.sort(key=lambda one: (not one.fits, len(one.missing), -one.explained, one.residual_percent))
    return MatchTable(tuple(found), error_percent)


def _match(measured: Array, phase: str, powder: bool) -> PhaseMatch:
    rings = forms(phase, longest_q=float(measured.max()) * 1.03)
    q, power = np.array([one[0] for one in rings]), np.array([one[1] for one in rings])
    nearest = np.argmin(abs(measured[:, None] / q[None] - 1), axis=1)
    off = measured / q[nearest] - 1
    near = abs(off) < NEAR
    residual = float(100 * np.sqrt(np.mean(off**2)))
    strong = q[(power > STRONG * power.max()) & (q > 0.97 * measured.min())]
    missing = [float(1 / one) for one in strong if np.min(abs(measured / one - 1)) > NEAR] if powder else []
    return PhaseMatch(phase, int(near.sum()), len(measured), residual, tuple(missing))
