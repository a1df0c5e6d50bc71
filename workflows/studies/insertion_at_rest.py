"""Copper in the van der Waals gap of Bi2Se3 and Bi2Te3: what it costs to enter and to hop, and when it would begin."""

from collections.abc import Iterator

import ase
import numpy as np
from scipy.constants import zero_Celsius

from nanokiln.analysis.measured import Result
from nanokiln.analysis.motion.arrhenius import temperature_to_travel_K
from nanokiln.potentials.cards.card import Card
from nanokiln.structures.crystals.phases import load_phase
from nanokiln.workflows.studies.relaxing import relax

_REPEAT = (3, 3, 1)
_POINTS = 5  # from the octahedral to the tetrahedral place of the gap
_ATTEMPT_PER_S = (1e12, 1e13)
_ERROR_EV = 0.15  # of the functional, as for the bands
_WAIT_S, _FAR_A, _HOP_A = 600.0, 50.0, 2.4  # ten minutes, half-way into a platelet of 10 nm, from place to place


def insertion(card: Card) -> Iterator[Result]:
    """Energy of a copper atom in the gap over copper metal, its barrier, and the temperature at which it comes through.

    The gap is held by the dispersion in the labels of this potential.
    """
    metal = relax(load_phase("Cu").atoms().repeat(3), card, "iso").energy_eV / 108
    for phase in ("Bi2Se3", "Bi2Te3"):
        host = load_phase(phase).atoms().repeat(_REPEAT)
        rest = relax(host, card, "aniso")
        host.set_cell(host.cell.array * rest.edges_A[[0, 0, 2]][:, None] / _edges_A(host)[:, None], scale_atoms=True)
        alone = relax(host, card).energy_eV
        places = along_the_gap(host)
        path = [relax(one, card, held=_held(len(one))).energy_eV for one in places]
        best = int(np.argmin(path))
        free = relax(places[best], card).energy_eV
        enters, hops = free - alone - metal, max(path) - min(path)
        method = f"{len(host)} atoms at rest, gap {gap_of(host):.2f} A; over copper metal under the same potential"
        yield Result(f"insertion {phase}", enters, "eV", "measured", method=method)
        told = ", ".join(f"{energy - min(path):.2f}" for energy in path)
        method = f"highest over lowest of five places from octahedral to tetrahedral, held in the plane: {told} eV"
        yield Result(f"hop in {phase}", hops, "eV", "measured", method=method)
        yield _onset(phase, max(enters, 0.0) + hops)


def _held(atoms: int) -> tuple[str, ...]:
    """Hold the copper, the last atom, in the plane and a distant atom of the host in place."""
    return (
        f"group guest id {atoms}",
        "group anchor id 1",
        "fix plane guest setforce 0.0 0.0 NULL",
        "fix rest anchor setforce 0.0 0.0 0.0",
    )


def along_the_gap(host: ase.Atoms) -> list[ase.Atoms]:
    """Return the host with copper in the middle of its first gap, from over an octahedral to a tetrahedral place."""
    low, high = _gap(host)
    z = (low + high) / 2
    anions = host.positions[~(host.symbols == "Bi")]
    below, above = (anions[abs(anions[:, 2] - at) < 0.3] for at in (low, high))
    middle = host.cell.array[:2].sum(axis=0)[:2] / 2
    first = below[np.argmin(np.linalg.norm(below[:, :2] - middle, axis=1)), :2]
    near = below[np.argsort(np.linalg.norm(below[:, :2] - first, axis=1))[1:7], :2]
    # The centres of the triangles of the lower layer: those with an anion above are tetrahedral, the others octahedral.
    angle = np.arctan2(*(near - first).T[::-1])
    ring = near[np.argsort(angle)]
    centres = np.array([(first + ring[i] + ring[(i + 1) % 6]) / 3 for i in range(6)])
    covered = np.array([np.linalg.norm(above[:, :2] - c, axis=1).min() < 1.0 for c in centres])
    octahedral = centres[~covered][0]
    tetrahedral = centres[covered][np.argmin(np.linalg.norm(centres[covered] - octahedral, axis=1))]
    out = []
    for share in np.linspace(0, 1, _POINTS):
        xy = octahedral + share * (tetrahedral - octahedral)
        out.append(host + ase.Atoms("Cu", positions=[[*xy, z]]))
    return out


def gap_of(host: ase.Atoms) -> float:
    """Return the width of the gap between two layers of anions, angstrom."""
    low, high = _gap(host)
    return high - low


def _gap(host: ase.Atoms) -> tuple[float, float]:
    """Return the heights of the two anion layers that face each other nearest to the middle of the cell."""
    layers = np.unique(np.round(host.positions[:, 2], 1))
    kinds = [set(host.symbols[abs(host.positions[:, 2] - z) < 0.2]) for z in layers]
    facing = [
        (layers[i], layers[i + 1]) for i in range(len(layers) - 1) if "Bi" not in kinds[i] and "Bi" not in kinds[i + 1]
    ]
    low, high = min(facing, key=lambda pair: abs(sum(pair) / 2 - host.cell.array[2, 2] / 2))
    return float(low), float(high)


def _edges_A(host: ase.Atoms) -> np.ndarray:
    return np.asarray(host.cell.lengths())


def _onset(phase: str, barrier_eV: float) -> Result:
    """Temperature at which copper goes half-way into a platelet in ten minutes, by hops of 2.4 A with one barrier."""

    def onset_C(barrier: float, attempts: float) -> float:
        return temperature_to_travel_K(barrier, attempts, _HOP_A, _FAR_A, _WAIT_S) - zero_Celsius

    ends = [
        onset_C(barrier_eV - 1.96 * _ERROR_EV, _ATTEMPT_PER_S[1]),
        onset_C(barrier_eV + 1.96 * _ERROR_EV, _ATTEMPT_PER_S[0]),
    ]
    middle = onset_C(barrier_eV, float(np.sqrt(np.prod(_ATTEMPT_PER_S))))
    method = f"5 nm in ten minutes over {barrier_eV:.2f} eV, attempts 1e12 to 1e13 1/s, 0.15 eV for the functional"
    return Result(
        f"onset_{phase}_C", middle, "C", "extrapolated", interval=(ends[0], ends[1]), decades=14, method=method
    )
