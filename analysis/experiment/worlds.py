"""Worlds that are wrong on purpose: what each makes of the clock's inputs."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from nanokiln.analysis.clock.distributions import Draws

BARRIER = "E_"
VOLATILE_KJ_MOL = 150.0  # by which every vapour is put too low


@dataclass(frozen=True)
class World:
    """A change of the clock's draws under a name, and in words what is wrong with it."""

    name: str
    about: str
    change: Callable[[Draws], Draws]


def _replaced(draws: Draws, value: float, wanted: Callable[[str], bool]) -> Draws:
    """Return draws with one value for every input that is wanted; ValueError where there is none."""
    names = [name for name in draws if wanted(name)]
    if not names:
        raise ValueError("the clock has no input that this world would change")
    return draws | {name: np.full_like(draws[name], value) for name in names}


def _nothing_evaporates(draws: Draws) -> Draws:
    return _replaced(draws, -30.0, lambda name: name in ("log10_alpha_CdSe", "log10_alpha_P"))


def _everything_evaporates(draws: Draws) -> Draws:
    free = _replaced(draws, 0.0, lambda name: name.startswith("log10_alpha"))
    escaping = _replaced(free, 0.3, lambda name: name == "E_P escape from Cu3P")
    vapours = [name for name in draws if name.startswith("H_") and name.endswith("(g)")]
    return escaping | {name: draws[name] - VOLATILE_KJ_MOL for name in vapours}


def _high_barriers(draws: Draws) -> Draws:
    """Spread every barrier over 3 to 4 eV, in the order of its samples."""
    names = [name for name in draws if name.startswith(BARRIER) or name == "diffusion_eV"]
    shares = {name: np.argsort(np.argsort(draws[name])) / max(len(draws[name]) - 1, 1) for name in names}
    return draws | {name: 3.0 + share for name, share in shares.items()}


def _immobile_copper(draws: Draws) -> Draws:
    return _replaced(draws, 5.0, lambda name: name.startswith(f"{BARRIER}Cu ") or name == "diffusion_eV")


WORLDS = (
    World("nothing evaporates", "evaporation coefficients of 1e-30", _nothing_evaporates),
    World("barriers of 3-4 eV", "every activated step has a barrier of 3 to 4 eV", _high_barriers),
    World("everything evaporates", "every vapour 150 kJ/mol lower, coefficients of 1", _everything_evaporates),
    World("copper immobile", "every step of copper has a barrier of 5 eV", _immobile_copper),
)
