"""Detection limits: how much of an element a map of given dose can show, and whether it did."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from nanokiln.analysis.microscope.element_map import expected_counts
from nanokiln.analysis.microscope.instrument import Exposure, Instrument

# L. A. Currie, Anal. Chem. 40 (1968) 586: a blank exceeds the decision level in 5 % of cases, and an amount at the
# detection limit stays below it in 5 %; the background is known from its neighbourhood in the spectrum.
ONE_SIDED = 1.645
LEAST = 2.71


@dataclass(frozen=True)
class DetectionLimit:
    """The smallest share of an element, of the atoms of `among`, that a dose shows in 95 of 100 pictures; `decision`
    is the count above which it is said to be there, `background` the count expected of nothing."""

    element: str
    share: float
    decision: float
    background: float
    dose_per_A2: float

    @property
    def sentence(self) -> str:
        """The limit in words."""
        told = f"above {100 * self.share:.2g} %" if self.share < 1 else "not at all"
        return f"{self.element} would be seen {told} at {self.dose_per_A2:.3g} electrons per square angstrom"


def detection_limit(
    element: str, atoms: Mapping[str, float], instrument: Instrument, exposure: Exposure
) -> DetectionLimit:
    """Return the limit for an element in a region that holds so many atoms, of which the cations or anions it would
    replace are `atoms[element]` if it took every place. ValueError without a dose.
    """
    whole = atoms[element]
    others = {name: np.asarray(float(number)) for name, number in atoms.items() if name != element}
    expected = expected_counts(others | {element: np.asarray(1.0)}, instrument, exposure)
    one_atom, background = float(expected[element][0]), float(expected[element][1])
    limit = (LEAST + 2 * ONE_SIDED * np.sqrt(background)) / one_atom
    decision = background + ONE_SIDED * np.sqrt(background)
    return DetectionLimit(element, float(limit / whole), float(decision), background, exposure.dose_per_A2 or 0.0)


def dose_to_see(share: float, element: str, atoms: Mapping[str, float], instrument: Instrument) -> float:
    """Return the dose (electrons per A2) at which a share of an element is just the detection limit."""
    low, high = 1e-2, 1e14
    for _ in range(80):
        middle = float(np.sqrt(low * high))
        seen = detection_limit(element, atoms, instrument, Exposure(middle)).share < share
        low, high = (low, middle) if seen else (middle, high)
    return high
