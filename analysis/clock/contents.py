"""Particles of the minutes clock: how much of what, how large, where their metal comes from, and what it can make."""

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from nanokiln.analysis.clock.distributions import Draws
from nanokiln.analysis.clock.thermochemistry import COPPER_EXCHANGE, Reaction

Amount = NDArray[np.float64] | float
Pool = Literal["none", "metal", "phosphide", "selenide"]

# Volumes per formula unit (nm3) from the unit cells: CdSe 4.2985/7.0150 (PDF 8-459), Cu3P 6.9593/7.1430 (Olofsson,
# Acta Chem. Scand. 26 (1972) 2777), Cu2Se 5.84 (Gulay, Chem. Met. Alloys 4 (2011) 200), Cu 3.6149, PbSe 6.124.
VOLUME_NM3 = {
    "CdSe": 3**0.5 / 2 * 0.42985**2 * 0.70150 / 2,
    "Cu3P": 3**0.5 / 2 * 0.69593**2 * 0.71430 / 6,
    "Cu2Se": 0.584**3 / 4,
    "Cu": 0.36149**3 / 4,
    "PbSe": 0.6124**3 / 4,
}


@dataclass(frozen=True)
class Particle:
    """A particle, or as many as there are samples: every amount is a number or an array of shape (samples,).

    `host` CdSe units, `phosphide` Cu3P units, `metal` atoms of the metal pool (of copper, or of lead), or Cu2Se units
    of the donors where the pool is `selenide`. `area_nm2` and `phosphide_area_nm2` face the vacuum; `radius_nm` sets
    the surface tension's pressure, `path_nm` the way through the solid. `gap_nm` is bare substrate between donor and
    particle, 0 for contact; `donors` how many feed one particle; `donor_radius_nm` their size. `shrink` is the power
    by which the area follows the anions left: 2/3 for a compact particle, 1 for a rod that shortens. `nucleates`
    says whether copper set free in the phosphide finds copper to join.
    """

    name: str
    host: Amount = 0.0
    phosphide: Amount = 0.0
    metal: Amount = 0.0
    pool: Pool = "none"
    exchange: Reaction = COPPER_EXCHANGE
    area_nm2: Amount = 0.0
    phosphide_area_nm2: Amount = 0.0
    radius_nm: Amount = 1e9
    path_nm: Amount = 1.0
    gap_nm: Amount = 0.0
    donors: Amount = 1.0
    donor_radius_nm: float = 3.5
    shrink: float = 2.0 / 3.0
    nucleates: bool = True

    def of_samples(self, rows: slice, samples: int) -> "Particle":
        """Return the particle with those of its amounts that are arrays over all samples cut to some of them."""
        cut: dict[str, Any] = {
            name: value[rows]
            for name, value in vars(self).items()
            if isinstance(value, np.ndarray) and value.shape == (samples,)
        }
        return replace(self, **cut)


def sandwich(diameter_nm: Amount = 12.0, height_nm: Amount = 9.0, phosphide_share: Amount = 1.0 / 3.0) -> Particle:
    """Return a CdSe/Cu3P/CdSe plate; `phosphide_share` is the part of its volume that is Cu3P."""
    radius = np.asarray(diameter_nm) / 2.0
    volume = np.pi * radius**2 * height_nm
    rim = 2.0 * np.pi * radius * height_nm
    share = np.asarray(phosphide_share)
    return Particle(
        "CdSe/Cu3P/CdSe sandwich",
        host=(1 - share) * volume / VOLUME_NM3["CdSe"],
        phosphide=share * volume / VOLUME_NM3["Cu3P"],
        pool="phosphide",
        area_nm2=2.0 * np.pi * radius**2 + (1 - share) * rim,
        phosphide_area_nm2=share * rim,
        radius_nm=radius,
        path_nm=np.asarray(height_nm) / 2.0,
    )


def rod(length_nm: Amount = 35.0, diameter_nm: Amount = 5.0, name: str = "CdSe rod") -> Particle:
    """Return a bare CdSe rod without any source of metal."""
    radius = np.asarray(diameter_nm) / 2.0
    return Particle(
        name,
        host=np.pi * radius**2 * length_nm / VOLUME_NM3["CdSe"],
        area_nm2=2.0 * np.pi * radius * length_nm + 2.0 * np.pi * radius**2,
        radius_nm=2.0 * radius,
        path_nm=np.asarray(length_nm) / 2.0,
        shrink=1.0,
    )


def sphere_units(diameter_nm: Amount, phase: str) -> Amount:
    """Return the formula units in a sphere."""
    return np.pi / 6.0 * np.asarray(diameter_nm) ** 3 / VOLUME_NM3[phase]


def fed_rod(draws: Draws, donors: Amount, length_nm: float, pool: Pool = "selenide") -> Particle:
    """Return rods of some length, each beside `donors` 7 nm spheres of Cu2Se or of copper."""
    phase = "Cu2Se" if pool == "selenide" else "Cu"
    units = np.asarray(donors) * sphere_units(7.0, phase)
    return replace(
        rod(length_nm, draws["rod_diameter_nm"]),
        metal=units * np.ones_like(draws["gap_nm"]),
        pool=pool,
        gap_nm=draws["gap_nm"],
        donors=np.asarray(donors) * np.ones_like(draws["gap_nm"]),
    )


def phosphide_particle(diameter_nm: Amount = 12.0, metal: Amount = 0.0, nucleates: bool = False) -> Particle:
    """Return a Cu3P sphere: alone (freed copper must find its own nucleus) or, with `nucleates`, on copper metal."""
    size = np.asarray(diameter_nm)
    return Particle(
        "Cu-Cu3P Janus" if nucleates else "Cu3P alone",
        phosphide=sphere_units(size, "Cu3P"),
        metal=metal,
        pool="phosphide",
        phosphide_area_nm2=np.pi * size**2,
        radius_nm=size / 2.0,
        path_nm=size / 2.0,
        nucleates=nucleates,
    )


def copper_per_selenium(phosphide_share: Amount, copper_per_phosphorus: Amount = 3.0) -> Amount:
    """Return Cu/Se of a sandwich in which this share of the volume is copper phosphide; Cu2Se throughout needs 2.

    >>> from nanokiln.analysis.clock import copper_per_selenium
    >>> round(float(copper_per_selenium(1 / 3)), 2)
    1.69
    """
    copper = copper_per_phosphorus * np.asarray(phosphide_share) / VOLUME_NM3["Cu3P"]
    return copper / ((1.0 - np.asarray(phosphide_share)) / VOLUME_NM3["CdSe"])


def product_volume_ratio(phosphide_share: Amount, copper_per_phosphorus: Amount = 3.0) -> Amount:
    """Return the volume of the Cu2Se that a sandwich's own copper makes over the sandwich's volume."""
    share = np.minimum(np.asarray(copper_per_selenium(phosphide_share, copper_per_phosphorus)) / 2.0, 1.0)
    return share * (1.0 - np.asarray(phosphide_share)) * VOLUME_NM3["Cu2Se"] / VOLUME_NM3["CdSe"]


def sufficient_phosphide_share(copper_per_phosphorus: Amount = 3.0) -> Amount:
    """Return the share of phosphide in the volume at which a sandwich's own copper is just enough."""
    need = 2.0 / VOLUME_NM3["CdSe"]
    return need / (need + np.asarray(copper_per_phosphorus) / VOLUME_NM3["Cu3P"])


def particles_given_up(phosphide_share: Amount, copper_per_phosphorus: Amount = 3.0) -> Amount:
    """Return the share of sandwiches that must give all their copper to the others."""
    return np.clip(1.0 - np.asarray(copper_per_selenium(phosphide_share, copper_per_phosphorus)) / 2.0, 0.0, 1.0)


def donors_per_rod(
    length_nm: Amount, diameter_nm: Amount, donor_diameter_nm: Amount = 7.0, copper_given: Amount = 0.075
) -> Amount:
    """Return the Cu2Se spheres a CdSe rod needs when each gives up a share `copper_given` of its copper."""
    selenium = np.pi / 4.0 * np.asarray(diameter_nm) ** 2 * length_nm / VOLUME_NM3["CdSe"]
    copper = 2.0 * np.pi / 6.0 * np.asarray(donor_diameter_nm) ** 3 / VOLUME_NM3["Cu2Se"] * copper_given
    return 2.0 * selenium / copper


def contraction() -> float:
    """Return the change of volume per Se from CdSe to Cu2Se, as a share: the Se lattice kept, the cations exchanged.

    >>> from nanokiln.analysis.clock import contraction
    >>> round(contraction(), 3)
    -0.113
    """
    return VOLUME_NM3["Cu2Se"] / VOLUME_NM3["CdSe"] - 1.0
