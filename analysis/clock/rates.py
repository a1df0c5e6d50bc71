"""Rates of the minutes clock: how fast a particle sublimes, exchanges its metal and loses its phosphorus.

Three extents, each a share of what the particle started with, describe it: CdSe sublimed, CdSe exchanged, P lost.
Whatever a rate must pass in turn (desorption, activated steps, supply, diffusion) adds as resistances in series. The
laws themselves are compiled (`rate_law`); here particle and inputs become their records.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from ase.units import kB
from numpy.typing import NDArray
from scipy.constants import R, k
from scipy.special import i0, k0

from nanokiln.analysis.clock import rate_law
from nanokiln.analysis.clock.contents import VOLUME_NM3, Amount, Particle
from nanokiln.analysis.clock.distributions import Draws
from nanokiln.analysis.clock.mechanisms import holds
from nanokiln.analysis.clock.rate_law import ACTIVATED, END, POOLS, REACTIONS, RECORD, SITES_PER_NM2, SLOWEST_PER_S
from nanokiln.analysis.clock.thermochemistry import (
    DISPROPORTIONATION,
    PHOSPHIDE_TO_P2,
    PHOSPHIDE_TO_P4,
    SUBLIMATION,
    Reaction,
    bar_Pa,
    heating_table,
    hertz_knudsen_per_nm2_s,
)

__all__ = ["END", "SITES_PER_NM2", "STEPS", "Rates", "series"]

Array = NDArray[np.float64]
STEPS = ("desorption", "kick-out", "penetration", "diffusion", "supply")
LN10 = float(np.log(10.0))
ONE_BAR = bar_Pa(np.zeros(1))
STEP_INPUTS = {
    "kick_out": "Cu kick-out of Cd",
    "penetration": "Cu penetration into CdSe",
    "detachment": "Cu detachment to substrate",
    "escape": "P escape from Cu3P",
    "through": "P through copper",
}
BARN_NM2 = 1e-10


@dataclass(frozen=True)
class Rates:
    """Particle and inputs, ready to give the speed of every extent; without `vacuum` nothing leaves.

    Extents are (3, samples), temperatures (samples,). Which hypotheses hold is told by the inputs (`mechanisms.holds`).
    """

    particle: Particle
    draws: Draws
    vacuum: bool = True

    @cached_property
    def samples(self) -> int:
        """How many samples the inputs have."""
        return len(next(iter(self.draws.values())))

    @cached_property
    def numbers(self) -> dict[str, float]:
        """Stoichiometric numbers of the exchange."""
        return dict(self.particle.exchange.numbers)

    @cached_property
    def metal_name(self) -> str:
        """The metal that enters the host."""
        return "Pb" if "Pb" in self.numbers else "Cu"

    @cached_property
    def _reactions(self) -> tuple[Reaction, ...]:
        return SUBLIMATION, DISPROPORTIONATION, PHOSPHIDE_TO_P2, PHOSPHIDE_TO_P4, self.particle.exchange

    @cached_property
    def heat(self) -> Array:
        """What heating adds to -ln K of the reactions times T, in K, (reactions, temperatures)."""
        return np.ascontiguousarray([heating_table(of) / R for of in self._reactions])

    @cached_property
    def records(self) -> NDArray[np.void]:
        """Everything the laws need, one record per sample."""
        found = np.zeros(self.samples, dtype=RECORD)
        for fill in (self._contents, self._thermochemistry, self._steps, self._coefficients, self._hypotheses):
            for name, value in fill().items():
                found[name] = value
        return found

    def _contents(self) -> dict[str, Array | float]:
        of = self.particle
        host = np.maximum(np.asarray(of.host, dtype=float), 1.0)  # at least one, so that shares are defined
        phosphide = np.maximum(np.asarray(of.phosphide, dtype=float), 1.0)
        selenide = of.pool == "selenide"
        metal = np.asarray(of.metal, dtype=float)
        depleted = self.draws["phosphide_start"] if of.pool == "phosphide" else 0.0
        plain = ("area_nm2", "phosphide_area_nm2", "radius_nm", "path_nm", "gap_nm", "donor_radius_nm")
        return {
            **{name.removesuffix("_nm2").removesuffix("_nm"): np.asarray(getattr(of, name)) for name in plain},
            "host": host,
            "phosphide": phosphide,
            "metal": metal,
            "has_host": float(np.any(np.asarray(of.host) > 0)),
            "has_phosphide": float(np.any(np.asarray(of.phosphide) > 0)),
            "pool": float(POOLS.index(of.pool)),
            "metal_number": -self.numbers[self.metal_name],
            "copper_start": (3.0 - depleted) * phosphide,
            "contact_area": self._contact_nm2(),
            "shrink": of.shrink,
            "vacuum": float(self.vacuum),
            "donors": of.donors,
            "spreading": spreading(of.gap_nm, of.donor_radius_nm, 10.0 ** self.draws["log10_film_range_nm"]),
            "capacity": np.maximum(metal * (self.draws["selenide_width"] if selenide else 1.0), 1e-9),
            "donor_copper": np.maximum(metal * (2.0 if selenide else 1.0), 1e-9),
        }

    def _contact_nm2(self) -> Array | float:
        """Return where phosphide touches the host, both sides of a plate, or copper metal, the cut of a sphere."""
        if np.any(np.asarray(self.particle.host) > 0):
            return np.asarray(2.0 * np.pi * np.square(self.particle.radius_nm))
        return np.where(np.asarray(self.particle.metal) > 0, np.asarray(self.particle.phosphide_area_nm2) / 4.0, 0.0)

    def _thermochemistry(self) -> dict[str, Array]:
        found = {}
        for name, of in zip(REACTIONS, self._reactions, strict=True):
            found[f"H_{name}"], found[f"S_{name}"] = of.enthalpy(self.draws) / R, of.entropy(self.draws) / R
        gases = {"flux_Cd": "Cd(g)", "flux_Se2": "Se2(g)", "flux_P2": "P2(g)", "flux_P4": "P4(g)"}
        return found | {name: hertz_knudsen_per_nm2_s(ONE_BAR, 1.0, gas) for name, gas in gases.items()}

    def _steps(self) -> dict[str, Array]:
        found = {}
        for name in ACTIVATED:
            if name == "diffusion":
                nu, E = self.draws["log10_D0_Cu_cm2_s"] + 14.0, self.draws["diffusion_eV"]
            else:
                step = STEP_INPUTS[name]
                nothing = np.zeros(self.samples)  # for a step that no hypothesis has brought
                nu, E = self.draws.get(f"log10_nu_{step}", nothing), self.draws.get(f"E_{step}", nothing + np.inf)
            found[f"nu_{name}"], found[f"E_{name}"] = LN10 * nu, E / kB
        return found

    def _coefficients(self) -> dict[str, Array]:
        free = self._free_surface()
        # Contact with a metal changes the coefficient of the host where there is any; none is above one.
        contact = self.draws["log10_alpha_contact"] if self.particle.pool != "none" else 0.0
        return {
            "alpha": 10.0 ** np.minimum(self.draws["log10_alpha_CdSe"] + contact, 0.0) * free,
            "alpha_bare": 10.0 ** np.minimum(self.draws["log10_alpha_CdSe"], 0.0) * free,
            "alpha_P": 10.0 ** self.draws["log10_alpha_P"] * free,
            "alpha_P_copper": 10.0 ** self.draws.get("log10_alpha_P_copper", np.zeros(self.samples)) * free,
            "tension": 2.0 * self.draws["tension_J_m2"] * VOLUME_NM3["CdSe"] * 1e-18 / k,
            "phosphide_width": self.draws["phosphide_width"],
            "selenide_cost_K": self.draws["selenide_cost_eV"] / kB,
            "free_surface": free,
        }

    def _free_surface(self) -> Array:
        covered = self.draws.get("log10_free_surface", np.zeros(self.samples))
        return np.asarray(10.0 ** (holds("carbon residue", self.draws) * covered))

    def _hypotheses(self) -> dict[str, Array]:
        draws, beam = self.draws, holds("electron beam", self.draws)
        dose = 10.0 ** draws.get("log10_dose_rate_nm2_s", np.zeros(self.samples)) * BARN_NM2
        blocked = 0.0 if self.particle.nucleates else holds("copper must nucleate", draws)
        return {
            "bulk": holds("exchange through the bulk", draws),
            "balance": holds("charge balance", draws),
            "through": holds("phosphorus through copper", draws),
            "vanish": holds("donors vanish", draws),
            "nucleates": 1.0 - np.asarray(blocked),
            "beam_desorption": beam * dose * 10.0 ** draws.get("log10_desorption_barn", np.zeros(self.samples)),
            "beam_reduction": beam * dose * 10.0 ** draws.get("log10_reduction_barn", np.zeros(self.samples)),
        }

    def _each(self, law: Callable[..., Array], extents: Array, temperature_K: Array) -> Array:
        kelvin = np.ascontiguousarray(temperature_K, dtype=float)
        return np.asarray(law(self.records, self.heat, _state(extents), kelvin))

    def copper_per_phosphorus(self, extents: Array) -> Array:
        """Return Cu/P of the phosphide, metallic copper included."""
        return np.asarray(rate_law.each_copper_per_phosphorus(self.records, _state(extents)))

    def ln_copper_activity(self, extents: Array, temperature_K: Array) -> Array:
        """Return ln of the metal's activity in its source, and with it how willingly the source gives."""
        return np.asarray(self._each(rate_law.each_ln_copper_activity, extents, temperature_K))

    def area_nm2(self, extents: Array) -> Array:
        """Return the area the host shows to the vacuum, which follows the anions left."""
        return np.asarray(rate_law.each_area_nm2(self.records, _state(extents)))

    def exchange_steps(self, extents: Array, temperature_K: Array) -> dict[str, Array]:
        """Return the exchanges per second that each step alone would allow."""
        found = self._each(rate_law.each_exchange_steps, extents, temperature_K)
        return dict(zip(STEPS, found, strict=True))

    def sublimation_per_s(self, extents: Array, temperature_K: Array) -> Array:
        """Return CdSe units that leave per second as Cd and Se2, helped by surface tension."""
        return np.asarray(self._each(rate_law.each_sublimation_per_s, extents, temperature_K))

    def phosphorus_per_s(self, extents: Array, temperature_K: Array) -> Array:
        """Return P atoms that leave the phosphide per second as P2 and P4."""
        return np.asarray(self._each(rate_law.each_phosphorus_per_s, extents, temperature_K))

    def speeds(self, extents: Array, temperature_K: Array) -> Array:
        """Return d(extents)/dt in 1/s, shape (3, samples)."""
        return self._each(rate_law.each_speeds, extents, temperature_K)


def spreading(gap_nm: Amount, donor_radius_nm: float, range_nm: Array) -> Array:
    """Return the resistance of bare film around a donor up to where adatoms are taken, times 2 pi D.

    That is ln(1 + gap/r) where every adatom arrives, and more where the film keeps those that went further than their
    range: I0(b/L) K0(r/L) - I0(r/L) K0(b/L) with b = r + gap, the solution of D lap(c) = c/tau with L2 = D tau.
    """
    inner, outer = donor_radius_nm / range_nm, (donor_radius_nm + np.asarray(gap_nm, dtype=float)) / range_nm
    return np.asarray(i0(outer) * k0(inner) - i0(inner) * k0(outer))


def series(rates: list[Array]) -> Array:
    """Return the rate through steps that must be passed one after the other."""
    return 1.0 / sum(1.0 / np.maximum(rate, SLOWEST_PER_S) for rate in rates)  # type: ignore[return-value]


def _state(extents: Array) -> Array:
    return np.ascontiguousarray(extents.T, dtype=float)
