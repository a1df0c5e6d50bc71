"""The scenes of the review: which particles were heated how, in every sample of the uncertain inputs."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from nanokiln.analysis.clock.clock_scene import ClockScene
from nanokiln.analysis.clock.contents import Particle, fed_rod, phosphide_particle, rod, sandwich, sphere_units
from nanokiln.analysis.clock.distributions import Draws
from nanokiln.analysis.clock.heating import Heating
from nanokiln.analysis.clock.thermochemistry import LEAD_EXCHANGE

Array = NDArray[np.float64]
STAIRS = Heating.plateaus([300.0, 350.0, 400.0], hold_min=15.0, rate_C_per_min=20.0)
LONG_STAIRS = Heating.plateaus([300.0, 350.0, 400.0, 450.0], hold_min=15.0, rate_C_per_min=20.0)
PHOSPHIDE_STAIRS = Heating.plateaus([400.0, 550.0], hold_min=30.0, rate_C_per_min=60.0)
RAMP = Heating.ramp(700.0, rate_C_per_min=10.0, pieces=9)
CLEANING = Heating.plateaus([130.0], hold_min=240.0, rate_C_per_min=10.0)


def own_sandwich(draws: Draws) -> Particle:
    """Return sandwiches that have their own copper only."""
    return sandwich(draws["sandwich_diameter_nm"], draws["sandwich_height_nm"], draws["phosphide_share"])


def given_up(particle: Particle, draws: Draws) -> Array:
    """Return the share of sandwiches whose copper the others need to become Cu2Se throughout."""
    copper = (3.0 - draws["phosphide_start"]) * particle.phosphide
    return np.clip(1.0 - copper / (2.0 * np.asarray(particle.host)), 0.0, 1.0)


def fed_sandwich(draws: Draws) -> Particle:
    """Return the sandwiches that remain when the others are given up to feed them."""
    particle = own_sandwich(draws)
    share = given_up(particle, draws)
    return replace(particle, metal=share / (1.0 - share) * 3.0 * particle.phosphide * 1.02)


def given_up_sandwich(draws: Draws) -> Particle:
    """Return the sandwiches that gave their copper to the others, with what is left of them."""
    particle = own_sandwich(draws)
    return replace(particle, metal=-(3.0 - draws["phosphide_start"]) * particle.phosphide)


def rod_with_donors(draws: Draws) -> Particle:
    """Return rods beside an uncertain number of Cu2Se spheres."""
    donors = 10.0 ** draws["log10_donors_per_rod"]
    return fed_rod(draws, donors, 35.0)


def lead_dumbbell(draws: Draws) -> Particle:
    """Return CdSe rods of 20 nm in contact with PbSe and lead enough for all of them."""
    particle = rod(20.0, draws["rod_diameter_nm"])
    return replace(particle, metal=1.05 * np.asarray(particle.host), pool="metal", exchange=LEAD_EXCHANGE)


def janus(draws: Draws, diameter_nm: Array | float | None = None) -> Particle:
    """Return Cu3P with as much volume of copper metal on it."""
    size = (
        draws["janus_diameter_nm"] if diameter_nm is None else np.asarray(diameter_nm) * np.ones_like(draws["gap_nm"])
    )
    each = size / 2.0 ** (1.0 / 3.0)
    return phosphide_particle(each, metal=sphere_units(each, "Cu"), nucleates=True)


SHOWN = Heating.plateaus([450.0, 500.0], hold_min=10.0, rate_C_per_min=60.0)
SCENES: dict[str, ClockScene] = {
    "sandwich": ClockScene("CdSe/Cu3P/CdSe sandwiches with their own copper", own_sandwich, STAIRS, 30.0),
    "sandwich-fed": ClockScene("sandwiches fed by those given up", fed_sandwich, STAIRS, 30.0),
    "sandwich-given-up": ClockScene("sandwiches without their copper", given_up_sandwich, STAIRS, 30.0),
    "sandwich-ramp": ClockScene("sandwiches with their own copper, 10 C/min", own_sandwich, RAMP, 30.0),
    "CdSe-alone": ClockScene(
        "CdSe rods alone", lambda d: rod(35.0, d["rod_diameter_nm"], "CdSe alone"), LONG_STAIRS, 30.0
    ),
    "Cu3P-alone": ClockScene(
        "Cu3P plates alone", lambda d: phosphide_particle(d["sandwich_diameter_nm"]), PHOSPHIDE_STAIRS, 30.0
    ),
    "Cu3P-nucleating": ClockScene(
        "Cu3P alone, copper nucleating freely",
        lambda d: phosphide_particle(d["sandwich_diameter_nm"], nucleates=True),
        PHOSPHIDE_STAIRS,
        10.0,
    ),
    "janus": ClockScene("Cu-Cu3P particles of 15 nm", lambda d: janus(d, 15.0), SHOWN, 10.0),
    "rod": ClockScene("CdSe rods beside Cu2Se spheres", rod_with_donors, STAIRS, 10.0),
    "rod-ramp": ClockScene("CdSe rods beside ample Cu2Se, 10 C/min", lambda d: fed_rod(d, 400.0, 35.0), RAMP, 10.0),
    "wire-ramp": ClockScene("CdSe wires beside ample Cu2Se, 10 C/min", lambda d: fed_rod(d, 4000.0, 350.0), RAMP, 10.0),
    "rod-copper-ramp": ClockScene(
        "CdSe rods beside ample copper, 10 C/min", lambda d: fed_rod(d, 400.0, 35.0, "metal"), RAMP, 10.0
    ),
    "rod-ample": ClockScene("CdSe rods beside ample Cu2Se", lambda d: fed_rod(d, 400.0, 35.0), STAIRS, 10.0),
    "rod-cleaning": ClockScene(
        "CdSe rods beside ample Cu2Se at 130 C", lambda d: fed_rod(d, 400.0, 35.0), CLEANING, 10.0
    ),
    "lead-ramp": ClockScene("PbSe-CdSe dumbbells, 10 C/min", lead_dumbbell, RAMP, 10.0),
}
