"""Rates of the minutes clock: how fast a particle sublimes, exchanges its metal and loses its phosphorus.

Three extents, each a share of what the particle started with, describe it: CdSe sublimed, CdSe exchanged, P lost.
Whatever a rate must pass in turn (desorption, activated steps, supply, diffusion) adds as resistances in series.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from ase.units import kB
from numpy.typing import NDArray
from scipy.constants import R, k

from nanokiln.analysis.clock.contents import VOLUME_NM3, Particle
from nanokiln.analysis.clock.distributions import Draws
from nanokiln.analysis.clock.thermochemistry import (
    DISPROPORTIONATION,
    PHOSPHIDE_TO_P2,
    PHOSPHIDE_TO_P4,
    SUBLIMATION,
    Reaction,
    bar_Pa,
    congruent_pressure_Pa,
    hertz_knudsen_per_nm2_s,
)

Array = NDArray[np.float64]
STEPS = ("desorption", "kick-out", "penetration", "diffusion", "supply")
SITES_PER_NM2 = 1.0 / (3**0.5 / 2 * 0.42985**2)  # CdSe (0001)
END = 0.005  # the share of a reactant over which its reaction dies out
SLOWEST_PER_S = 1e-300
LN10 = float(np.log(10.0))


@dataclass(frozen=True)
class Rates:
    """Particle and inputs, ready to give the speed of every extent; without `vacuum` nothing leaves."""

    particle: Particle
    draws: Draws
    vacuum: bool = True

    @cached_property
    def host(self) -> Array:
        """CdSe units, at least one, so that shares are defined."""
        return np.asarray(np.maximum(np.asarray(self.particle.host, dtype=float), 1.0))

    @cached_property
    def phosphide(self) -> Array:
        """Cu3P units, at least one."""
        return np.asarray(np.maximum(np.asarray(self.particle.phosphide, dtype=float), 1.0))

    @cached_property
    def log10_alpha(self) -> Array:
        """Evaporation coefficient of the host: changed by contact with a metal where there is any, never above one."""
        bare = self.draws["log10_alpha_CdSe"]
        contact = self.draws["log10_alpha_contact"] if self.particle.pool != "none" else 0.0
        return np.minimum(bare + contact, 0.0)

    @cached_property
    def numbers(self) -> dict[str, float]:
        """Stoichiometric numbers of the exchange."""
        return dict(self.particle.exchange.numbers)

    @cached_property
    def metal_name(self) -> str:
        """The metal that enters the host."""
        return "Pb" if "Pb" in self.numbers else "Cu"

    @cached_property
    def _thermo(self) -> dict[str, tuple[Array, Array]]:
        """H/R in K and S/R of every reaction that may run, summed once."""
        used = (SUBLIMATION, DISPROPORTIONATION, PHOSPHIDE_TO_P2, PHOSPHIDE_TO_P4, self.particle.exchange)
        return {of.name: (of.enthalpy(self.draws) / R, of.entropy(self.draws) / R) for of in used}

    @cached_property
    def _alpha(self) -> Array:
        return 10.0**self.log10_alpha

    @cached_property
    def _steps(self) -> dict[str, tuple[Array, Array]]:
        """ln of prefactor and E/k in K of every activated step."""
        names = ("Cu kick-out of Cd", "Cu penetration into CdSe", "Cu detachment to substrate", "P escape from Cu3P")
        found = {n: (LN10 * self.draws[f"log10_nu_{n}"], self.draws[f"E_{n}"] / kB) for n in names}
        found["diffusion"] = (LN10 * (self.draws["log10_D0_Cu_cm2_s"] + 14.0), self.draws["diffusion_eV"] / kB)
        return found

    def _ln_K(self, of: Reaction, temperature_K: Array) -> Array:
        enthalpy, entropy = self._thermo[of.name]
        return entropy - enthalpy / temperature_K

    def _step_per_s(self, name: str, temperature_K: Array) -> Array:
        ln_prefactor, activation_K = self._steps[name]
        return np.exp(ln_prefactor - activation_K / temperature_K)

    def metal_used(self, extents: Array) -> Array:
        """Return the metal atoms that the exchange has taken."""
        return np.asarray(-self.numbers[self.metal_name] * self.host * extents[1])

    def copper_left(self, extents: Array) -> Array:
        """Return the copper atoms left in the phosphide and in the metal it has given off."""
        start = 3.0 - (self.draws["phosphide_start"] if self.particle.pool == "phosphide" else 0.0)
        return start * self.phosphide + self.particle.metal - self.metal_used(extents)

    def copper_per_phosphorus(self, extents: Array) -> Array:
        """Return Cu/P of the phosphide, metallic copper included."""
        # At the very end of both, the ratio stays that of the compound instead of 0/0.
        phosphorus = np.maximum(1.0 - extents[2], 0.0) + END
        return np.asarray((np.maximum(self.copper_left(extents) / self.phosphide, 0.0) + 3.0 * END) / phosphorus)

    def ln_copper_activity(self, extents: Array, temperature_K: Array) -> Array:
        """Return ln of the metal's activity in its source, and with it how willingly the source gives."""
        if self.particle.pool == "phosphide":
            return self._ln_activity_phosphide(extents, temperature_K)
        if self.particle.pool == "selenide":
            used = self.metal_used(extents) / self._capacity
            return np.asarray(-self.draws["selenide_cost_eV"] / (kB * temperature_K) * np.clip(used, 0.0, 1.0))
        return np.zeros_like(extents[0])

    @cached_property
    def _capacity(self) -> Array:
        metal = np.asarray(self.particle.metal, dtype=float) * np.ones_like(self.host)
        if self.particle.pool == "selenide":
            metal = metal * self.draws["selenide_width"]
        return np.maximum(metal, 1e-9)

    def _ln_activity_phosphide(self, extents: Array, temperature_K: Array) -> Array:
        """Along Cu(3-x)P copper falls from that of the metal to that beside CuP2, then stays there.

        Where copper cannot nucleate it may also rise above the metal's.
        """
        cost = np.maximum(-self._ln_K(DISPROPORTIONATION, temperature_K) / 5.0, 0.0)
        depth = (3.0 - self.copper_per_phosphorus(extents)) / self.draws["phosphide_width"]
        ln_activity = -cost * (_ramp(depth) - _ramp(depth - 1.0))
        if not self.particle.nucleates:
            ln_activity = ln_activity + np.maximum(cost, 1.0) * np.minimum(_ramp(-depth), 60.0)
        return ln_activity

    def _metal_left(self, extents: Array) -> Array:
        """Return a factor that goes from one to zero as the source runs dry."""
        if self.particle.pool == "none":
            return np.zeros_like(extents[0])
        if self.particle.pool == "phosphide":
            left = self.copper_left(extents) / self.host
        else:
            left = (self._capacity - self.metal_used(extents)) / self.host
        return _dying_out(np.maximum(left, 0.0))

    def area_nm2(self, extents: Array) -> Array:
        """Return the area the host shows to the vacuum, which follows the anions left."""
        return np.asarray(self.particle.area_nm2 * np.clip(1.0 - extents[0], 1e-3, 1.0) ** self.particle.shrink)

    def exchange_steps(self, extents: Array, temperature_K: Array) -> dict[str, Array]:
        """Return the exchanges per second that each step alone would allow."""
        area = self.area_nm2(extents)
        sites = area * SITES_PER_NM2
        ln_a = self.ln_copper_activity(extents, temperature_K)
        ln_K = self._ln_K(self.particle.exchange, temperature_K) - self.numbers[self.metal_name] * ln_a
        flux = hertz_knudsen_per_nm2_s(bar_Pa(ln_K), temperature_K, "Cd(g)")
        return {
            "desorption": self.vacuum * self._alpha * area * flux,
            "kick-out": sites * self._step_per_s("Cu kick-out of Cd", temperature_K),
            "penetration": sites * self._step_per_s("Cu penetration into CdSe", temperature_K),
            "diffusion": self.host * self._step_per_s("diffusion", temperature_K) / np.square(self.particle.path_nm),
            "supply": self.supply_per_s(temperature_K, ln_a) / -self.numbers[self.metal_name],
        }

    def supply_per_s(self, temperature_K: Array, ln_activity: Array) -> Array:
        """Return the atoms per second that reach the particle over a bare substrate; contact is no limit.

        Adatoms in equilibrium with a donor diffuse outwards: 2 pi D c / ln(1 + gap/r), and D c = nu/4 exp(-E/kT)
        with E from the donor's edge to a hop on the substrate.
        """
        gap = np.asarray(self.particle.gap_nm, dtype=float)
        rate = self._step_per_s("Cu detachment to substrate", temperature_K) * np.exp(ln_activity)
        with np.errstate(divide="ignore"):
            spreading = np.log1p(gap / self.particle.donor_radius_nm)
            return np.where(gap > 0, self.particle.donors * np.pi / 2.0 * rate / spreading, 1e30)

    def sublimation_per_s(self, extents: Array, temperature_K: Array) -> Array:
        """Return CdSe units that leave per second as Cd and Se2, helped by surface tension."""
        left = np.clip(1.0 - extents[0], 0.02, 1.0)
        power = 0.0 if self.particle.shrink == 1.0 else 1.0 / 3.0
        radius = np.asarray(self.particle.radius_nm) * left**power
        tension = 2.0 * self.draws["tension_J_m2"] * VOLUME_NM3["CdSe"] * 1e-18 / radius
        ln_K = self._ln_K(SUBLIMATION, temperature_K) + tension / (k * temperature_K)
        flux = hertz_knudsen_per_nm2_s(congruent_pressure_Pa(ln_K), temperature_K, "Cd(g)")
        return self.vacuum * self._alpha * self.area_nm2(extents) * flux

    def phosphorus_per_s(self, extents: Array, temperature_K: Array) -> Array:
        """Return P atoms that leave the phosphide per second as P2 and P4: desorption and escape in series."""
        area = self.particle.phosphide_area_nm2 * np.clip(1.0 - extents[2], 1e-3, 1.0) ** (2.0 / 3.0)
        ln_a3 = 3.0 * self._ln_activity_phosphide(extents, temperature_K)
        flux = np.zeros_like(temperature_K)
        for of, gas, atoms in ((PHOSPHIDE_TO_P2, "P2(g)", 2.0), (PHOSPHIDE_TO_P4, "P4(g)", 4.0)):
            ln_p = atoms * (self._ln_K(of, temperature_K) - ln_a3)
            flux = flux + atoms * hertz_knudsen_per_nm2_s(bar_Pa(ln_p), temperature_K, gas)
        desorption = self.vacuum * 10.0 ** self.draws["log10_alpha_P"] * area * flux
        escape = area * SITES_PER_NM2 * self._step_per_s("P escape from Cu3P", temperature_K)
        return series([desorption, escape])

    def speeds(self, extents: Array, temperature_K: Array) -> Array:
        """Return d(extents)/dt in 1/s, shape (3, samples)."""
        out = np.zeros_like(extents)
        if np.any(np.asarray(self.particle.host) > 0):
            host_left = _dying_out(1.0 - extents[0] - extents[1])
            out[0] = self.sublimation_per_s(extents, temperature_K) / self.host * host_left
            if self.particle.pool != "none":
                rate = series(list(self.exchange_steps(extents, temperature_K).values()))
                out[1] = rate / self.host * host_left * self._metal_left(extents)
        if np.any(np.asarray(self.particle.phosphide) > 0):
            out[2] = self.phosphorus_per_s(extents, temperature_K) / self.phosphide * _dying_out(1.0 - extents[2])
        return out


def series(rates: list[Array]) -> Array:
    """Return the rate through steps that must be passed one after the other."""
    return 1.0 / sum(1.0 / np.maximum(rate, SLOWEST_PER_S) for rate in rates)  # type: ignore[return-value]


def _dying_out(left: Array) -> Array:
    """Return one while plenty is left, and a smooth way to zero at the end."""
    return left / (abs(left) + END)


def _ramp(depth: Array) -> Array:
    """Return max(depth, 0) with its corner rounded over a twentieth."""
    return 0.05 * np.logaddexp(0.0, depth / 0.05)
