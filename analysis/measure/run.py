"""One trajectory in, every standard quantity out as one `Measured`."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nanokiln.analysis.lattice.composition import compute_profile, layer_spacing_A
from nanokiln.analysis.lattice.exchange import lost_atoms
from nanokiln.analysis.lattice.occupation import Labels
from nanokiln.analysis.measure.balance import balance_results
from nanokiln.analysis.measure.bodies import body_results
from nanokiln.analysis.measure.boundaries import boundary_results
from nanokiln.analysis.measure.by_region import Regions, local_diffusion, local_vacancies, regions_of
from nanokiln.analysis.measure.conversion import conversion_curves, conversion_results
from nanokiln.analysis.measure.events import events_of
from nanokiln.analysis.measure.findings import exchange_results, lattice_results
from nanokiln.analysis.measure.heating_curve import built_counts, compute_structure
from nanokiln.analysis.measure.hopping import hopping_results, van_hove_curves
from nanokiln.analysis.measure.inserted import inserted_results
from nanokiln.analysis.measure.isotherms import isotherm_results
from nanokiln.analysis.measure.order import Order
from nanokiln.analysis.measure.pieces import piece_results
from nanokiln.analysis.measure.transport import Mobility, motion_results
from nanokiln.analysis.measured import Measured, Origin, Result, Series
from nanokiln.analysis.motion.census_frames import census_frames
from nanokiln.analysis.motion.msd import Displacements
from nanokiln.analysis.trajectory.thermo import Thermo
from nanokiln.analysis.trajectory.trajectory import FRAMEWORK, Trajectory
from nanokiln.structures.model import Model


@dataclass(frozen=True)
class How:
    """How a run is looked at: the number of `censuses`, and by how many `processes`."""

    censuses: int = 60
    processes: int = 1


def analyse(
    trajectory: Trajectory, model: Model, thermo: Path | Thermo, origin: Origin, how: How | None = None
) -> Measured:
    """Measure every standard quantity of one run; `thermo` is its thermo.csv or its record, `origin` what made it.

    Model, phases, atoms, length and highest temperature of the origin are filled in here. Rows, by `quantity` (the
    other columns in brackets): `atoms`, `steps`, `frames`, `ranks`, `hottest` (temperature of a frame, K),
    `lattice_lost` (K, where it is; phase metal where only that could tell); `lost`, `replaced`, `crossed`,
    `sites_known` as in `exchange_results`; `D` (species, stage, temperature_K), `Ea`, `D0` (species), `lindemann`; `a`,
    `c`, `strain_xx`, `faults` (domain); shapes, grains and axes as in `body_results`; `onset`, `midpoint` (domain,
    phase it leaves, other it becomes); `hops`, `jump_rate`, `jump_length` (species, stage), `Ea_holds`, `D0_holds`
    (species); `local_D`, `local_vacancies` (region); `roughness` (domain below, other above), `front` (and species
    above), `charge`, `deficit` (domain); `clusters`, `largest_cluster`, `scattered` (species), `anion_grains`, `bodies`
    (stage); `inserted` (stage). Curves: `temperature`, `target_temperature`, `potential_energy` against time_ps; `msd`
    (species) against lag_ps; `phase_share` (phase, domain; the whole model without one), `stacking_share` (phase),
    `vacancies` (domain, region inner or surface) against temperature_K; `phase_count` (phase, domain; all that were
    looked at without a phase; stage built for the starting model) against time_ps; `profile` (species, stage first or
    last) against position_A; `transformed` (domain) against temperature_K; `van_hove` (species) against distance_A.
    What comes from a part of the run where the lattice is lost says so in its method.

    ValueError: the trajectory and the model are not of one run, or thermo.csv lacks a column.
    """
    if trajectory.n_atoms != len(model.atoms):
        raise ValueError(f"the trajectory has {trajectory.n_atoms} atoms, the model {len(model.atoms)}: not of one run")
    how = how or How()
    record = Thermo(thermo) if isinstance(thermo, Path) else thermo
    labels = Labels.of(model)
    temperature_K, apart = record.temperature_at(trajectory.steps), _Apart(trajectory, model, labels, record)
    frames, meanwhile = census_frames(trajectory, temperature_K, how.censuses), apart.measure_with(how.processes)
    survey = compute_structure(trajectory, labels, temperature_K, frames, how.processes, meanwhile)
    order = Order.of(survey.ordered, survey.frames, temperature_K, trajectory.times_ps)
    order = replace(order, of_metal=survey.of_metal)
    mobility, (moved, paths), moved_by_region = apart.motion_under(order)
    target_K = np.interp(trajectory.steps[survey.frames], record.steps, record.target_K)
    events = events_of(survey, mobility)
    converted, regions = conversion_curves(survey, labels, target_K), apart.regions
    placed = (
        *isotherm_results(moved, survey.curves),
        *conversion_results(converted),
        *hopping_results(survey, mobility, events),
        *moved_by_region,
        *local_vacancies(survey, mobility, regions),
        *order.marked_where_it_matters(boundary_results(model, mobility)),
        *balance_results(survey, mobility, events),
        *piece_results(trajectory, labels, survey.last),
        *inserted_results(model, trajectory, labels),
    )
    found = (
        *exchange_results(survey, events, labels, trajectory, apart.lost),
        *apart.lattices,
        *body_results(model, trajectory, labels),
    )
    rows = (
        *_counts(trajectory, record, origin.ranks),
        *_hottest(temperature_K),
        *order.rows(),
        *moved,
        *placed,
        *order.marked_where_it_matters(found),
    )
    curves = (
        *record.curves(),
        *survey.curves,
        *built_counts(model, labels),
        *converted,
        *paths,
        *van_hove_curves(mobility),
        *_profiles(trajectory, model.stacking_axis),
    )
    return Measured(_completed(origin, model, record), rows, curves)


_Motion = tuple[Mobility, tuple[tuple[Result, ...], tuple[Series, ...]], tuple[Result, ...]]


@dataclass(frozen=True)
class _Apart:
    """What of a run is measured without a look at every frame: while other processes take these, if there are any.

    Motion is followed to where the lattice is lost, which only the looks tell: it is measured as if it were kept, and
    again where it was not.
    """

    trajectory: Trajectory
    model: Model
    labels: Labels
    record: Thermo

    def measure_with(self, processes: int) -> Callable[[], object]:
        """Return what is to be done while others look at frames."""
        return (lambda: (self.motion, self.lattices)) if processes > 1 else (lambda: None)

    def motion_under(self, order: Order) -> _Motion:
        """Return mobility, its results and those by region, with the lattice kept or lost as it was."""
        return self.motion if order == self.kept else self._moved(order)

    @property
    def kept(self) -> Order:
        return Order(self.trajectory.n_frames)

    @cached_property
    def motion(self) -> _Motion:
        return self._moved(self.kept)

    @cached_property
    def lost(self) -> NDArray[np.int64]:
        return lost_atoms(self.trajectory)

    @cached_property
    def displacements(self) -> Displacements:
        return Displacements(self.trajectory)

    @cached_property
    def regions(self) -> Regions:
        return regions_of(self.model)

    @cached_property
    def lattices(self) -> tuple[Result, ...]:
        return lattice_results(self.model, self.trajectory)

    def _moved(self, order: Order) -> _Motion:
        mobility = Mobility(self.trajectory, self.labels, self.record, self.lost, order, self.displacements)
        return mobility, motion_results(mobility), local_diffusion(mobility, self.regions)


def _completed(origin: Origin, model: Model, record: Thermo) -> Origin:
    """Return the origin with what the model and the thermodynamic record say of the run."""
    return replace(
        origin,
        model=model.name,
        phases=tuple(sorted({domain.phase for domain in model.domains})),
        atoms=len(model.atoms),
        time_ps=float(np.ptp(record.times_ps)),
        hottest_K=float(np.nanmax(record.target_K, initial=0.0)),
    )


def _counts(trajectory: Trajectory, record: Thermo, ranks: int) -> tuple[Result, ...]:
    numbers = {
        "ranks": ranks,
        "atoms": trajectory.n_atoms,
        "steps": int(record.steps[-1]),
        "frames": trajectory.n_frames,
    }
    return tuple(Result(key, float(n), key, "input", error=0.0, quantity=key) for key, n in numbers.items())


def _hottest(temperature_K: NDArray[np.float64]) -> tuple[Result, ...]:
    if not np.isfinite(temperature_K).all():
        return ()
    hottest_K = float(temperature_K.max())
    row = Result("highest temperature of a frame", hottest_K, "K", "measured", error=0.0, quantity="hottest")
    return (replace(row, method="mean of the thermodynamic rows about each frame", temperature_K=hottest_K),)


def _profiles(trajectory: Trajectory, axis: int) -> tuple[Series, ...]:
    ends = (("first", 0), ("last", -1))
    frames = [(stage, trajectory.frame(index).positions) for stage, index in ends]
    # Slices of whole layers: thinner ones would hold cations and anions by turns.
    framework = np.isin(trajectory.elements, list(FRAMEWORK))
    start = frames[0][1]
    width_A = layer_spacing_A(start[framework if framework.any() else np.full(len(start), True), axis])
    return tuple(c for stage, at in frames for c in compute_profile(at, trajectory.elements, axis, width_A, stage))
