"""What scenes of gold on CdSe rods say (rows A): rods apart, rods joined by their gold, rods among gold on the film."""

from dataclasses import dataclass, replace
from functools import cache, cached_property

import numpy as np
from numpy.typing import NDArray

from nanokiln.analysis.clock.distributions import Draws
from nanokiln.analysis.clock.heating import Heating
from nanokiln.analysis.experiment.evidence import Evidence, answers
from nanokiln.analysis.experiment.predictive import Sampled
from nanokiln.analysis.experiment.verdict import Answer
from nanokiln.analysis.film.gold_scene import GoldHistory, GoldScene, apart, ripen_gold
from nanokiln.analysis.film.layout import Layout, random_layout
from nanokiln.analysis.measured import Result

Array = NDArray[np.float64]
HOLDER_K = 10.0
STAIRS = Heating.plateaus([150.0, 200.0, 250.0, 300.0, 350.0, 400.0], hold_min=5.0, rate_C_per_min=50.0)
EVERY, EVERY_MIXED = 5, 10  # a scene costs as much as some tens of single particles
PER_UM2 = (60.0, 200.0, 600.0)  # rods per square micrometre: not stated, each as likely as the others
DISTANCES_NM = (1.0, 2.0, 4.0, 8.0, 12.0, 17.0)  # of clusters from the ends of rods of 35 nm
RADII_NM = {"rod": 10.0, "gold": 1.0}
SEEN_RODS = 50.0  # of the mixture, in the images that show a bridge
LEAST = 1.0  # atom: where less has moved there is no ratio
METHOD = "scenes on a film, 60 to 600 rods per um2, clusters of 2 nm, holds of 5 min; barriers are stated ranges"
JOINED = "four rods, of which three meet in one domain and two in another"
TAKES_ALL = "from how the scene is made: a domain takes gold from every rod that it touches"


@dataclass(frozen=True, eq=False)
class GoldScenes:
    """The three scenes heated with some of the samples of `draws`, each at its first request."""

    draws: Draws

    @cached_property
    def rods_apart(self) -> tuple[GoldHistory, ...]:
        """Rods with domains of 10 nm at both ends and clusters along their bodies, at each density."""
        return tuple(self._heat(scene, EVERY) for scene in scenes_apart())

    @cached_property
    def rods_joined(self) -> GoldHistory:
        """Rods of which three meet in one domain and two in another, the rest of their ends free."""
        return self._heat(scene_joined(), EVERY)

    @cached_property
    def rods_among_gold(self) -> tuple[GoldHistory, ...]:
        """Bare rods among twice as many particles of 2 nm, at each density."""
        return tuple(self._heat(scene, EVERY_MIXED) for scene in scenes_mixed())

    def _heat(self, scene: GoldScene, every: int) -> GoldHistory:
        return ripen_gold(scene, STAIRS, {name: column[::every] for name, column in self.draws.items()}, HOLDER_K)


_last: list[GoldScenes] = []


def gold_scenes(draws: Draws) -> GoldScenes:
    """Return the scenes of these samples; the last ones are kept, as they are asked for with and without weights."""
    if not _last or _last[0].draws is not draws:
        _last[:] = [GoldScenes(draws)]
    return _last[0]


@cache
def scenes_apart() -> tuple[GoldScene, ...]:
    """Return six rods on pieces of film of each density."""
    counts = {"rod": len(DISTANCES_NM)}
    layouts = (random_layout(counts, RADII_NM, _width_nm(counts["rod"], density), 1.0, 1) for density in PER_UM2)
    return tuple(apart(layout, 10.0, DISTANCES_NM) for layout in layouts)


@cache
def scenes_mixed() -> tuple[GoldScene, ...]:
    """Return six bare rods and twelve particles on pieces of film of each density."""
    counts = {"rod": 6, "gold": 12}
    layouts = (random_layout(counts, RADII_NM, _width_nm(counts["rod"], density), 0.5, 2) for density in PER_UM2)
    return tuple(apart(layout, 0.0, (8.75,), clusters=0.0) for layout in layouts)


@cache
def scene_joined() -> GoldScene:
    """Return four rods: three meet in one domain, one of them and the fourth in another; three ends are free."""
    angles = np.radians([90.0, 210.0, 330.0, 330.0])
    far = np.array([23.5, 23.5, 23.5, 70.5])  # of their middles: half a rod and half a domain of 12 nm, and so on
    centres = far[:, None] * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    contacts = np.array([[1, 0, 1, 0, 0], [1, 0, 0, 1, 0], [1, 1, 0, 0, 0], [0, 1, 0, 0, 1]], dtype=float)
    layout = Layout(("rod",) * 4, centres, np.degrees(angles), _width_nm(4, PER_UM2[1]) ** 2)
    return GoldScene(layout, contacts, np.full(5, 12.0), np.ones(5), np.full(4, 8.75))


def _width_nm(rods: int, per_um2: float) -> float:
    return float(1e3 * (rods / per_um2) ** 0.5)


def _scenes(evidence: Evidence) -> GoldScenes | None:
    return gold_scenes(next(iter(evidence.histories.values())).rates.draws) if evidence.histories else None


def _result(evidence: Evidence, every: int, name: str, values: Array, about: str, unit: str = "") -> Sampled:
    weights = None if evidence.weights is None else evidence.weights[::every]
    return replace(evidence, weights=weights).result(name, values, unit, f"{about}; {METHOD}")


def ratio(above: Array, below: Array) -> Array:
    """Return a ratio of atoms, NaN where below is less than one."""
    return np.where(below < LEAST, np.nan, above / np.maximum(below, LEAST))


def growth_ratio(more: Array, fewer: Array) -> Array:
    """Return by what more a domain grows than another: infinite where only the first grows, NaN where it does not."""
    shrinks = np.where(more < LEAST, np.nan, np.inf)
    return np.where(fewer < LEAST, shrinks, more / np.maximum(fewer, LEAST))


@answers("A4")
def _programme(_: Evidence) -> Answer:
    heating = Heating.ramp(400.0, 10.0)
    times = np.linspace(0.0, 37.5, 1001)
    worst = float(np.max(np.abs(heating.temperature_C(times) - (25.0 + 10.0 * times))))
    method = "the programme's T(t) against 25 C + 10 C/min at 1001 times"
    return Answer((Result("largest_ramp_error_K", worst, "K", "input", method=method),))


@answers("A5", "A6", "A10")
def _rods_apart(evidence: Evidence) -> Answer | None:
    if (scenes := _scenes(evidence)) is None:
        return None
    heated = scenes.rods_apart
    body = np.stack([one.bodies.sum(axis=1) / one.bodies.shape[1] / one.scene.start[0] for one in heated])
    early, late = (np.stack([one[h.at(T)] for one, h in zip(body, heated, strict=True)]) for T in (150.0, 250.0))
    along = np.stack([one.came[:2].sum(axis=(0, 1)) for one in heated])
    between = np.stack([one.came[2].sum(axis=0) for one in heated])
    lost = np.stack([one.scene.start[: one.scene.rods].sum() - one.bodies[-1].sum(axis=0) for one in heated])
    gained = np.stack([one.domains[-1].sum(axis=0) - _held(one) for one in heated])
    kept = np.stack([one.kept[-1] for one in heated])
    crossover = np.stack([crossover_nm(one) for one in heated])
    own = ratio(along, lost)
    got = f"{100 * float(np.nanmedian(own)):.3g} %" if np.isfinite(own).any() else "nothing"
    about = "rods apart"
    return Answer(
        (
            _result(evidence, EVERY, "body_Au_left_150C", early, about),
            _result(evidence, EVERY, "body_Au_left_250C", late, about),
            _result(evidence, EVERY, "tip_gain_over_body_loss", ratio(gained + kept, lost), f"{about}, film counted"),
            _result(evidence, EVERY, "inter_over_intra_flux", ratio(between, along), f"{about}, whole programme"),
            _result(evidence, EVERY, "crossover_distance_nm", crossover, f"{about}, half by clusters", "nm"),
        ),
        reason=f"of what a body loses its own ends get {got} in the median sample",
        figure="gold",
    )


def _held(history: GoldHistory) -> float:
    scene = history.scene
    return float(scene.start[scene.rods : scene.rods + len(scene.ends)].sum())


def crossover_nm(history: GoldHistory) -> Array:
    """Return the distance from the end of a rod at which half of a cluster's gold comes as a whole cluster, by the
    logarithm of the distances; NaN where it is half on none of a rod's length."""
    whole, atoms = history.came[0], history.came[1] + history.came[2]
    share = np.where(whole + atoms < LEAST, np.nan, whole / np.maximum(whole + atoms, LEAST))
    x, found = np.log(history.scene.distance_nm), np.full(share.shape[1], np.nan)
    for i in range(len(x) - 1):
        here = (share[i] >= 0.5) & (share[i + 1] < 0.5)
        step = (share[i] - 0.5) / np.where(here, share[i] - share[i + 1], 1.0)
        found = np.where(here & np.isnan(found), np.exp(x[i] + step * (x[i + 1] - x[i])), found)
    return found


@answers("A7")
def _joints(evidence: Evidence) -> Answer | None:
    if (scenes := _scenes(evidence)) is None:
        return None
    three, two, one = growth(scenes.rods_joined)
    names = ("growth_rate_two_over_one_contact", "growth_rate_three_over_two_contacts")
    found = (growth_ratio(two, one), growth_ratio(three, two))
    told = (_result(evidence, EVERY, name, values, JOINED) for name, values in zip(names, found, strict=True))
    return Answer(tuple(told), follows=TAKES_ALL)


@answers("A16")
def _free_ends(evidence: Evidence) -> Answer | None:
    if (scenes := _scenes(evidence)) is None:
        return None
    three, two, one = growth(scenes.rods_joined)
    found = ratio(one, (two + three) / 2.0)
    reason = "where atoms are fast, free ends lose them to the joints, which are larger"
    return Answer((_result(evidence, EVERY, "free_end_over_joint_growth", found, JOINED),), reason=reason)


def growth(history: GoldHistory) -> tuple[Array, Array, Array]:
    """Return the atoms that the domain of three rods, that of two, and a free end have gained, each (samples,)."""
    start = history.scene.start[history.scene.rods : history.scene.rods + len(history.scene.ends)]
    three, two, *free = history.domains[-1] - start[:, None]
    return three, two, np.mean(free, axis=0)


@answers("A8", "A12")
def _rods_among_gold(evidence: Evidence) -> Answer | None:
    if (scenes := _scenes(evidence)) is None:
        return None
    heated = scenes.rods_among_gold
    on_tips = np.stack([one.domains[-1].sum(axis=0) / one.scene.start.sum() for one in heated])
    left = np.stack([left_when_bridged(one) for one in heated])
    about = "six bare rods among twelve particles of gold"
    bridges = ", ".join(f"{100 * one.scene.bridging:.0f}" for one in heated)
    return Answer(
        (
            _result(evidence, EVERY_MIXED, "Au_on_tips", on_tips, f"at 400 C; {about}"),
            _result(
                evidence, EVERY_MIXED, "Au_left_when_bridged", left, f"first bridge of {SEEN_RODS:g} rods; {about}"
            ),
        ),
        reason=f"a cluster that reaches a rod touches a second one in {bridges} % of the places; where gold lay among "
        "the rods the review does not say",
    )


def left_when_bridged(history: GoldHistory) -> Array:
    """Return how much of the film's gold is left when the first whole cluster has come to where two rods are near, in
    a field of `SEEN_RODS`; NaN where none does."""
    bridges = history.met * history.scene.bridging * SEEN_RODS / history.scene.rods
    first = np.argmax(bridges >= 1.0, axis=0)
    left = np.take_along_axis(history.particles.sum(axis=1), first[None], axis=0)[0]
    return np.where((bridges >= 1.0).any(axis=0), left / history.scene.start.sum(), np.nan)


@answers("A9")
def _cluster_motion(evidence: Evidence) -> Answer | None:
    if not evidence.histories:
        return None
    barrier = next(iter(evidence.histories.values())).rates.draws["E_Au cluster motion"]
    return Answer((evidence.result("cluster_barrier", barrier, "eV", "a stated range, not computed", "input"),))


ANSWERERS = (_programme, _rods_apart, _joints, _free_ends, _rods_among_gold, _cluster_motion)
