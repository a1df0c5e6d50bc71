"""Computed numbers in place of tabulated ones: energies of a potential, barriers by nudged elastic band.

Nothing here replaces a table or a range by itself. What the clock answers with each is set side by side.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.constants import N_A, R, e
from scipy.optimize import brentq

from nanokiln.analysis.clock.barriers import COMPUTED, barriers
from nanokiln.analysis.clock.clock import default_inputs
from nanokiln.analysis.clock.clock_scene import Scenes, run_scenes
from nanokiln.analysis.clock.distributions import Distribution, Draws, draw
from nanokiln.analysis.clock.outcome import Plateau, midpoint, plateau_probabilities, product_share, summary
from nanokiln.analysis.clock.thermochemistry import (
    COPPER_EXCHANGE,
    PHOSPHIDE_TO_P2,
    SUBLIMATION,
    elements,
    species,
)
from nanokiln.analysis.measured import Result

Inputs = dict[str, Distribution]
# Crystals of `nanokiln potentials validate` by the species of the thermochemical table.
CRYSTALS = {"CdSe": "CdSe-wz", "Cu2Se": "Cu2Se", "Cu3P": "Cu3P", "CdS": "CdS-wz", "Cu2S": "Cu2S", "PbSe": "PbSe"}
# 0.15 eV per formula: the middle of the 0.1 to 0.2 eV by which computed energies of reaction are usually wrong.
ENERGY_KJ_MOL = 14.5
ENTROPY_J_MOL_K = 4.0  # per atom: anharmonic part and thermal expansion, which the harmonic crystal lacks
MEV_J_MOL = 1e-3 * N_A * e
ROOM_K, HOT_K = 298.15, 673.15


def computed_energies(column: Mapping[str, Any]) -> Inputs:
    """Return H (kJ/mol) and S (J/(mol K)) at 298 K from the measured column of a potential or teacher.

    `column` is the JSON that `nanokiln potentials validate` stores: formation energies stand for enthalpies (of a
    crystal that is no minimum as it is built the lowest found below it, by `quench`), and harmonic free energies give
    entropies where no mode is imaginary. ValueError: it holds neither.
    """
    rows = {(r["property"], r["subject"], r["quantity"]): r for r in column["rows"]}
    found: Inputs = {}
    for name, crystal in CRYSTALS.items():
        built, lowest = ("formation energy", crystal, "formation"), ("quench", crystal, "formation of the lowest")
        formation, at_rest = (rows.get(key, {}).get("value") for key in (built, lowest))
        formation = formation if at_rest is None else at_rest
        if formation is not None:
            found[f"H_{name}"] = Distribution(value=round(formation, 1), sigma=ENERGY_KJ_MOL)
        free = rows.get(("phonons", crystal, "F(300 K)"), {})
        if free.get("value") is not None and not rows[("phonons", crystal, "imaginary share")]["value"]:
            atoms = sum(elements(species()[name].formula).values())
            entropy = round(atoms * harmonic_entropy(free["value"]), 1)
            found[f"S_{name}"] = Distribution(value=entropy, sigma=ENTROPY_J_MOL_K * atoms)
    if not found:
        raise ValueError(f"{column.get('name', 'the column')} holds no formation energy and no free energy to use")
    return found


def harmonic_entropy(free_meV_atom: float, at_K: float = 300.0) -> float:
    """Return S at 298.15 K in J/(mol K) per atom from a harmonic free energy at about that temperature.

    By the Einstein crystal of the same free energy: above its own temperature a crystal knows only the mean of the
    logarithms of its frequencies.
    """
    wanted = free_meV_atom * MEV_J_MOL

    def excess(theta_K: float) -> float:
        return float(R * (1.5 * theta_K + 3.0 * at_K * np.log1p(-np.exp(-theta_K / at_K))) - wanted)

    x = brentq(excess, 1.0, 3000.0) / ROOM_K
    return float(3.0 * R * (x / np.expm1(x) - np.log1p(-np.exp(-x))))


def computed_barriers(path: Path = COMPUTED, only: Collection[str] | None = None) -> Inputs:
    """Return barriers and prefactors by nudged elastic band of the steps that the clock knows, and D(Cu) from the hop.

    D0 is ways/6 times the frequency times the jump squared. `only` names the steps to take, all without it.
    """
    known = default_inputs()
    found: Inputs = {}
    for name, entry in barriers(path).items():
        if only is not None and name not in only:
            continue
        if f"E_{name}" in known:
            found |= {f"E_{name}": entry.barrier_eV, f"log10_nu_{name}": entry.log10_prefactor}
        if name == "Cu hop in CdSe":
            shift = float(np.log10(entry.provenance.get("ways", 2) / 6.0 * (entry.provenance["jump_A"] * 1e-8) ** 2))
            found |= {"diffusion_eV": entry.barrier_eV, "log10_D0_Cu_cm2_s": _shifted(entry.log10_prefactor, shift)}
    return found


def _shifted(of: Distribution, by: float) -> Distribution:
    moved = {key: value + by for key in ("value", "low", "high") if (value := getattr(of, key)) is not None}
    return Distribution(**moved, sigma=of.sigma)


@dataclass(frozen=True)
class Outlook:
    """What the clock answers with one set of inputs: reactions in kJ/mol, plateaus by scene, midpoints by ramp."""

    name: str
    replaced: Inputs
    reactions: dict[str, Result]
    plateaus: dict[str, list[Plateau]]
    midpoints: dict[str, Result]

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON types."""
        return {
            "name": self.name,
            "replaced": {key: one.model_dump(exclude_none=True) for key, one in self.replaced.items()},
            "reactions": {key: one.to_json() for key, one in self.reactions.items()},
            "plateaus": {scene: [plateau.to_json() for plateau in held] for scene, held in self.plateaus.items()},
            "midpoints": {key: one.to_json() for key, one in self.midpoints.items()},
        }


def outlook(
    name: str,
    replaced: Inputs,
    scenes: Scenes,
    samples: int = 600,
    seed: int = 2019,
    inputs: Mapping[str, Distribution] | None = None,
) -> Outlook:
    """Run scenes with some inputs replaced and nothing conditioned; same shares of every input.

    Scenes with holds give plateaus, ramps give midpoints. ValueError: an input that the clock does not know.
    """
    inputs = dict(inputs or default_inputs())
    if unknown := sorted(set(replaced) - set(inputs)):
        raise ValueError(f"no input is called {unknown[0]!r}")
    draws = draw(inputs | replaced, samples, seed)
    histories = run_scenes(scenes, scenes, draws)
    held = {scene: history for scene, history in histories.items() if history.heating.plateau_ends()}
    plateaus = {scene: plateau_probabilities(history, product_share(history)) for scene, history in held.items()}
    ramps = {scene: summary(scene, midpoint(histories[scene]), "C") for scene in histories if scene not in held}
    return Outlook(name, replaced, _reactions(draws), plateaus, ramps)


def _reactions(draws: Draws) -> dict[str, Result]:
    return {
        of.name: summary(f"{of.name} at 400 C", of.gibbs(HOT_K, draws) / 1e3, "kJ/mol")
        for of in (COPPER_EXCHANGE, SUBLIMATION, PHOSPHIDE_TO_P2)
    }
