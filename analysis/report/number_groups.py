"""The numbers of a run in groups: what was measured first, and folded away what counts for little or means nothing."""

from dataclasses import dataclass

from nanokiln.analysis.measure.order import ON_A_LATTICE
from nanokiln.analysis.measured import Measured, Result

_SIZE = ("atoms", "steps", "frames", "ranks")


@dataclass(frozen=True)
class NumberGroup:
    """Rows under a `title`, with a `note` on what they are worth; `anchor` names their table."""

    anchor: str
    title: str
    note: str
    rows: tuple[Result, ...]


def number_groups(measured: Measured) -> tuple[NumberGroup, ...]:
    """Return the numbers that have a value: the measured ones, then those to fold, each row in one group.

    Folded are numbers of a lattice from where there is none any more, errors of forces, and the size of the run.
    """
    found: dict[str, list[Result]] = {"results": [], "lost": [], "forces": [], "size": []}
    for row in measured.rows:
        if row.value is not None:
            found[_kind(row)].append(row)
    found["forces"].sort(key=lambda row: (row.temperature_K or 0.0, row.domain))
    found["size"].sort(key=lambda row: _SIZE.index(row.quantity))
    lost = measured.one(quantity="lattice_lost")
    since = "" if lost is None or lost.value is None else f" from {lost.value:.0f} K on"
    notes = {
        "results": ("", ""),
        "lost": (
            "Not meaningful: numbers of a lattice after it was lost",
            "Taken over the whole run or from its last frame, while less than half of the inner atoms lie on a lattice"
            f"{since}. They are kept because they were computed, and describe no crystal.",
        ),
        "forces": (
            "Errors of the forces",
            "How far the forces of the potential are expected to be off its teacher's, the larger model that it was "
            "fitted to, on frames of this run.",
        ),
        "size": ("Size of the run", ""),
    }
    return tuple(NumberGroup(kind, *notes[kind], tuple(rows)) for kind, rows in found.items() if rows)


def _kind(row: Result) -> str:
    if row.quantity in _SIZE:
        return "size"
    if row.quantity == "force_error":
        return "forces"
    return "lost" if row.quantity in ON_A_LATTICE and "lattice_lost_K" in row.provenance else "results"
