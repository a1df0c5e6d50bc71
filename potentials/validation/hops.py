"""The hop of an atom into a vacancy: its barrier by nudged elastic band, its prefactor after Vineyard."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from ase import Atoms, units
from numpy.typing import NDArray

from nanokiln.potentials.validation.defects import supercell, vacancy
from nanokiln.potentials.validation.measurement import Bench, Measurement, relax
from nanokiln.potentials.validation.pathways import find_pathway

Floats = NDArray[np.float64]

REACH_A = 4.0  # of atoms that may answer to the hop, all others held; copper: 0.1 decade below 6 A
STEP_A = 0.01
PER_S = units.second  # ASE's unit of time is sqrt(u A2/eV)


@dataclass(frozen=True)
class Hop:
    """A relaxed start, the highest image of the band, the index of the atom that hops and the barrier in eV."""

    start: Atoms
    saddle: Atoms
    mover: int
    barrier_eV: float


def find_hop(bench: Bench, name: str, symbol: str, images: int = 3) -> Hop:
    """Return the hop of the nearest `symbol` atom into a vacancy, by a nudged elastic band.

    Raises RuntimeError when an end or the band does not relax.
    """
    perfect = supercell(bench.crystals[name])
    start, index = vacancy(perfect, symbol)
    others = [atom.index for atom in start if atom.symbol == symbol]
    vectors = perfect.get_distances(index, [i + (i >= index) for i in others], mic=True, vector=True)
    nearest = int(np.argmin(np.linalg.norm(vectors, axis=1)))
    end = start.copy()
    # Move to the image of the hole next to the atom, so that the band does not cross the cell.
    end.positions[others[nearest]] -= vectors[nearest]
    for cell in (start, end):
        relax(bench.attach(cell))
    path = find_pathway(start, end, bench.calculator, images, force_eV_A=0.01, steps=600)
    return Hop(start, path.saddle, others[nearest], path.barrier_eV)


def near(hop: Hop, reach_A: float = REACH_A) -> NDArray[np.int64]:
    """Return the indices of the atoms within `reach_A` of the hopping atom at its start or at the saddle."""
    everything = np.arange(len(hop.start))
    distances = [cell.get_distances(hop.mover, everything, mic=True) for cell in (hop.start, hop.saddle)]
    return np.flatnonzero(np.min(distances, axis=0) < reach_A)


def hessian(bench: Bench, atoms: Atoms, free: NDArray[np.int64]) -> Floats:
    """Return second derivatives (3 n, 3 n) of the energy over the `free` atoms, eV/A2, by central differences."""
    moved = bench.attach(atoms.copy())
    rows = []
    for index in free:
        for axis in range(3):
            forces = []
            for step in (STEP_A, -STEP_A):
                moved.positions[index, axis] += step
                forces.append(moved.get_forces()[free].ravel())
                moved.positions[index, axis] -= step
            rows.append((forces[1] - forces[0]) / (2 * STEP_A))
    found = np.array(rows)
    return np.asarray((found + found.T) / 2)


def vineyard_prefactor(minimum: Floats, saddle: Floats, masses_u: Floats) -> float:
    """Return the prefactor (1/s) of a hop from the Hessians (3 n, 3 n; eV/A2) at its minimum and its saddle.

    The product of the frequencies at the minimum over that of the real ones at the saddle (G. H. Vineyard, J. Phys.
    Chem. Solids 3 (1957) 121). Raises ValueError unless the minimum has none and the saddle one negative curvature.
    """
    weight = np.repeat(masses_u, 3) ** -0.5
    low, high = (np.linalg.eigvalsh(weight[:, None] * H * weight) for H in (minimum, saddle))
    falling = int((low <= 0).sum()), int((high <= 0).sum())
    if falling != (0, 1):
        raise ValueError(f"{falling[0]} falling directions at the minimum and {falling[1]} at the saddle, not 0 and 1")
    return float(np.exp((np.log(low).sum() - np.log(high[1:]).sum()) / 2) / (2 * np.pi) * PER_S)


def hop_prefactor(bench: Bench, hop: Hop, reach_A: float = REACH_A) -> float:
    """Return the Vineyard prefactor (1/s) of a hop from the atoms near it, all others held; ValueError as above.

    Both ends are first brought to rest with their own Hessian, because bands and relaxations end a little beside.
    """
    free = near(hop, reach_A)
    low, high = (settle(bench, cell, free) for cell in (hop.start, hop.saddle))
    return vineyard_prefactor(low, high, hop.start.get_masses()[free])


def settle(bench: Bench, atoms: Atoms, free: NDArray[np.int64], force_eV_A: float = 0.01, tries: int = 4) -> Floats:
    """Return the Hessian where the forces on the `free` atoms vanish, found by Newton steps from `atoms`.

    Raises ValueError when they do not: the place was no minimum or saddle.
    """
    here = atoms.copy()
    for _ in range(tries):
        curvature = hessian(bench, here, free)
        forces = bench.attach(here).get_forces()[free]
        if np.abs(forces).max() < force_eV_A:
            return curvature
        step = np.linalg.solve(curvature, forces.ravel()).reshape(-1, 3)
        here.positions[free] += step * min(1.0, 0.2 / np.abs(step).max())
    raise ValueError(f"forces above {force_eV_A} eV/A after {tries} Newton steps")


def compute_hops(bench: Bench, name: str) -> Iterator[Measurement]:
    """Barriers of hops into a vacancy and their prefactors, for the elements named as hopping."""
    for symbol in bench.subjects.phases[name].hops:
        quantity = f"{symbol} into a vacancy"
        try:
            hop = find_hop(bench, name, symbol)
        except RuntimeError as error:
            yield Measurement("hop barrier", name, quantity, "eV", None, str(error))
            yield Measurement("prefactor", name, quantity, "1/s", None, "no saddle was found")
            continue
        yield Measurement("hop barrier", name, quantity, "eV", hop.barrier_eV)
        try:
            yield Measurement("prefactor", name, quantity, "1/s", hop_prefactor(bench, hop))
        except ValueError as error:
            yield Measurement("prefactor", name, quantity, "1/s", None, str(error))
