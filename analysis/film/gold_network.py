"""Gold on rods and on the film between them: clusters that dissolve or move as a whole, and who takes their gold.

A rod holds small clusters along its body and touches domains that collect gold. Adatoms are in balance at every moment:
they leave clusters and domains, run along the rod, step down to the film and up again, and go as far over the film as
desorption lets them (`discs.conductances`). Activities are those beside the small clusters, fluxes atoms per second.
"""

from dataclasses import dataclass

import numpy as np
from ase.units import _e, _Nav, kB
from numpy.typing import NDArray

from nanokiln.analysis.clock.barriers import rate_per_s
from nanokiln.analysis.clock.distributions import Draws

Array = NDArray[np.float64]
VOLUME_NM3 = 0.40782**3 / 4.0  # of an atom of fcc gold
ATOM_NM = 0.40782 / 2**0.5  # between neighbours along an edge
STEP_NM = 0.43  # lattice constant of CdSe along the side of a rod
ROD_NM = 5.0
TENSION_J_M2 = 1.5  # W. R. Tyson, W. A. Miller, Surf. Sci. 62 (1977) 267
SUBLIMATION_EV = 366.1e3 / (_Nav * _e)  # enthalpy of formation of Au(g) (CRC Handbook)
DESORPTION_PER_S = 1e13
CURVATURE_EV_NM = 2.0 * TENSION_J_M2 * VOLUME_NM3 * 1e-18 / _e  # by which an atom of a small sphere is less bound
DETACH, HOP, ACROSS, MOVE = (
    "Au detachment from a cluster",
    "Au hop on CdSe",
    "Au from rod to substrate",
    "Au cluster motion",
)
ON_FILM, MOVE_ON_FILM = "Au hop on the substrate", "Au cluster on the substrate"
ROUNDS = 3
FASTEST = 1e6  # times per step that anything is followed: what is faster is in balance
NOTHING = 1e-300


def atoms_of(diameter_nm: Array | float) -> Array:
    """Return the atoms of a sphere of gold."""
    return np.asarray(np.pi / 6.0 * np.asarray(diameter_nm) ** 3 / VOLUME_NM3)


def edge_atoms(diameter_nm: Array | float) -> Array:
    """Return the atoms along the contact line of a cluster, from which atoms step onto what it lies on."""
    return np.asarray(np.pi * np.asarray(diameter_nm) / ATOM_NM)


@dataclass(frozen=True)
class GoldRates:
    """Of every sample (samples,): per second and atom of an edge `detach` and `down` to the film; the `speed` of
    adatoms on the film (1/s, emission is speed G c) and their range; cluster motion on a rod and on the film (nm2/s).

    The density of adatoms on the film follows from the way down, as the film lies above the rod by that step, and what
    then binds them from the enthalpy of sublimation, so that gold keeps its vapour pressure.
    """

    detach: Array
    down: Array
    speed: Array
    range_nm: Array
    on_rod: Array
    on_film: Array

    @classmethod
    def at(cls, temperature_K: Array, draws: Draws, cluster_nm: float) -> "GoldRates":
        """Return the rates at a temperature (samples,)."""
        detach, hop, across = (rate_per_s(name, temperature_K, draws) for name in (DETACH, HOP, ACROSS))
        below = across * 10.0 ** -draws[f"log10_nu_{HOP}"]  # adatoms on the film per adatom on the rod
        film = rate_per_s(ON_FILM, temperature_K, draws)
        formation_eV = draws[f"E_{DETACH}"] - draws[f"E_{HOP}"] + draws[f"E_{ACROSS}"]
        binding_eV = SUBLIMATION_EV - 2.0 * CURVATURE_EV_NM / cluster_nm - formation_eV
        leaving = DESORPTION_PER_S * np.exp(-binding_eV / (kB * temperature_K))
        return cls(
            detach,
            detach * below,
            0.25 * film * detach / np.maximum(hop, NOTHING) * below,
            0.5 * ATOM_NM * np.sqrt(film / np.maximum(leaving, NOTHING)),
            0.5 * STEP_NM**2 * rate_per_s(MOVE, temperature_K, draws),
            0.25 * STEP_NM**2 * rate_per_s(MOVE_ON_FILM, temperature_K, draws),
        )

    def followed(self, seconds: Array, cluster_nm: float) -> "GoldRates":
        """Return them slower where they are so fast that all is in balance anyway; adatoms keep their proportions."""
        most = FASTEST / seconds
        slower = np.minimum(
            most / np.maximum(self.detach * edge_atoms(cluster_nm) / atoms_of(cluster_nm), NOTHING), 1.0
        )
        slower = np.minimum(slower, most / np.maximum(self.speed, NOTHING))
        fast = (np.minimum(one, most) for one in (self.on_rod, self.on_film))
        return GoldRates(self.detach * slower, self.down * slower, self.speed * slower, self.range_nm, *fast)


@dataclass(frozen=True)
class GoldPlaces:
    """What stays through a programme: `contacts` (rods, domains), how many equal `ends` (domains,) each domain stands
    for, the `distance_nm` (rods,) of a rod's clusters from its domains, their diameter, the atoms of a rod's outline,
    the time of a walker's way to a rod times its D, and where one from each particle arrives first (particles, rods).

    Gold lies in pools: bodies of the rods, domains, particles on the film, and what film and vacuum keep.
    """

    contacts: Array
    ends: Array
    distance_nm: Array
    cluster_nm: float
    outline: float
    way_nm2: float
    first: Array

    @property
    def unit(self) -> float:
        """Atoms of a cluster."""
        return float(atoms_of(self.cluster_nm))

    def step(
        self, pools: Array, rates: GoldRates, G: Array, seconds: Array, temperature_K: Array
    ) -> tuple[Array, Array]:
        """Return the atoms of all pools after a step (samples, pools), and the rates at which they went, (samples, to,
        from) per atom and second; `G` (samples, nodes, nodes), rods first, `seconds` and K (samples,).

        By the implicit Euler rule, which keeps every pool positive and the sum as it is, with the capture of each pool
        taken from the end of the step.
        """
        after, identity = pools, np.eye(pools.shape[1])
        for _ in range(ROUNDS):
            flow = self._flow(after, rates, G, temperature_K)
            outgoing = flow.sum(axis=1)
            matrix = identity * (1.0 + seconds[:, None] * outgoing)[:, None, :] - seconds[:, None, None] * flow
            after = np.linalg.solve(matrix, pools[..., None])[..., 0]
        return after, flow

    def _flow(self, pools: Array, rates: GoldRates, G: Array, temperature_K: Array) -> Array:
        rods, domains = self.contacts.shape
        first = slice(rods, rods + domains)
        film = slice(rods + domains, pools.shape[1] - 1)
        per_atom = (edge_atoms(self.cluster_nm) / self.unit * rates.detach)[:, None]
        edge, activity = self._contacts(pools[:, first], rates.detach, temperature_K)
        held = pools[:, :rods] * per_atom
        a, emitted = _balance(G, rates, self.outline, held + edge.sum(axis=2))
        # What a unit of each pool puts among the adatoms of every rod, and then what takes it.
        put = np.zeros((len(pools), rods, pools.shape[1] - 1))
        put[:, :, :rods] = np.eye(rods) * per_atom[..., None]
        put[:, :, first] = edge * (activity / np.maximum(pools[:, first], NOTHING))[:, None]
        at = a[..., :rods] @ put
        over = emitted[..., :rods] @ put
        at[..., film] += a[..., rods:] / self.unit
        over[..., film] += emitted[..., rods:] / self.unit
        flow = np.zeros((len(pools), pools.shape[1], pools.shape[1]))
        flow[:, :rods, :-1] = held[..., None] * at
        flow[:, first, :-1] = edge.transpose(0, 2, 1) @ at
        flow[:, film, :-1] = np.maximum(-over[:, rods:], 0.0)
        flow[:, -1, :-1] = np.maximum(over.sum(axis=1), 0.0)
        flow[:, first, :rods] += self.whole(rates)
        flow[:, :rods, film] += (rates.on_film / self.way_nm2)[:, None, None] * self.first.T
        diagonal = np.arange(pools.shape[1])
        flow[:, diagonal, diagonal] = 0.0
        return flow

    def whole(self, rates: GoldRates) -> Array:
        """Return how often per second a cluster of a rod's body arrives at each domain, (samples, domains, rods)."""
        share = self.contacts / np.maximum(self.contacts.sum(axis=1, keepdims=True), 1.0)
        return np.asarray(2.0 * rates.on_rod[:, None, None] * (share / self.distance_nm[:, None] ** 2).T)

    def _contacts(self, held: Array, detach: Array, temperature_K: Array) -> tuple[Array, Array]:
        """Return atoms per second that domains take from each rod at activity one (samples, rods, domains), and what
        they give over that: their activity, or as much of a cluster's as they have of one.

        The end of a rod takes gold as a cluster would that lay there: it needs no nucleus.
        """
        share = held / (self.ends * self.unit)
        size = self.cluster_nm * np.maximum(share, 1.0) ** (1.0 / 3.0)
        bound_eV = CURVATURE_EV_NM * (2.0 / size - 2.0 / self.cluster_nm)
        way = np.pi * ROD_NM / self.distance_nm[:, None]  # rows of sites around a rod over its length in sites
        joined = self.ends / (1.0 / edge_atoms(np.minimum(size, ROD_NM))[:, None] + 1.0 / way)
        activity = np.exp(bound_eV / (kB * temperature_K[:, None])) * np.minimum(share, 1.0)
        return self.contacts * joined * detach[:, None, None], activity


def _balance(G: Array, rates: GoldRates, outline: float, hold: Array) -> tuple[Array, Array]:
    """Return what one atom per second put on each rod, and each particle on the film at activity one, make of the
    activities of adatoms on the rods, (samples, rods, nodes), and of what every node emits over the film, (samples,
    nodes, nodes).

    Adatoms of a rod are lost at `hold` (samples, rods) times their activity, and step down to the film by `down` times
    the outline times what they are above those beside them; over the film goes speed G c.
    """
    samples, rods = hold.shape
    speed, diagonal = np.maximum(rates.speed, NOTHING)[:, None], np.arange(rods)
    climb = outline * rates.down[:, None] / speed  # in units of the film's speed
    hold = hold / speed
    total = np.maximum(climb + hold, 1e-12)
    matrix = G[:, :rods, :rods].copy()
    matrix[:, diagonal, diagonal] += climb * (hold / total) + 1e-12
    put = np.zeros((samples, rods, G.shape[1]))
    put[:, diagonal, diagonal] = climb / total / speed
    put[:, :, rods:] = -G[:, :rods, rods:]
    beside = np.zeros((samples, G.shape[1], G.shape[1]))
    beside[:, :rods] = np.linalg.solve(matrix, put)
    a = (climb / total)[..., None] * beside[:, :rods]
    a[:, diagonal, diagonal] += 1.0 / (total * speed)
    others = np.arange(rods, G.shape[1])
    beside[:, others, others] = 1.0
    return a, speed[..., None] * (G @ beside)
