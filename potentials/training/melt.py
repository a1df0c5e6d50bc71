"""Melts, drops and gases of any composition, packed at random, where reactions may take a model of known crystals.

Crystals, contacts and particles of crystals hold their elements in few ratios. A plate that loses its copper does not:
students to which no such mixture was shown put phosphorus among selenium 300 to 500 meV/atom too low, and fell in. A
hot gas finds such holes where few atoms meet.
"""

from collections.abc import Mapping

import ase
import numpy as np
from ase.formula import Formula

PACKED = ("melt", "drop", "gas")
APART_A, CLOSER, TRIES = 2.15, 0.97, 4000
LOOSE = {"melt": 1.1, "drop": 1.1, "gas": 8.0}  # of the crystals' volume
GAS_K = 5000.0
VACUUM_A = 13.0


def packed(formula: str, volume_A3: Mapping[str, float], shape: str, rng: np.random.Generator) -> ase.Atoms:
    """Return the atoms of a formula at random places 2.15 A or more apart (closer where they do not fit).

    A melt lies in a periodic cube a tenth larger than their `volume_A3` in crystals, a drop of that volume in vacuum, a
    gas in a cube of eight times theirs.
    """
    count = Formula(formula).count()
    symbols = np.repeat([*count], [*count.values()])
    rng.shuffle(symbols)
    drop, volume = shape == "drop", LOOSE[shape] * sum(volume_A3[symbol] for symbol in symbols)
    edge, radius = volume ** (1 / 3), (3 * volume / (4 * np.pi)) ** (1 / 3)
    apart, places = APART_A, np.empty((0, 3))
    while len(places) < len(symbols):
        tries = rng.uniform(-radius, radius, (TRIES, 3)) if drop else rng.uniform(0, edge, (TRIES, 3))
        if drop:
            tries = tries[(tries**2).sum(axis=1) < radius**2]
        before = len(places)
        for place in tries:
            between = places - place
            if not drop:
                between -= edge * np.rint(between / edge)
            if not len(places) or (between**2).sum(axis=1).min() > apart**2:
                places = np.vstack([places, place])
            if len(places) == len(symbols):
                break
        apart *= CLOSER if len(places) == before else 1.0
    out = ase.Atoms(list(symbols), places, pbc=True)
    if drop:
        out.center(vacuum=VACUUM_A / 2)
    else:
        out.set_cell([edge] * 3)
    return out
