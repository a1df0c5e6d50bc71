"""Thermochemistry: cited enthalpies and entropies, balanced reactions, and the vapour they keep up.

Energies in J/mol, entropies in J/(mol K), pressures in Pa. Species whose name ends in (g) are vapours.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated

import numpy as np
import yaml
from ase.data import atomic_masses, atomic_numbers
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field
from scipy.constants import R, bar, k, physical_constants

from nanokiln.analysis.clock.distributions import Distribution, Draws
from nanokiln.analysis.clock.free_enthalpy import ThermoPhase, between, heating_gibbs

Array = NDArray[np.float64]
ATOMIC_MASS_KG = physical_constants["atomic mass constant"][0]
DATA = Path(__file__).parents[1] / "data" / "thermochemistry.yaml"


class Species(BaseModel):
    """A substance: formula, enthalpy of formation H in kJ/mol and entropy S in J/(mol K) at 298 K, and their source.

    `phases` are those that heating may bring, the first the one that H and S belong to.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    formula: str
    state: str
    H: Distribution
    S: Distribution
    source: str
    phases: Annotated[tuple[ThermoPhase, ...], Field(min_length=1)]


@cache
def species() -> dict[str, Species]:
    """Return the shipped table of substances."""
    return {name: Species.model_validate(entry) for name, entry in yaml.safe_load(DATA.read_text()).items()}


def thermochemical_inputs(table: Mapping[str, Species] | None = None) -> dict[str, Distribution]:
    """Return the uncertain inputs of the table, named `H_<species>` (kJ/mol) and `S_<species>` (J/(mol K))."""
    inputs = {}
    for name, entry in (table or species()).items():
        inputs[f"H_{name}"], inputs[f"S_{name}"] = entry.H, entry.S
    return inputs


@cache
def elements(formula: str) -> dict[str, float]:
    """Return the number of atoms of each element of a formula such as Cu2Se or Cd(g).

    >>> from nanokiln.analysis.clock.thermochemistry import elements
    >>> elements("Cu2Se")
    {'Cu': 2.0, 'Se': 1.0}
    """
    counts: dict[str, float] = {}
    for symbol, number in re.findall(r"([A-Z][a-z]?)(\d*)", formula.removesuffix("(g)")):
        counts[symbol] = counts.get(symbol, 0.0) + float(number or 1)
    return counts


@dataclass(frozen=True)
class Reaction:
    """A balanced reaction: species and stoichiometric numbers, negative for what is used up.

    An unbalanced one is a ValueError that names the element.
    """

    name: str
    numbers: tuple[tuple[str, float], ...]

    def __post_init__(self) -> None:
        """Check the balance of every element."""
        for element, excess in self.balance().items():
            if abs(excess) > 1e-12:
                raise ValueError(f"reaction {self.name} is not balanced: {excess:+g} {element}")

    def balance(self) -> dict[str, float]:
        """Return what the reaction makes of each element, zero where it is balanced."""
        total: dict[str, float] = {}
        for name, number in self.numbers:
            for element, count in elements(name).items():
                total[element] = total.get(element, 0.0) + number * count
        return total

    def enthalpy(self, draws: Draws) -> Array:
        """Return the reaction enthalpy at 298 K in J/mol, shape (samples,)."""
        return sum((number * 1e3 * draws[f"H_{name}"] for name, number in self.numbers), np.zeros(1))

    def entropy(self, draws: Draws) -> Array:
        """Return the reaction entropy at 298 K in J/(mol K), shape (samples,)."""
        return sum((number * draws[f"S_{name}"] for name, number in self.numbers), np.zeros(1))

    def gibbs(self, temperature_K: Array | float, draws: Draws) -> Array:
        """Return the standard free enthalpy of reaction in J/mol."""
        return self.enthalpy(draws) - temperature_K * self.entropy(draws) + self.heating(temperature_K)

    def heating(self, temperature_K: Array | float) -> Array:
        """Return what heat capacities, transitions and melting add to the free enthalpy since 298 K, in J/mol."""
        return between(heating_table(self), temperature_K)


def heating_table(of: Reaction) -> Array:
    """Return `Reaction.heating` on `GRID_K`."""
    return _heating_table(of.numbers)


@cache
def _heating_table(numbers: tuple[tuple[str, float], ...]) -> Array:
    return np.asarray(sum(number * _heating_of(name) for name, number in numbers))


@cache
def _heating_of(name: str) -> Array:
    return heating_gibbs(species()[name].phases)


def reaction(name: str, **numbers: float) -> Reaction:
    """Return a reaction from keyword numbers, where a trailing _g means the vapour: reaction("a", Cd=-1, Cd_g=1)."""
    return Reaction(name, tuple((key.replace("_g", "(g)"), value) for key, value in numbers.items()))


SUBLIMATION = reaction("CdSe sublimes", CdSe=-1, Cd_g=1, Se2_g=0.5)
COPPER_EXCHANGE = reaction("Cu replaces Cd", CdSe=-1, Cu=-2, Cu2Se=1, Cd_g=1)
LEAD_EXCHANGE = reaction("Pb replaces Cd", CdSe=-1, Pb=-1, PbSe=1, Cd_g=1)
SULPHIDE_EXCHANGE = reaction("Cu replaces Cd in CdS", CdS=-1, Cu=-2, Cu2S=1, Cd_g=1)
PHOSPHIDE_TO_P2 = reaction("Cu3P loses P2", Cu3P=-1, Cu=3, P2_g=0.5)
PHOSPHIDE_TO_P4 = reaction("Cu3P loses P4", Cu3P=-1, Cu=3, P4_g=0.25)
DISPROPORTIONATION = reaction("Cu3P gives up Cu to CuP2", Cu3P=-2, CuP2=1, Cu=5)
COPPER_EVAPORATION = reaction("Cu evaporates", Cu=-1, Cu_g=1)
CADMIUM_EVAPORATION = reaction("Cd evaporates", Cd=-1, Cd_g=1)


def pressure_Pa(
    of: Reaction, gas: str, temperature_K: Array | float, draws: Draws, ln_activity: Array | float = 0.0
) -> Array:
    """Return the equilibrium pressure of the one vapour that a reaction gives off.

    `ln_activity` is ln of the product of the solids' activities, each to its stoichiometric number (products positive).

    >>> import numpy as np
    >>> from nanokiln.analysis.clock import pressure_Pa, reaction, thermochemical_inputs
    >>> table = {name: np.array([entry.mean]) for name, entry in thermochemical_inputs().items()}
    >>> evaporation = reaction("Cd evaporates", Cd=-1, Cd_g=1)
    >>> f"{pressure_Pa(evaporation, 'Cd(g)', 594.0, table)[0]:.0f} Pa"  # measured at the melting point: 15 Pa
    '15 Pa'
    """
    number = dict(of.numbers)[gas]
    return bar_Pa(-(of.gibbs(temperature_K, draws) / (R * temperature_K) + ln_activity) / number)


def bar_Pa(ln_bar: Array) -> Array:
    """Return a pressure in Pa from the logarithm of its value in bar, kept within what a float can hold."""
    return bar * np.exp(np.clip(ln_bar, -600.0, 100.0))


def congruent_pressure_Pa(ln_K: Array) -> Array:
    """Return the Cd pressure over CdSe that loses Cd and Se in equal numbers to vacuum, from ln K of `SUBLIMATION`.

    Equal fluxes by Hertz and Knudsen fix p(Se2) = p(Cd) sqrt(m(Se2)/m(Cd)) / 2; the mass action law does the rest.
    """
    ratio = 0.5 * np.sqrt(mass_kg("Se2(g)") / mass_kg("Cd(g)"))
    return bar_Pa((ln_K - 0.5 * np.log(ratio)) / 1.5)


@cache
def mass_kg(name: str) -> float:
    """Return the mass of one molecule."""
    return float(sum(n * atomic_masses[atomic_numbers[e]] for e, n in elements(name).items()) * ATOMIC_MASS_KG)


def hertz_knudsen_per_nm2_s(pressure: Array, temperature_K: Array | float, gas: str) -> Array:
    """Return the molecules that leave one square nanometre per second into vacuum, evaporation coefficient 1."""
    return 1e-18 * pressure / np.sqrt(2.0 * np.pi * mass_kg(gas) * k * np.asarray(temperature_K))


def difference(
    of: Reaction, temperature_K: float, replacement: Mapping[str, tuple[float, float]]
) -> tuple[float, float]:
    """Return the free enthalpy of a reaction in kJ/mol from the table and with some species replaced.

    `replacement` gives (H in kJ/mol, S in J/(mol K)) by species, from phonopy or a potential, say.
    """
    table = {name: np.array([entry.mean]) for name, entry in thermochemical_inputs().items()}
    other = dict(table)
    for name, (enthalpy, entropy) in replacement.items():
        if name not in species():
            raise ValueError(f"no species is called {name!r}; there are: {', '.join(species())}")
        other[f"H_{name}"], other[f"S_{name}"] = np.array([enthalpy]), np.array([entropy])
    return float(of.gibbs(temperature_K, table)[0]) / 1e3, float(of.gibbs(temperature_K, other)[0]) / 1e3
