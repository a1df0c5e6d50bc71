"""Repairs of a cut grain, each logged atom by atom: dangling atoms, formal charge, contacts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nanokiln.structures.builders.contacts import contacts_between, radii_A
from nanokiln.structures.crystals.crystal import Grain, coordination


@dataclass
class RepairLog:
    """What was carved and every atom that was taken away since, with the policy that asked for it."""

    carved: dict[str, int] = field(default_factory=dict)
    removed: list[dict[str, Any]] = field(default_factory=list)

    def start(self, grain: Grain) -> Grain:
        """Note how many atoms a grain came out of the carving with."""
        self.carved[grain.name] = len(grain)
        return grain

    def drop(self, grain: Grain, lost: NDArray[np.bool_], policy: str) -> Grain:
        """Take atoms away and write down which."""
        species = grain.species()
        self.removed += [
            {
                "policy": policy,
                "domain": grain.name,
                "element": str(species[i]),
                "site": int(grain.sites[i]),
                "cell_index": [int(c) for c in grain.cells[i]],
            }
            for i in np.flatnonzero(lost)
        ]
        return grain.keep(~lost)

    def to_notes(self) -> dict[str, Any]:
        """Return the log as plain data for `Model.notes`."""
        return {"carved": dict(self.carved), "removed": list(self.removed)}


def trim(grain: Grain, log: RepairLog, least_bonds: int = 2) -> Grain:
    """Take away atoms held by fewer than `least_bonds` bonds within their grain, until there is none."""
    while len(grain):
        bonded, bulk = coordination(grain)
        lost = bonded < np.minimum(least_bonds, bulk)
        if not lost.any():
            return grain
        grain = log.drop(grain, lost, "trim")
    raise ValueError(f"domain {grain.name} is so small that trimming leaves nothing of it: make it larger")


def neutralise(grain: Grain, log: RepairLog) -> Grain:
    """Take away the least bonded, outermost ions of the excess sign until the grain's formal charge is zero."""
    for _ in range(1000):
        charges = grain.charges()
        excess = float(charges.sum())
        if abs(excess) < 1e-9:
            return grain
        candidates = np.flatnonzero(charges * np.sign(excess) > 0)
        count = max(1, int(abs(excess) // np.abs(charges[candidates]).max()))
        bonded, bulk = coordination(grain)
        points = grain.positions_A()
        away = np.linalg.norm(points - points.mean(axis=0), axis=1)
        order = np.lexsort((candidates, -np.round(away[candidates], 6), (bonded / np.maximum(bulk, 1))[candidates]))
        lost = np.zeros(len(grain), dtype=bool)
        lost[candidates[order[:count]]] = True
        grain = log.drop(grain, lost, "neutral")
    raise ValueError(f"domain {grain.name} cannot be made neutral: its formal charges do not add up to zero")


def reach_ratio(grain: Grain, ratio: Mapping[str, float], log: RepairLog, seed: int = 1) -> Grain:
    """Take away randomly chosen atoms of whatever is in excess until the elements stand in the ratio asked for."""
    species = grain.species()
    counts = {element: int((species == element).sum()) for element in ratio}
    if set(ratio) != set(species.tolist()):
        raise ValueError(
            f"domain {grain.name} holds {', '.join(sorted(set(species.tolist())))}: give the ratio of these"
        )
    units = min(count / ratio[element] for element, count in counts.items())
    random = np.random.default_rng(seed)
    lost = np.zeros(len(grain), dtype=bool)
    for element, count in counts.items():
        excess = count - round(units * ratio[element])
        lost[random.choice(np.flatnonzero(species == element), excess, replace=False)] = True
    return log.drop(grain, lost, "ratio")


def repair(grain: Grain, log: RepairLog, stoichiometry: str | Mapping[str, float], least_bonds: int) -> Grain:
    """Trim a freshly carved grain and then bring its composition to the policy: as-cut, neutral, or a ratio."""
    grain = trim(grain, log, least_bonds)
    if stoichiometry == "neutral":
        return neutralise(grain, log)
    return grain if isinstance(stoichiometry, str) else reach_ratio(grain, stoichiometry, log)


def remove_contacts(kept: Grain, other: Grain, log: RepairLog, below: float) -> Grain:
    """Take from `other` the atoms that come closer to `kept` than `below` covalent radius sums."""
    found = contacts_between(kept.positions_A(), radii_A(kept.species()), other.positions_A(), radii_A(other.species()))
    lost = np.zeros(len(other), dtype=bool)
    lost[found.second[found.ratio < below]] = True
    return log.drop(other, lost, "contact") if lost.any() else other
