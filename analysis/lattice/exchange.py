"""Exchange: which atom replaced which, by what mechanism, what crossed an interface, and what left."""

from collections import Counter
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from nanokiln.analysis.lattice.tracking import Occupation
from nanokiln.analysis.motion.rigid import BOND_A, connected
from nanokiln.analysis.trajectory.trajectory import Snapshot, Trajectory

Index = NDArray[np.int64]
Mechanism = Literal["vacancy", "kick-out"]

# Formal charges in compounds, for the balance of domains.
CHARGE = {"Cd": 2, "Cu": 1, "Zn": 2, "Pb": 2, "Bi": 3, "Se": -2, "S": -2, "Te": -2, "P": -3, "Au": 0}
_SPECK = 12  # atoms: a smaller piece that has come loose is gas


@dataclass(frozen=True)
class Replacement:
    """One event: at `census` the site that atom `old` had left was taken by atom `new`, empty for `gap` censuses."""

    site: int
    census: int
    old: int
    new: int
    gap: int

    @property
    def mechanism(self) -> Mechanism:
        """A site that stood empty in between was a vacancy; one that never did was taken by kicking out."""
        return "vacancy" if self.gap else "kick-out"


def find_replacements(occupation: Occupation, elements: NDArray[np.str_], dwell: int = 2) -> tuple[Replacement, ...]:
    """Return every event in which an atom of one element took the site of an atom of another, in order of time.

    Only stays of at least `dwell` censuses count. An atom that comes back to its own site is no event.
    """
    atom = occupation.settled(dwell).atom
    last, since = atom[0].copy(), np.zeros(atom.shape[1], dtype=np.int64)
    events = []
    for census in range(1, len(atom)):
        here = atom[census]
        came = np.flatnonzero((here >= 0) & (last >= 0) & (here != last))
        for site in came[elements[here[came]] != elements[last[came]]]:
            gap = census - 1 - int(since[site])
            events.append(Replacement(int(site), census, int(last[site]), int(here[site]), gap))
        since = np.where(here >= 0, census, since)
        last = np.where(here >= 0, here, last)
    return tuple(events)


def count_by_elements(events: tuple[Replacement, ...], elements: NDArray[np.str_]) -> dict[tuple[str, str], int]:
    """Return the number of events by what was replaced by what, such as {("Cd", "Cu"): 12}."""
    return dict(Counter((str(elements[e.old]), str(elements[e.new])) for e in events))


def crossings(
    occupation: Occupation,
    hole_domain: Index,
    elements: NDArray[np.str_],
    n_domains: int,
    built: Index | None = None,
    dwell: int = 2,
) -> dict[str, Index]:
    """Return per element how many atoms went from domain i to domain j, (n_domains, n_domains), over the whole time.

    `hole_domain` (n_holes,) is each hole's domain at the start, so that the interfaces are those of the start. Each
    change of domain counts, there and back as two; the net flux is the matrix minus its transpose.

    `built` (n_atoms,) is the domain that each atom was built in. Who sits on no site at first is there; who sits on a
    site of another domain at first, at the contact, and moves to one of its own has crossed nothing.
    """
    atom = occupation.settled(dwell).atom
    where = np.full(len(elements), -1, dtype=np.int64) if built is None else built.copy()
    if len(atom) and built is not None:
        where[atom[0][atom[0] >= 0]] = hole_domain[atom[0] >= 0]
    at_home = np.full(len(elements), True)
    out = {name: np.zeros((n_domains, n_domains), dtype=np.int64) for name in sorted(set(elements.tolist()))}
    for row in atom:
        seated = np.flatnonzero(row >= 0)
        atoms, now = row[seated], hole_domain[seated]
        before = where[atoms]
        crossed = (before >= 0) & (before != now)
        if built is not None:
            crossed &= ~(at_home[atoms] & (now == built[atoms]))
            at_home[atoms[crossed]] = False
        for name, matrix in out.items():
            mine = crossed & (elements[atoms] == name)
            np.add.at(matrix, (before[mine], now[mine]), 1)
        where[atoms] = now
    return out


def lost_atoms(trajectory: Trajectory, index: int = -1) -> Index:
    """Return the atoms that have left by a frame: no longer in the file, or in a loose piece of fewer than twelve.

    Who was loose from the start, as in a gas, has left nothing.
    """
    first, then = trajectory.frame(0), trajectory.frame(index)
    held = attached(first, trajectory.periodic)
    return np.flatnonzero(~then.present | (held & ~attached(then, trajectory.periodic)))


def attached(snapshot: Snapshot, periodic: NDArray[np.bool_], bond_A: float = BOND_A) -> NDArray[np.bool_]:
    """Return which atoms belong to a piece of at least twelve, (n_atoms,)."""
    here = np.flatnonzero(snapshot.present)
    label, _ = connected(snapshot.positions[here] - snapshot.origin, snapshot.cell, periodic, bond_A)
    out = np.zeros(len(snapshot.positions), dtype=bool)
    out[here] = np.bincount(label)[label] >= _SPECK
    return out


def formal_charges(elements: NDArray[np.str_], metal: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the formal charge of each atom (n_atoms,), in e; those of a metal are neutral, NaN where none is known."""
    charge = np.array([CHARGE.get(name, np.nan) for name in elements], dtype=float)
    return np.where(metal, 0.0, charge)


def net_charge(charge: NDArray[np.float64], domain: Index, n_domains: int) -> NDArray[np.float64]:
    """Return the formal charge of each domain, (n_domains,), from the charge and the domain of each atom, -1 for none.

    NaN where the charge of an atom in it is not known.
    """
    inside = domain >= 0
    return np.asarray(np.bincount(domain[inside], charge[inside], minlength=n_domains))


def cation_deficit(elements: NDArray[np.str_], cation: str, anion: str, full: float) -> tuple[float, float]:
    """Return x of a phase such as Cu(2-x)Se (`full` = 2) from the elements of a region, and its counting error.

    The error is Poisson in the number of vacancies: a region with none seen still has an error of one vacancy.

    >>> import numpy as np
    >>> from nanokiln.analysis.lattice import cation_deficit
    >>> x, error = cation_deficit(np.array(["Cu"] * 182 + ["Se"] * 100), "Cu", "Se", full=2)
    >>> round(x, 2), round(error, 2)  # Cu1.82(4)Se
    (0.18, 0.04)
    """
    cations, anions = int(np.sum(elements == cation)), int(np.sum(elements == anion))
    if anions == 0:
        return float("nan"), float("nan")
    missing = full * anions - cations
    return missing / anions, float(np.sqrt(max(abs(missing), 1.0))) / anions
