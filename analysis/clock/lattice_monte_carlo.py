"""Where the front is: rejection-free lattice Monte Carlo of the exchange on a particle's own cation sites.

One event at a time (Bortz, Kalos and Lebowitz, J. Comput. Phys. 17 (1975) 10), through a temperature that changes with
time: the waiting time ends when the integral of the total rate reaches an exponential variate.
"""

from bisect import insort
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from math import ceil

import numpy as np
from ase.units import kB
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from nanokiln.analysis.clock.heating import ZERO_C_K, Heating
from nanokiln.structures.model import Model

Array = NDArray[np.float64]
NEIGHBOURS = 12


@dataclass(frozen=True)
class Sites:
    """Cation sites of a particle.

    `atoms` (n,) indices in the model, `neighbours` (n, 12) padded with -1, `exposed` (n,) where a neighbour is missing,
    `layer` (n,) counted along the c axis, `depth_A` (n,) below the nearest exposed site.
    """

    atoms: NDArray[np.intp]
    neighbours: NDArray[np.intp]
    exposed: NDArray[np.bool_]
    layer: NDArray[np.intp]
    depth_A: Array


@dataclass(frozen=True)
class Kinetics:
    """Rates against T in K: of an exchange at an exposed site and of a layer's restacking, both in 1/s.

    `cooperation_eV` is by how much every exchanged neighbour lowers the barrier: 0 converts at random within reach,
    more makes a front.
    """

    exchange_per_s: Callable[[float], float]
    restacking_per_s: Callable[[float], float]
    cooperation_eV: float = 0.0


@dataclass(frozen=True)
class Front:
    """Events of one particle: `order` of the exchanged sites and their `minutes`; after each, the stacking `faults`
    of the anion layers and the `shell_A` depth that nine tenths of the exchanged sites do not exceed."""

    order: NDArray[np.intp]
    minutes: Array
    faults: NDArray[np.intp]
    shell_A: Array
    final_faults: int


def cation_sites(model: Model, phase: str = "CdSe-wz") -> Sites:
    """Return the cation sites of a phase and their nearest neighbours; a model without such sites is a ValueError."""
    mine = np.flatnonzero((model.atoms.arrays["phase"] == phase) & (model.atoms.arrays["sublattice"] == "cation"))
    if len(mine) == 0:
        raise ValueError(f"the model {model.name} has no cations of {phase}")
    positions = model.atoms.positions[mine]
    domain = model.domains[int(model.atoms.arrays["domain"][mine[0]])]
    axis = domain.lattice_A[2] / np.linalg.norm(domain.lattice_A[2])
    reach = 1.2 * float(np.linalg.norm(domain.lattice_A[0]))
    distance, index = cKDTree(positions).query(positions, k=NEIGHBOURS + 1, distance_upper_bound=reach)
    neighbours = np.where(np.isfinite(distance), index, -1)[:, 1:]
    exposed = np.asarray((neighbours < 0).any(axis=1))
    depth = np.asarray(cKDTree(positions[exposed]).query(positions)[0])
    height = positions @ axis
    layer = np.rint((height - height.min()) / (np.linalg.norm(domain.lattice_A[2]) / 2.0)).astype(np.intp)
    return Sites(mine, neighbours.astype(np.intp), exposed, layer, depth)


class _Classes:
    """Sites by class, with constant-time insertion, removal and random choice."""

    def __init__(self, sites: int, classes: int) -> None:
        self.members: list[list[int]] = [[] for _ in range(classes)]
        self.where = np.full(sites, -1)
        self.of = np.full(sites, -1)

    def move(self, site: int, to: int) -> None:
        """Put a site into a class, or out of all of them when `to` is -1."""
        if self.of[site] >= 0:
            members = self.members[self.of[site]]
            last = members.pop()
            if last != site:
                members[self.where[site]] = last
                self.where[last] = self.where[site]
        self.of[site] = to
        if to >= 0:
            self.where[site] = len(self.members[to])
            self.members[to].append(site)

    def counts(self, mobile: int) -> Array:
        """Return how many sites each class has, and last the layers that can restack."""
        return np.array([*map(len, self.members), mobile], dtype=float)


def run_kmc(sites: Sites, heating: Heating, kinetics: Kinetics, seed: int, copper: int | None = None) -> Front:
    """Exchange sites one by one through a heating programme until it ends or `copper` atoms, two per site, are used.

    A site can react where it is exposed or beside an exchanged one; its class is its number of exchanged neighbours.
    """
    random = np.random.default_rng(seed)
    done = np.zeros(len(sites.atoms), dtype=bool)
    beside = np.zeros(len(sites.atoms), dtype=np.intp)
    classes = _Classes(len(sites.atoms), NEIGHBOURS + 1)
    for start in np.flatnonzero(sites.exposed):
        classes.move(int(start), 0)
    layers = _Layers(sites.layer, random)
    clock = _Clock(heating)
    order: list[int] = []
    minutes: list[float] = []
    faults: list[int] = []
    limit = len(sites.atoms) if copper is None else copper // 2
    each = _rates_by_class(kinetics)
    while len(order) < limit:
        mobile = layers.mobile()
        counts = classes.counts(len(mobile))

        def rates(temperature_K: float, counts: Array = counts) -> Array:
            return np.asarray(each(temperature_K) * counts)

        event = clock.advance(rates, float(random.exponential()))
        if event is None:
            break
        total = np.cumsum(event)
        kind = int(np.searchsorted(total, random.random() * total[-1], side="right"))
        if kind == NEIGHBOURS + 1:
            layers.restack(mobile[random.integers(len(mobile))])
            continue
        members = classes.members[kind]
        site = members[random.integers(len(members))]
        classes.move(site, -1)
        done[site] = True
        for other in sites.neighbours[site]:
            if other >= 0 and not done[other]:
                beside[other] += 1
                classes.move(int(other), int(beside[other]))
        layers.exchanged(int(sites.layer[site]))
        order.append(site)
        minutes.append(clock.minutes)
        faults.append(layers.faults())
    _anneal(layers, clock, kinetics, random)
    converted = np.array(order, dtype=np.intp)
    return Front(
        converted, np.array(minutes), np.array(faults, dtype=np.intp), _shell(sites, converted), layers.faults()
    )


def _rates_by_class(kinetics: Kinetics) -> Callable[[float], Array]:
    """Return the rates in 1/s of one site of every class and of one layer, each temperature worked out once."""

    @lru_cache(maxsize=4096)
    def each(temperature_K: float) -> Array:
        boost = np.exp(np.arange(NEIGHBOURS + 1) * kinetics.cooperation_eV / (kB * temperature_K))
        exchange = kinetics.exchange_per_s(temperature_K) * boost
        return np.append(exchange, kinetics.restacking_per_s(temperature_K))

    return each


def _anneal(layers: "_Layers", clock: "_Clock", kinetics: Kinetics, random: np.random.Generator) -> None:
    """Let the layers restack through what is left of the programme."""
    while mobile := layers.mobile():
        count = len(mobile)

        def rates(temperature_K: float, count: int = count) -> Array:
            return np.array([kinetics.restacking_per_s(temperature_K) * count])

        if clock.advance(rates, float(random.exponential())) is None:
            return
        layers.restack(mobile[random.integers(count)])


def _shell(sites: Sites, order: NDArray[np.intp]) -> Array:
    """Return, after each event, the depth that nine tenths of the exchanged sites do not exceed."""
    seen: list[float] = []
    shell = np.empty(len(order))
    for i, depth in enumerate(sites.depth_A[order].tolist()):
        insort(seen, depth)
        shell[i] = seen[ceil(0.9 * len(seen)) - 1]
    return shell


class _Clock:
    """Time through a programme, cut into pieces short enough for the rates to be constant on each."""

    def __init__(self, heating: Heating, pieces: int = 400) -> None:
        edges = np.unique(np.concatenate([heating.minutes, np.linspace(0.0, heating.minutes[-1], pieces + 1)]))
        self.edges = edges
        self.temperature_K = ZERO_C_K + heating.temperature_C((edges[1:] + edges[:-1]) / 2.0)
        self.minutes = float(edges[0])
        self.piece = 0

    def advance(self, rates: Callable[[float], Array], variate: float) -> Array | None:
        """Move to the next event and return the rates there, or None where the programme ends before it."""
        while self.piece < len(self.temperature_K):
            here = rates(float(self.temperature_K[self.piece]))
            room = (self.edges[self.piece + 1] - self.minutes) * 60.0
            if (total := float(here.sum())) * room > variate:
                self.minutes += variate / total / 60.0
                return here
            variate -= total * room
            self.piece += 1
            self.minutes = float(self.edges[min(self.piece, len(self.edges) - 1)])
        return None


class _Layers:
    """Stacking of the anion layers: 0 hexagonal, +1 and -1 the two cubic sequences.

    A layer turns cubic when half its sites are exchanged, in the sequence of a cubic neighbour, at random without one.
    Faults and mobile layers are kept up to date around the layer that changed.
    """

    def __init__(self, layer: NDArray[np.intp], random: np.random.Generator) -> None:
        self.sites = np.bincount(layer).tolist()
        self.done = [0] * len(self.sites)
        self.sequence = [0] * len(self.sites)
        self.random = random
        self.boundaries = 0
        self.turnable: list[int] = []

    def exchanged(self, layer: int) -> None:
        """Count an exchange in a layer."""
        self.done[layer] += 1
        if self.sequence[layer] == 0 and 2 * self.done[layer] >= self.sites[layer]:
            known = [s for s in self._beside(layer) if s != 0] or [-1, 1]
            self._set(layer, known[self.random.integers(len(known))])

    def _set(self, layer: int, sequence: int) -> None:
        before = self._differences(layer)
        self.sequence[layer] = sequence
        self.boundaries += self._differences(layer) - before
        around = range(max(layer - 1, 0), min(layer + 2, len(self.sequence)))
        self.turnable = [i for i in self.turnable if i not in around]
        self.turnable += [i for i in around if self.sequence[i] != 0 and -self.sequence[i] in self._beside(i)]

    def _beside(self, layer: int) -> list[int]:
        return [self.sequence[i] for i in (layer - 1, layer + 1) if 0 <= i < len(self.sequence)]

    def _differences(self, layer: int) -> int:
        return sum(s != self.sequence[layer] for s in self._beside(layer))

    def faults(self) -> int:
        """Return the number of places where neighbouring layers stack differently."""
        return self.boundaries

    def mobile(self) -> list[int]:
        """Return the cubic layers beside the other cubic sequence: those that restacking can turn."""
        return self.turnable

    def restack(self, layer: int) -> None:
        """Turn a layer into the other sequence."""
        self._set(layer, -self.sequence[layer])
