"""Gold on a rod: clusters of the body that dissolve atom by atom or move as a whole, and the tips that collect them."""

from dataclasses import dataclass

import numpy as np
from ase.units import kB
from numpy.typing import NDArray

from nanokiln.analysis.clock.barriers import rate_per_s
from nanokiln.analysis.clock.distributions import Draws
from nanokiln.analysis.clock.heating import ZERO_C_K, Heating

Array = NDArray[np.float64]
DETACH, HOP, ACROSS, MOVE = (
    "Au detachment from a cluster",
    "Au hop on CdSe",
    "Au from rod to substrate",
    "Au cluster motion",
)
ATOMS_PER_NM3 = 4.0 / 0.40782**3
STEP_NM = 0.43  # lattice constant of CdSe along the side of a rod


@dataclass(frozen=True)
class Ripening:
    """Share of the body's gold left and of the tips' gain, (times, samples), against the noted minutes."""

    minutes: Array
    temperature_C: Array
    body_left: Array
    tip_gain: Array


def edge_atoms(diameter_nm: Array | float) -> Array:
    """Return the atoms along the contact line of a cluster, from which atoms step onto the rod."""
    return np.pi * np.asarray(diameter_nm) / 0.288


def dissolution_per_s(diameter_nm: Array | float, temperature_K: Array | float, draws: Draws) -> Array:
    """Return the rate at which a cluster of this size loses its atoms, as a share of the cluster per second."""
    atoms = ATOMS_PER_NM3 * np.pi / 6.0 * np.asarray(diameter_nm) ** 3
    return edge_atoms(diameter_nm) * rate_per_s(DETACH, temperature_K, draws) / atoms


def arrival_per_s(distance_nm: float, temperature_K: Array | float, draws: Draws) -> Array:
    """Return the rate at which a cluster reaches a tip this far away, by diffusive steps of one lattice constant."""
    diffusivity = STEP_NM**2 / 2.0 * rate_per_s(MOVE, temperature_K, draws)
    return 2.0 * diffusivity / distance_nm**2


def ripen(
    heating: Heating, draws: Draws, holder_K: float, diameter_nm: float = 2.0, distance_nm: float = 8.0
) -> Ripening:
    """Follow the gold of a rod's body through a heating programme; what leaves the body arrives at the tips."""
    minutes = np.unique(np.concatenate([heating.minutes, np.linspace(0, heating.minutes[-1], 400)]))
    nominal = heating.temperature_C(minutes)
    temperature_K = ZERO_C_K + nominal[:, None] + holder_K * draws["holder"]
    per_s = dissolution_per_s(diameter_nm, temperature_K, draws) + arrival_per_s(distance_nm, temperature_K, draws)
    steps = np.diff(minutes)[:, None] * 60.0
    exposure = np.concatenate([np.zeros((1, per_s.shape[1])), np.cumsum((per_s[1:] + per_s[:-1]) / 2 * steps, axis=0)])
    left = np.exp(-exposure)
    return Ripening(minutes, nominal, left, 1.0 - left)


def crossover_nm(diameter_nm: float, temperature_K: float, draws: Draws) -> Array:
    """Return the distance at which a cluster's way to the tip takes as long as its dissolution."""
    diffusivity = STEP_NM**2 / 2.0 * rate_per_s(MOVE, temperature_K, draws)
    return np.sqrt(2.0 * diffusivity / dissolution_per_s(diameter_nm, temperature_K, draws))


def inter_over_intra(temperature_K: float, draws: Draws) -> Array:
    """Return how often an adatom steps down to the substrate per step along the rod."""
    more = 10.0 ** (draws[f"log10_nu_{ACROSS}"] - draws[f"log10_nu_{HOP}"])
    return np.asarray(more * np.exp(-draws[f"E_{ACROSS}"] / (kB * temperature_K)))
