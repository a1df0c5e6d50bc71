"""Scenes of gold: rods on a film with clusters on their bodies, domains at their ends, and particles between them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from nanokiln.analysis.clock.distributions import Draws
from nanokiln.analysis.clock.heating import ZERO_C_K, Heating
from nanokiln.analysis.film.discs import among_alike, conductances, separated
from nanokiln.analysis.film.gold_network import ATOM_NM, ROD_NM, GoldPlaces, GoldRates, atoms_of
from nanokiln.analysis.film.layout import Layout

Array = NDArray[np.float64]
RANGES_NM = np.logspace(0.0, 6.0, 19)
HOLD_STEPS, RAMP_STEP_C = 12, 6.25
OUTLINE = 60  # points along a rod at which it is asked whether another one lies near


@dataclass(frozen=True, eq=False)
class GoldScene:
    """Rods and particles on a film: `layout` of kinds `rod` and `gold`, rods first; `contacts` (rods, domains) says
    which domain touches which rod; `domain_nm` (domains,) the diameters they begin with, 0 for none, and `ends` how
    many equal ones each stands for.

    Each rod begins with `clusters` of `cluster_nm` on its body, `distance_nm` (rods,) from the domains that it touches.
    """

    layout: Layout
    contacts: Array
    domain_nm: Array
    ends: Array
    distance_nm: Array
    clusters: float = 4.0
    cluster_nm: float = 2.0
    rod_length_nm: float = 35.0

    @property
    def rods(self) -> int:
        """How many rods."""
        return len(self.contacts)

    @cached_property
    def start(self) -> Array:
        """Atoms of bodies, domains, particles on the film, and none kept by the film."""
        unit = float(atoms_of(self.cluster_nm))
        particles = len(self.layout.kinds) - self.rods
        bodies, kept = np.full(self.rods, self.clusters * unit), np.zeros(1)
        return np.concatenate([bodies, self.ends * atoms_of(self.domain_nm), np.full(particles, unit), kept])

    @property
    def outline(self) -> float:
        """Atoms along the outline of a rod, from which adatoms step down to the film."""
        return 2.0 * (self.rod_length_nm + ROD_NM) / ATOM_NM

    @cached_property
    def tables(self) -> Array:
        """The film's conductances for each of `RANGES_NM`."""
        radii = np.full(len(self.layout.kinds), self.cluster_nm / 2.0)
        radii[: self.rods] = (self.rod_length_nm + ROD_NM) / 4.0
        radii, area = separated(self.layout.centres_nm, radii), self.layout.alike_nm2
        found = []
        for range_nm in RANGES_NM:
            G = conductances(self.layout.centres_nm, radii, float(range_nm))
            found.append(G if area is None else among_alike(G, area, float(range_nm)))
        return np.stack(found)

    @cached_property
    def first(self) -> Array:
        """Where a walker that leaves a particle on the film arrives first among the rods, (particles, rods)."""
        to = np.maximum(-self.tables[-1][: self.rods, self.rods :].T, 1e-300)
        return np.ascontiguousarray(to / to.sum(axis=1, keepdims=True))

    @property
    def way_nm2(self) -> float:
        """The mean time of a walker's way to a rod, times its D: that of a disc in the middle of its share of film."""
        area = self.layout.alike_nm2 or float(np.prod(np.ptp(self.layout.centres_nm, axis=0)))
        outer, inner = (area / (np.pi * self.rods)) ** 0.5, (self.rod_length_nm + ROD_NM) / 4.0
        return float(max(outer**2 / 2.0 * (np.log(outer / inner) - 0.75), inner**2 / 4.0))

    @cached_property
    def bridging(self) -> float:
        """The share of the rods' outlines from which a cluster reaches a second rod."""
        half = self.rod_length_nm / 2.0
        angle = np.radians(self.layout.angle_deg[: self.rods])
        along = np.stack([np.cos(angle), np.sin(angle)], axis=1)
        side = np.stack([-along[:, 1], along[:, 0]], axis=1) * ROD_NM / 2.0
        middle, place = self.layout.centres_nm[: self.rods], np.linspace(-half, half, OUTLINE)
        line = middle[:, None] + place[:, None] * along[:, None]
        outline = np.stack([line + side[:, None], line - side[:, None]])  # (sides, rods, points, 2)
        near = 0
        for i in range(self.rods):
            away = outline[:, i, :, None] - middle
            reach = np.clip((away * along).sum(axis=-1), -half, half)
            gap = np.linalg.norm(away - reach[..., None] * along, axis=-1) - ROD_NM / 2.0
            gap[..., i] = np.inf
            near += int((gap.min(axis=-1) < self.cluster_nm).sum())
        return near / (2 * OUTLINE * self.rods)


@dataclass(frozen=True, eq=False)
class GoldHistory:
    """What the samples of a scene did, (steps, ..., samples) atoms against noted `minutes` and `temperature_C`; `came`
    (4, rods, samples) what went from each rod's body to its domains by whole clusters and atom by atom,
    from its body to domains of others, and to its body from the film; `met`
    (steps, samples) how many whole clusters have come from the film to rods by then."""

    scene: GoldScene
    minutes: Array
    temperature_C: Array
    places: Array
    came: Array
    met: Array

    @property
    def bodies(self) -> Array:
        """Atoms on the bodies of the rods."""
        return self.places[:, : self.scene.rods]

    @property
    def domains(self) -> Array:
        """Atoms of the domains."""
        return self.places[:, self.scene.rods : self.scene.rods + len(self.scene.domain_nm)]

    @property
    def particles(self) -> Array:
        """Atoms of the particles on the film."""
        return self.places[:, self.scene.rods + len(self.scene.domain_nm) : -1]

    @property
    def kept(self) -> Array:
        """Atoms that the film or the vacuum has taken."""
        return self.places[:, -1]

    @property
    def balance_error(self) -> float:
        """The largest change of all gold, over what there was."""
        total = self.scene.start.sum()
        return float(np.max(np.abs(self.places.sum(axis=1) - total)) / total)

    def at(self, temperature_C: float) -> int:
        """Return the last step that ends at or below a temperature, before it is passed."""
        return int(np.flatnonzero(self.temperature_C <= temperature_C + 1e-9)[-1])


def ripen_gold(scene: GoldScene, heating: Heating, draws: Draws, holder_K: float = 10.0) -> GoldHistory:
    """Follow all gold of a scene through a heating programme in every sample."""
    places = GoldPlaces(
        scene.contacts, scene.ends, scene.distance_nm, scene.cluster_nm, scene.outline, scene.way_nm2, scene.first
    )
    longer, hotter_K = 10.0 ** draws["log10_hold"], holder_K * draws["holder"]
    pools, steps = np.tile(scene.start, (len(longer), 1)), list(_steps(heating))
    seen, came = np.empty((len(steps), *pools.T.shape)), np.zeros((4, len(longer), scene.rods))
    met = np.zeros((len(steps), len(longer)))
    for number, (minutes, begin_C, end_C) in enumerate(steps):
        seconds = 60.0 * minutes * (longer if begin_C == end_C else np.ones(len(longer)))
        temperature_K = ZERO_C_K + 0.5 * (begin_C + end_C) + hotter_K
        rates = GoldRates.at(temperature_K, draws, scene.cluster_nm).followed(seconds, scene.cluster_nm)
        decade = np.log10(RANGES_NM[1] / RANGES_NM[0])
        nearest = np.rint(np.log10(np.maximum(rates.range_nm, RANGES_NM[0]) / RANGES_NM[0]) / decade)
        G = scene.tables[np.clip(nearest, 0, len(RANGES_NM) - 1).astype(int)]
        pools, flow = places.step(pools, rates, G, seconds, temperature_K)
        seen[number] = pools.T
        walking = pools[:, scene.rods + len(scene.ends) : -1].sum(axis=1) / places.unit
        met[number:] += seconds * walking * rates.on_film / scene.way_nm2
        came += seconds[:, None] * _arrivals(flow * pools[:, None], places.whole(rates), pools, scene)
    minutes_done = np.cumsum([minutes for minutes, _, _ in steps])
    return GoldHistory(scene, minutes_done, np.array([end for _, _, end in steps]), seen, came.transpose(0, 2, 1), met)


def _arrivals(moved: Array, whole: Array, pools: Array, scene: GoldScene) -> Array:
    """Return atoms per second, (4, samples, rods), in the order of `GoldHistory.came`."""
    rods, domains = scene.contacts.shape
    to_domains = moved[:, rods : rods + domains, :rods]
    by_cluster = (whole * pools[:, None, :rods]).sum(axis=1)
    touched = scene.contacts.T > 0.0
    own = (to_domains * touched).sum(axis=1)
    others = (to_domains * ~touched).sum(axis=1)
    from_film = moved[:, :rods, rods + domains : -1].sum(axis=2)
    return np.stack([by_cluster, own - by_cluster, others, from_film])


def _steps(heating: Heating) -> Iterator[tuple[float, float, float]]:
    """Yield noted minutes and temperatures at begin and end (C) of every step."""
    for minutes, begin_C, end_C in heating.segments:
        count = HOLD_STEPS if begin_C == end_C else max(int(np.ceil(abs(end_C - begin_C) / RAMP_STEP_C)), 1)
        knots = np.linspace(begin_C, end_C, count + 1)
        yield from ((minutes / count, float(a), float(b)) for a, b in pairwise(knots))


def apart(layout: Layout, tips_nm: float, distance_nm: Sequence[float], clusters: float = 4.0) -> GoldScene:
    """Return a scene in which every rod has both its ends for itself, with gold of `tips_nm`, 0 for none."""
    rods = sum(kind == "rod" for kind in layout.kinds)
    ends = np.full(rods, 2.0)
    return GoldScene(layout, np.eye(rods), np.full(rods, tips_nm), ends, np.resize(distance_nm, rods), clusters)
