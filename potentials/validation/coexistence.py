"""Where a crystal melts: half of it molten, both halves together, and which of them grows."""

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
from ase import Atoms
from numpy.typing import NDArray

from nanokiln.potentials.cards.card import Card
from nanokiln.potentials.lammps.dynamics import deck, dynamics
from nanokiln.potentials.validation.measurement import Bench, Measurement

Floats = NDArray[np.float64]

ACROSS_A, ALONG_A = 10.0, 30.0
SLICE_A = 3.6
ORDERED = 0.5  # of a perfect slice's order; a hot crystal's is above 0.7, a melt's about the root of 1/n
LOST = 0.1  # of the framework: less is the scatter of one slice
SEEN = 0.2  # of the framework at the start of a hold: with less there is no crystal left to keep its share
STEPS_PER_PS = 500
SETTLE_PS, MELT_PS, FRAMES = 3.0, 3.0, 24


@dataclass(frozen=True)
class Reflection:
    """What is watched: the framework's atoms and the plane waves (n, 2) across z, in whole turns of the cell, in which
    every one of them is in phase in the perfect crystal."""

    atoms: NDArray[np.bool_]
    turns: NDArray[np.int64]


def tall_supercell(crystal: Atoms) -> Atoms:
    """Return the crystal repeated to 10 A across and 30 A along z, its atoms in the order of z."""
    least = (ACROSS_A, ACROSS_A, ALONG_A)
    tall = crystal.repeat([int(np.ceil(a / edge)) for a, edge in zip(least, crystal.cell.lengths(), strict=True)])
    return tall[np.argsort(tall.get_scaled_positions()[:, 2], kind="stable")]


def reflection(crystal: Atoms, tall: Atoms, framework: str) -> Reflection:
    """Return the longest waves across z in which the framework of the perfect crystal is in phase, layer by layer.

    Stacking along z does not matter to them. Raises ValueError when there are none.
    """
    across = crystal[crystal.symbols == framework].get_scaled_positions()[:, :2]
    orders = [hk for hk in product(range(-4, 5), repeat=2) if hk > (0, 0)]
    phased = [hk for hk in orders if abs(np.exp(2j * np.pi * across @ hk).mean()) > 0.9]
    if not phased:
        raise ValueError(f"no plane wave across z holds all {framework} in phase")
    reciprocal = crystal.cell.reciprocal()[:2]
    lengths = np.linalg.norm(np.array(phased) @ reciprocal, axis=1)
    repeats = np.rint(tall.cell.lengths() / crystal.cell.lengths())[:2].astype(np.int64)
    return Reflection(tall.symbols == framework, np.array(phased)[lengths < 1.01 * lengths.min()] * repeats)


def crystalline_share(frame: Atoms, watched: Reflection) -> float:
    """Return the share of the framework's atoms that lie in slices across z whose order is half a crystal's or more."""
    places = frame.get_scaled_positions()[watched.atoms]
    slices = max(int(frame.cell.lengths()[2] / SLICE_A), 2)
    which = np.minimum((places[:, 2] * slices).astype(np.int64), slices - 1)
    count = np.bincount(which, minlength=slices)
    waves = np.exp(2j * np.pi * places[:, :2] @ watched.turns.T)
    sums = [np.bincount(which, w.real, slices) + 1j * np.bincount(which, w.imag, slices) for w in waves.T]
    order = np.abs(sums).mean(axis=0) / np.maximum(count, 1)
    return float(count[order > ORDERED].sum() / count.sum())


def two_phases(card: Card, tall: Atoms, temperature_K: float, hold_ps: float, folder: Path) -> list[Atoms]:
    """Return frames of a crystal whose upper half was molten, both halves at one temperature and no pressure."""
    elements = tuple(sorted(set(tall.get_chemical_symbols())))
    bath = f"temp {temperature_K} {temperature_K} 0.1"
    hot_K = max(3 * temperature_K, 4000.0)
    start = (
        f"velocity all create {2 * temperature_K} 4711 mom yes rot no",
        f"fix move all npt {bath} aniso 0 0 1.0",
        f"group melt id > {len(tall) // 2}",
        "timestep 0.002",
        f"run {round(SETTLE_PS * STEPS_PER_PS)}",
        "unfix move",
        f"velocity melt create {hot_K} 4712",
        f"fix move melt langevin {hot_K} {hot_K} 0.1 4713",
        "fix step melt nve/limit 0.1",  # the melt stays in the crystal's volume: collisions are hard
        f"run {round(MELT_PS * STEPS_PER_PS)}",
        "unfix move",
        "unfix step",
        f"velocity all create {temperature_K} 4714 mom yes rot no",
        f"fix move all npt {bath} aniso 0 0 1.0",
        "reset_timestep 0",
    )
    steps = round(hold_ps * STEPS_PER_PS)
    return dynamics(tall, deck(elements, card.commands(elements), start, steps, steps // FRAMES), folder, limit_s=3600)


def stays(shares: Sequence[float]) -> bool:
    """Whether there was a crystal that kept its share: the mean of the last third of the hold beside the first frames.

    What melted while its upper half was made molten, before the hold began, did not stay.
    """
    third = len(shares) // 3
    first, last = float(np.mean(shares[: third // 2])), float(np.mean(shares[-third:]))
    return first > SEEN and last > first - LOST


def melting_bracket(
    bench: Bench, name: str, within_K: tuple[float, float], width_K: float, hold_ps: float
) -> tuple[float, float]:
    """Return the highest temperature (K) at which the crystalline half kept its share and the lowest at which it lost.

    By bisection of `within_K` down to `width_K`. A bracket, no melting point: in a hold of picoseconds a slow crystal
    neither grows nor melts near it. Raises ValueError without a card.
    """
    if bench.card is None:
        raise ValueError("needs LAMMPS: only cards are melted")
    crystal = bench.crystals[name]
    tall = tall_supercell(crystal)
    watched = reflection(crystal, tall, bench.subjects.phases[name].melting)
    low_K, high_K = within_K
    while high_K - low_K > width_K:
        middle_K = (low_K + high_K) / 2
        with tempfile.TemporaryDirectory() as folder:
            frames = two_phases(bench.card, tall, middle_K, hold_ps, Path(folder))
        shares = [crystalline_share(frame, watched) for frame in frames]
        if len(shares) == FRAMES + 1 and stays(shares):
            low_K = middle_K
        else:
            high_K = middle_K
    return low_K, high_K


def compute_melting(
    bench: Bench,
    name: str,
    within_K: tuple[float, float] = (300.0, 3000.0),
    width_K: float = 100.0,
    hold_ps: float = 12.0,
) -> Iterator[Measurement]:
    """The melting bracket of the crystals that name a framework to watch."""
    if not bench.subjects.phases[name].melting:
        return
    low_K, high_K = melting_bracket(bench, name, within_K, width_K, hold_ps)
    note = f"half molten, both halves held {hold_ps:g} ps at no pressure"
    lower = (low_K, note) if low_K > within_K[0] else (None, f"molten at every temperature tried, {note}")
    upper = (high_K, note) if high_K < within_K[1] else (None, f"crystalline at every temperature tried, {note}")
    yield Measurement("melting", name, "still crystal", "K", *lower)
    yield Measurement("melting", name, "gone", "K", *upper)
