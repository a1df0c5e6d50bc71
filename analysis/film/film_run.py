"""A film heated in every sample of the inputs: what each host becomes, what each donor gives, what the film keeps."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from ase.units import kB
from numpy.typing import NDArray

from nanokiln.analysis.clock.distributions import Draws
from nanokiln.analysis.clock.heating import Heating
from nanokiln.analysis.clock.mechanisms import holds
from nanokiln.analysis.clock.outcome import reached
from nanokiln.analysis.clock.rates import Rates
from nanokiln.analysis.film.competition import heat_samples
from nanokiln.analysis.film.discs import among_alike, conductances, separated
from nanokiln.analysis.film.film_spec import Kind
from nanokiln.analysis.film.layout import Layout

Array = NDArray[np.float64]
RAMP_STEP_C, HOLD_STEPS = 5.0, 30
RANGES = 12  # quantiles of the adatoms' range for which the film is solved
TOLERANCE = 1e-8  # atoms by which all particles together may be out of balance in a step
RANGE_INPUT = "log10_film_range_nm"


@dataclass(frozen=True)
class FilmHistory:
    """What the samples of a film did, at the end of every hold `temperatures_C` (looks,): `extents` (looks, 2, hosts,
    samples), `gave` (looks, donors, samples) atoms, `kept` (2, samples) atoms of the film at the end, by the balance of
    all others and by its own loss, `half_min` (hosts, samples) noted minutes to half conversion, NaN where never.
    """

    layout: Layout
    radii_nm: Array
    hosts: NDArray[np.intp]
    donors: NDArray[np.intp]
    heating: Heating
    temperatures_C: Array
    extents: Array
    gave: Array
    capacity: Array
    kept: Array
    half_min: Array
    weights: Array | None = None

    @property
    def share(self) -> Array:
        """How much of the selenide left is product, (looks, hosts, samples)."""
        return np.asarray(self.extents[:, 1] / np.maximum(1.0 - self.extents[:, 0], 1e-9))

    @property
    def gap_nm(self) -> Array:
        """Bare film between each host and the nearest donor, rim to rim, (hosts,)."""
        if not len(self.donors):
            return np.full(len(self.hosts), np.inf)
        centres = self.layout.centres_nm
        away = np.linalg.norm(centres[self.hosts][:, None] - centres[self.donors][None], axis=2)
        return np.asarray((away - self.radii_nm[self.hosts][:, None] - self.radii_nm[self.donors][None]).min(axis=1))

    @property
    def chances(self) -> Array:
        """Probability of none, partial and complete of every host, (looks, 3, hosts)."""
        weights = np.ones(self.extents.shape[-1]) if self.weights is None else self.weights
        state = reached(self.share)
        return np.asarray(np.stack([(state == i) @ weights for i in range(3)], axis=1) / weights.sum())

    @property
    def expected_share(self) -> Array:
        """Mean over the samples of how much of each host's selenide is product, (looks, hosts)."""
        return np.asarray(np.average(self.share, axis=2, weights=self.weights))

    @property
    def balance_error(self) -> float:
        """Largest difference between the copper missing from all particles and what the film's own loss takes, over
        what was given."""
        given = np.maximum(abs(self.gave[-1]).sum(axis=0), 1e-30)
        return float(np.max(abs(self.kept[0] - self.kept[1]) / np.maximum(given, 1.0)))


def heat_film(
    layout: Layout,
    kinds: dict[str, Kind],
    heating: Heating,
    draws: Draws,
    holder_K: float = 10.0,
    weights: Array | None = None,
    fineness: int = 1,
    tolerance: float = TOLERANCE,
) -> FilmHistory:
    """Heat the particles of a layout together in every sample; `fineness` divides the steps, `tolerance` (atoms) is
    that of the balance on the film in every step.

    ValueError: no particle takes copper, or a hypothesis holds that is known for single particles only.
    """
    if holds("charge balance", draws).any():
        raise ValueError(
            "on a film the steps of the exchange act in series; switch the hypothesis 'charge balance' off"
        )
    takes = np.array([kinds[name].takes for name in layout.kinds])
    if not takes.any():
        raise ValueError("no particle on the film takes copper: give rods")
    order = np.concatenate([np.flatnonzero(takes), np.flatnonzero(~takes)])
    hosts, donors = np.flatnonzero(takes), np.flatnonzero(~takes)
    radii = separated(layout.centres_nm, np.array([kinds[name].radius_nm for name in layout.kinds]))
    tables, which = _tables(layout.centres_nm[order], radii[order], draws[RANGE_INPUT], layout.alike_nm2)
    steps, temperatures_C = _steps(heating, fineness)
    rates = {name: Rates(kind.host(), draws) for name, kind in kinds.items() if kind.takes}
    records = np.stack([rates[layout.kinds[i]].records for i in hosts], axis=1)
    capacity = _donors(layout, kinds, donors, draws)
    holder = np.column_stack([10.0 ** draws["log10_hold"], holder_K * draws["holder"]])
    heat = next(iter(rates.values())).heat
    found = heat_samples(tables, which, records, heat, capacity, steps, holder, tolerance)
    extents, gave, kept, half = found
    given = capacity[:, :, 0].T
    return FilmHistory(layout, radii, hosts, donors, heating, temperatures_C, extents, gave, given, kept, half, weights)


def _tables(
    centres_nm: Array, radii_nm: Array, log10_range: Array, alike_nm2: float | None
) -> tuple[Array, NDArray[np.intp]]:
    """Return the film's conductances for some ranges, and which of them each sample has."""
    count = min(RANGES, len(np.unique(log10_range)))
    rank = np.argsort(np.argsort(log10_range, kind="stable"), kind="stable")
    which = rank * count // len(log10_range)
    found = []
    for i in range(count):
        range_nm = float(10.0 ** np.mean(log10_range[which == i]))
        G = conductances(centres_nm, radii_nm, range_nm)
        found.append(G if alike_nm2 is None else among_alike(G, alike_nm2, range_nm))
    return np.stack(found), which


def _donors(layout: Layout, kinds: dict[str, Kind], donors: Sequence[int] | NDArray[np.intp], draws: Draws) -> Array:
    """Return capacity in atoms and fall of ln activity times T in K, (samples, donors, 2)."""
    samples = len(draws["holder"])
    found = np.zeros((samples, len(donors), 2))
    for place, i in enumerate(donors):
        kind = kinds[layout.kinds[i]]
        selenide = kind.kind == "Cu2Se"
        found[:, place, 0] = kind.units * (draws["selenide_width"] if selenide else 1.0)
        found[:, place, 1] = draws["selenide_cost_eV"] / kB if selenide else 0.0
    return found


def _steps(heating: Heating, fineness: int) -> tuple[Array, Array]:
    """Return (minutes, is a hold, begin C, end C, is looked after it) of every step, and the C of the looks."""
    steps: list[tuple[float, float, float, float]] = []
    looks, temperatures = [], []
    for minutes, start_C, end_C in heating.segments:
        held = start_C == end_C
        count = fineness * (HOLD_STEPS if held else max(int(np.ceil(abs(end_C - start_C) / RAMP_STEP_C)), 1))
        knots = np.linspace(start_C, end_C, count + 1)
        steps += [(minutes / count, float(held), a, b) for a, b in pairwise(knots)]
        if held:
            looks.append(len(steps) - 1)
            temperatures.append(end_C)
    if not looks:
        looks, temperatures = [len(steps) - 1], [float(heating.temperatures_C[-1])]
    looked = np.isin(np.arange(len(steps)), looks).astype(float)
    return np.column_stack([np.array(steps), looked]), np.array(temperatures)
