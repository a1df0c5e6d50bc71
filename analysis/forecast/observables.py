"""What a microscope reads off a particle of the clock: atom fractions, volume, length, lattice constant."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from nanokiln.analysis.clock.clock import History
from nanokiln.analysis.clock.contents import VOLUME_NM3

Array = NDArray[np.float64]
ELEMENTS = ("Cd", "Cu", "Se", "P")
A_CDSE, A_CU2SE = (
    4.2985,
    5.84 / 2**0.5,
)  # in-plane spacing of the Se layers (A): a of wurtzite, a/sqrt2 of the cubic cell
LAYER_CDSE, LAYER_CU2SE = 7.0150 / 2, 5.84 / 3**0.5  # from one Se layer to the next (A)


def amounts(history: History) -> dict[str, Array]:
    """Return the atoms of every element in the particle itself, each (times, samples), without donors beside it."""
    host = np.asarray(history.particle.host, dtype=float)
    phosphide = np.asarray(history.particle.phosphide, dtype=float)
    metal = history.rates.metal_name
    product = -history.rates.numbers[metal] * host * history.converted
    found = {"Cd": host * history.cadmium_left, "Se": host * history.anion_left, metal: product}
    if history.particle.pool == "phosphide":
        found["Cu"] = found["Cu"] + _copper_left(history)
    return found | {"P": phosphide * history.phosphorus_left}


def _copper_left(history: History) -> Array:
    """Return the copper atoms of the phosphide and of the metal it has given off."""
    of = history.rates.records
    left = of["copper_start"] + of["metal"] - of["metal_number"] * of["host"] * history.converted
    return np.asarray(np.maximum(left, 0.0))


def fractions(history: History) -> dict[str, Array]:
    """Return atom fractions; NaN where nothing is left."""
    found = amounts(history)
    total = np.sum(list(found.values()), axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return {element: np.where(total > 0, amount / total, np.nan) for element, amount in found.items()}


def selenide_volume_nm3(history: History) -> Array:
    """Return the volume of the selenides, (times, samples), from the unit cells of CdSe and of the product."""
    host = np.asarray(history.particle.host, dtype=float)
    product = VOLUME_NM3["Cu2Se" if history.rates.metal_name == "Cu" else "PbSe"]
    return np.asarray(host * (history.cadmium_left * VOLUME_NM3["CdSe"] + history.converted * product))


def volume_ratio(history: History) -> Array:
    """Return the particle's volume over that at the start: selenides, phosphide, and copper set free in it."""
    phosphide = np.asarray(history.particle.phosphide, dtype=float) * history.phosphorus_left
    volume = selenide_volume_nm3(history) + phosphide * VOLUME_NM3["Cu3P"]
    if history.particle.pool == "phosphide":
        volume = volume + np.maximum(_copper_left(history) - 3.0 * phosphide, 0.0) * VOLUME_NM3["Cu"]
    return np.asarray(volume / volume[0])


def product_of_selenide(history: History) -> Array:
    """Return how much of the selenide left is product."""
    return np.asarray(history.converted / np.maximum(history.anion_left, 1e-9))


def length_nm(history: History) -> Array:
    """Return the length of a rod that shortens at constant diameter as Se leaves; its layers close up."""
    closing = 1.0 + (LAYER_CU2SE / LAYER_CDSE - 1.0) * product_of_selenide(history)
    return np.asarray(2.0 * np.asarray(history.particle.path_nm) * history.anion_left * closing)


def lattice_A(history: History) -> Array:
    """Return the mean spacing within the Se layers, between those of CdSe and of Cu2Se as the selenide is shared."""
    return np.asarray(A_CDSE + (A_CU2SE - A_CDSE) * product_of_selenide(history))


Observable = Callable[[History], Array]


def _fraction(element: str) -> Observable:
    def fraction(history: History) -> Array:
        return fractions(history)[element]

    return fraction


OBSERVABLES: dict[str, Observable] = {
    **{element: _fraction(element) for element in ELEMENTS},
    "length_nm": length_nm,
    "volume_ratio": volume_ratio,
    "lattice_A": lattice_A,
}


def observables_of(history: History) -> dict[str, Array]:
    """Return everything that a particle shows, by the names of `OBSERVABLES`; only a rod has a length."""
    found = {element: column for element, column in fractions(history).items() if np.nanmax(column, initial=0.0) > 0}
    if history.particle.shrink == 1.0:
        found["length_nm"] = length_nm(history)
    found["volume_ratio"] = volume_ratio(history)
    if np.any(np.asarray(history.particle.host) > 0):
        found["lattice_A"] = lattice_A(history)
    return found
