"""Barriers of elementary steps as data: a distribution each, and how it was obtained."""

from functools import cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
import yaml
from ase.units import kB
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from nanokiln.analysis.clock.distributions import Distribution, Draws

DATA = Path(__file__).parents[1] / "data"
COMPUTED = DATA / "barriers-neb.yaml"


class Barrier(BaseModel):
    """An activated step: barrier in eV, log10 of its attempt frequency in 1/s, and where both come from.

    A barrier computed by a nudged elastic band names potential, checksum and path in `provenance`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    barrier_eV: Distribution
    log10_prefactor: Distribution
    obtained: Literal["range", "literature", "neb"]
    source: str
    provenance: dict[str, Any] = Field(default_factory=dict)


@cache
def barriers(path: Path = DATA / "barriers.yaml") -> dict[str, Barrier]:
    """Return the barriers of a file, by the name of their step; those computed later can be kept in another file."""
    entries = yaml.safe_load(path.read_text()) or {}
    return {name: Barrier.model_validate(entry) for name, entry in entries.items()}


def barrier_inputs(path: Path = DATA / "barriers.yaml") -> dict[str, Distribution]:
    """Return the uncertain inputs `E_<step>` (eV) and `log10_nu_<step>`."""
    inputs = {}
    for name, entry in barriers(path).items():
        inputs[f"E_{name}"], inputs[f"log10_nu_{name}"] = entry.barrier_eV, entry.log10_prefactor
    return inputs


def computed_beside(step: str, path: Path = COMPUTED) -> str:
    """Return what a nudged elastic band gave for a step, in words for the reason of an answer, or nothing."""
    entry = barriers(path).get(step)
    if entry is None:
        return ""
    width = 1.96 * (entry.barrier_eV.sigma or 0.0)
    potential = entry.provenance.get("potential", "a potential")
    return f"a band on {potential} gives {entry.barrier_eV.mean:.2f} ± {width:.2f} eV for {step}"


@cache
def kinetic_inputs(path: Path = DATA / "kinetics.yaml") -> dict[str, Distribution]:
    """Return the inputs of the clock that are neither thermochemistry nor barriers."""
    return {name: Distribution.model_validate(entry) for name, entry in yaml.safe_load(path.read_text()).items()}


def rate_per_s(step: str, temperature_K: NDArray[np.float64] | float, draws: Draws) -> NDArray[np.float64]:
    """Return the rate of a step by Arrhenius, shape (samples,); a barrier of inf gives exactly zero."""
    return np.asarray(10.0 ** draws[f"log10_nu_{step}"] * np.exp(-draws[f"E_{step}"] / (kB * temperature_K)))
