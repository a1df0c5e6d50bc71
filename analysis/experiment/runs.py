"""Runs kept with an experiment: what was measured on them, thinned, beside their recipes."""

from dataclasses import replace
from pathlib import Path

from nanokiln.analysis.measured import Measured

KEPT_CURVES = ("phase_share", "stacking_share", "msd", "profile")


def shipped_records(folder: Path) -> tuple[Measured, ...]:
    """Return what was measured on the runs kept in a folder, in the order of their files' names."""
    return tuple(Measured.read(path) for path in sorted(folder.glob("*.json")))


def thinned(measured: Measured) -> Measured:
    """Return a run's numbers small enough to keep: of its curves those that answer rows, to five digits."""
    kept = tuple(one.thinned() for one in measured.curves if one.quantity in KEPT_CURVES)
    return replace(measured, curves=kept)


def phrase(measured: Measured) -> str:
    """Return which run it was, for the method of what it answers, and whether its potential was made for its heat."""
    origin, limit = measured.origin, measured.origin.validated_K
    told = f"run {origin.run}, {origin.atoms} atoms, {origin.time_ps:.0f} ps, to {origin.hottest_K:.0f} K"
    if limit is not None and limit[1] <= limit[0]:
        return f"{told}, its potential has no validated range"
    if limit is not None and origin.hottest_K > limit[1]:
        return f"{told}, above the {limit[1]:g} K its potential is validated to"
    return told
