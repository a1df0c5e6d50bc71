"""What is measured as curves: phonon bands, densities of states, free energies, forces against forces."""

from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import PlainSerializer, PlainValidator


def _array(values: object) -> NDArray[np.float64]:
    return np.asarray(values, dtype=float)


def _rounded(values: NDArray[np.float64]) -> list[Any]:
    return list(np.round(values, 4).tolist())


# An array that is kept as a JSON list with four decimals.
KeptArray = Annotated[NDArray[np.float64], PlainValidator(_array), PlainSerializer(_rounded)]


@dataclass(frozen=True)
class Dispersion:
    """Frequencies (THz, imaginary ones negative) along a path: `distance` (points,), `bands` (points, branches), with
    the positions and names of the corners."""

    distance: KeptArray
    bands: KeptArray
    ticks: list[float]
    labels: list[str]


@dataclass(frozen=True)
class Density:
    """Density of states: modes per atom and THz, `density` (n,), at `frequency_THz` (n,), imaginary ones negative."""

    frequency_THz: KeptArray
    density: KeptArray


@dataclass(frozen=True)
class FreeEnergy:
    """Harmonic free energy of the vibrations, `F_meV_atom` (n,), zero-point part included, at `T_K` (n,).

    `imaginary_share` of all modes is left out of it; anything but 0 says that the number is no free energy.
    """

    T_K: KeptArray
    F_meV_atom: KeptArray
    imaginary_share: float


@dataclass(frozen=True)
class ForcePairs:
    """Force components (eV/A) as labelled, `teacher` (n,), and as the measured potential gives them, `student` (n,)."""

    teacher: KeptArray
    student: KeptArray
