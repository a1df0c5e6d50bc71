"""Free enthalpy of a phase against temperature, from heat capacities and polynomials as they are published.

Only what heating adds is told here: G(T) - H(298 K) + T S(298 K), so that enthalpies and entropies stay inputs of
their own. Temperatures in K, energies in J/mol.
"""

from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator
from scipy.constants import R

Array = NDArray[np.float64]
ROOM_K = 298.15
# Beyond these the heat capacities enter no longer; the programmes of heating stages lie well within.
GRID_K = np.arange(200.0, 2000.5, 1.0)  # every kelvin, which `between` relies on
LOGARITHMIC = "T lnT"


class Stretch(BaseModel):
    """One stretch of temperature, up to `to_K`, in one of three forms.

    `gibbs` is a + b T + c T ln T + d T^n in J/mol by SGTE, powers of T as keys and the logarithmic one as "T lnT".
    `nasa7` are the seven coefficients of NASA TM-4513. `Cp` is a + b 1e-3 T + c 1e5/T^2 in J/(mol K), which starts with
    `transition_kJ`, the enthalpy of the transition from the stretch below.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    to_K: float = float(GRID_K[-1])
    gibbs: dict[str, float] | None = None
    nasa7: Annotated[tuple[float, ...], Field(min_length=7, max_length=7)] | None = None
    Cp: tuple[float, float, float] | None = None
    transition_kJ: float = 0.0

    @model_validator(mode="after")
    def _one_form(self) -> "Stretch":
        if [self.gibbs, self.nasa7, self.Cp].count(None) != 2:
            raise ValueError("give one of gibbs, nasa7 and Cp")
        if self.transition_kJ and self.Cp is None:
            raise ValueError("transition_kJ goes with Cp only; gibbs and nasa7 hold theirs")
        return self

    def absolute(self, T: Array) -> Array:
        """Return G by `gibbs` or `nasa7`, on the scale of their source."""
        if self.gibbs is not None:
            terms = [
                c * (T * np.log(T) if power == LOGARITHMIC else T ** float(power)) for power, c in self.gibbs.items()
            ]
            return np.asarray(sum(terms, np.zeros_like(T)))
        a1, a2, a3, a4, a5, a6, a7 = self.nasa7 or (0.0,) * 7
        shape = a1 * (1 - np.log(T)) - a2 * T / 2 - a3 * T**2 / 6 - a4 * T**3 / 12 - a5 * T**4 / 20 + a6 / T - a7
        return np.asarray(R * T * shape)

    def heat(self, T: Array | float, start_K: float) -> tuple[Array, Array]:
        """Return what `Cp` adds to H (J/mol) and S (J/(mol K)) from the start of the stretch to T."""
        a, b, c = np.multiply(self.Cp or (0.0,) * 3, (1.0, 1e-3, 1e5))
        enthalpy = a * (T - start_K) + b / 2 * (T**2 - start_K**2) - c * (1 / T - 1 / start_K)
        entropy = a * np.log(T / start_K) + b * (T - start_K) - c / 2 * (1 / T**2 - 1 / start_K**2)
        return np.asarray(enthalpy), np.asarray(entropy)


class ThermoPhase(BaseModel):
    """A phase: its stretches from low to high temperature, all in the same kind of form, and their source."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    name: str
    source: str
    stretches: Annotated[tuple[Stretch, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _rising(self) -> "ThermoPhase":
        ends = [one.to_K for one in self.stretches]
        if ends != sorted(set(ends)):
            raise ValueError(f"to_K of {self.name} must rise from stretch to stretch, not {ends}")
        if len({one.Cp is None for one in self.stretches}) > 1:
            raise ValueError(f"{self.name} mixes heat capacities with whole free enthalpies")
        return self

    def gibbs(self, temperature_K: Array | float) -> Array:
        """Return G in J/mol: of a phase given by `Cp` from zero H and S at 298 K, else on the scale of its source."""
        T = np.atleast_1d(np.asarray(temperature_K, dtype=float))
        which = np.minimum(
            np.searchsorted([one.to_K for one in self.stretches], T, side="right"), len(self.stretches) - 1
        )
        out = np.empty_like(T)
        enthalpy, entropy, start_K = 0.0, 0.0, ROOM_K
        for i, one in enumerate(self.stretches):
            mine = T[which == i]
            if one.Cp is None:
                out[which == i] = one.absolute(mine)
                continue
            if one.transition_kJ:
                enthalpy, entropy = enthalpy + 1e3 * one.transition_kJ, entropy + 1e3 * one.transition_kJ / start_K
            more, disorder = one.heat(mine, start_K)
            out[which == i] = enthalpy + more - mine * (entropy + disorder)
            end = one.heat(one.to_K, start_K)
            enthalpy, entropy, start_K = enthalpy + float(end[0]), entropy + float(end[1]), one.to_K
        return out

    def at_room(self) -> tuple[float, float]:
        """Return H in J/mol and S in J/(mol K) at 298 K on the scale of `gibbs`."""
        step = 0.1
        low, here, high = self.gibbs(np.array([ROOM_K - step, ROOM_K, ROOM_K + step]))
        entropy = float((low - high) / (2.0 * step))
        return float(here) + ROOM_K * entropy, entropy


def heating_gibbs(phases: tuple[ThermoPhase, ...]) -> Array:
    """Return G(T) - H(298 K) + T S(298 K) in J/mol on `GRID_K` of the phase that is lowest at each temperature.

    H and S are those of the first phase, to whose scale the others belong.
    """
    enthalpy, entropy = phases[0].at_room()
    lowest = np.min([phase.gibbs(GRID_K) for phase in phases], axis=0)
    return np.asarray(lowest - enthalpy + GRID_K * entropy)


def between(table: Array, temperature_K: Array | float) -> Array:
    """Return a table on `GRID_K` at any temperature, straight between its points and constant beyond its ends."""
    place = np.clip(np.asarray(temperature_K, dtype=float) - GRID_K[0], 0.0, len(GRID_K) - 1.0)
    below = np.minimum(place.astype(int), len(GRID_K) - 2)
    low = table[below]
    return np.asarray(low + (place - below) * (table[below + 1] - low))
