"""Mobility of a run: MSD and D in its holds, D(T) from its heating, and the Lindemann index."""

from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from nanokiln.analysis.lattice.melting import compute_lindemann
from nanokiln.analysis.lattice.occupation import Labels
from nanokiln.analysis.measure.order import Order
from nanokiln.analysis.measured import Result, Series
from nanokiln.analysis.motion.diffusion import compute_diffusion
from nanokiln.analysis.motion.msd import Displacements, compute_msd
from nanokiln.analysis.motion.ramp import D_while_heated, compute_ramp
from nanokiln.analysis.trajectory.thermo import Thermo, ThermoStage
from nanokiln.analysis.trajectory.trajectory import Trajectory

Index = NDArray[np.int64]
_FEWEST_FRAMES = 9
_FEWEST_ON_RAMP = 20


@dataclass(frozen=True)
class Window:
    """The frames of one stage, its mean temperature, and whether the lattice is lost in a part of them."""

    stage: str
    frames: slice
    temperature_K: float
    lost: bool = False

    @property
    def known_K(self) -> float | None:
        """The mean temperature, None where nobody knows it."""
        return self.temperature_K if np.isfinite(self.temperature_K) else None

    @property
    def at(self) -> str:
        """The temperature in words, nothing where nobody knows it."""
        return "" if self.known_K is None else f" at {self.known_K:.0f} K"

    @property
    def is_long_enough(self) -> bool:
        """Whether D can be asked of it."""
        return bool(self.frames.stop - self.frames.start >= _FEWEST_FRAMES)


@dataclass(frozen=True)
class Mobility:
    """A run seen by who moves: `lost` are the atoms that left, `order` says where the lattice is lost, `displacements`
    have the rigid motion of every particle removed."""

    trajectory: Trajectory
    labels: Labels
    record: Thermo
    lost: Index
    order: Order
    displacements: Displacements

    @cached_property
    def temperature_K(self) -> NDArray[np.float64]:
        """Temperature of every frame."""
        return self.record.temperature_at(self.trajectory.steps)

    @cached_property
    def atoms(self) -> dict[str, Index]:
        """The atoms of each species that stayed, by index; a species that left whole is not among them."""
        elements = self.trajectory.elements
        kept = {
            name: np.setdiff1d(np.flatnonzero(elements == name), self.lost) for name in sorted(set(elements.tolist()))
        }
        return {name: atoms for name, atoms in kept.items() if len(atoms)}

    @cached_property
    def mobile(self) -> dict[str, Index]:
        """Those of `atoms` that are no anions."""
        anions = set(self.trajectory.elements[self.labels.anion].tolist())
        return {name: atoms for name, atoms in self.atoms.items() if name not in anions}

    @cached_property
    def hottest(self) -> Window:
        """The hottest hold that has enough frames, or the longest stage where no hold has."""
        return self._window(*measuring_window(self.trajectory, self.record))

    @cached_property
    def windows(self) -> tuple[Window, ...]:
        """Every hold but the one that settles, and the hottest window, in the order they ran."""
        holds = [self._window(w, s) for s, w in _stages(self.trajectory, self.record)[1:] if s.hold]
        others = [window for window in holds if window.stage != self.hottest.stage]
        return tuple(sorted((*others, self.hottest), key=lambda window: window.frames.start))

    def told(self, window: Window, row: Result) -> Result:
        """Return a row of a window, which says so where the lattice is lost in it."""
        return self.order.marked(row) if window.lost else row

    def _window(self, frames: slice, stage: ThermoStage) -> Window:
        return Window(stage.name, frames, float(self.temperature_K[frames].mean()), frames.stop > self.order.until)


def motion_results(mobility: Mobility) -> tuple[tuple[Result, ...], tuple[Series, ...]]:
    """Return rows `D` of every mobile species in each hold, `Ea` and `D0` from the heating and the `lindemann` index,
    and curves `D_heated` from the heating and `msd` of every species in the hottest window; lost atoms are left out.

    The heating counts up to where the lattice is lost: one Arrhenius law does not hold across that.
    """
    rows: list[Result] = []
    curves: list[Series] = []
    for species, atoms in mobility.atoms.items():
        curves.append(_msd(mobility, atoms, species))
        if species in mobility.mobile:
            rows += _in_holds(mobility, atoms, species)
            found, along = _while_heated(mobility, atoms, species)
            rows += found
            curves += along
    return (*rows, *_lindemann(mobility)), tuple(curves)


def _msd(mobility: Mobility, atoms: Index, species: str) -> Series:
    window = mobility.hottest
    curve = compute_msd(mobility.displacements, atoms, f"MSD of {species}", window.frames)
    curve = replace(curve, quantity="msd", species=species, stage=window.stage)
    return mobility.order.marked_curve(curve) if window.lost else curve


def _in_holds(mobility: Mobility, atoms: Index, species: str) -> list[Result]:
    out = []
    for window in mobility.windows:
        if window.is_long_enough:
            name = f"D of {species}{window.at}"
            found = compute_diffusion(mobility.displacements, atoms, name, window.frames)
            found = replace(found, quantity="D", species=species, stage=window.stage)
            out.append(mobility.told(window, replace(found, temperature_K=window.known_K)))
    return out


def _while_heated(mobility: Mobility, atoms: Index, species: str) -> tuple[list[Result], list[Series]]:
    heating = heating_window(mobility.trajectory, mobility.record, mobility.order.until)
    if heating is not None:
        with suppress(ValueError):  # nothing moved beyond vibration: there is no D(T) to report
            Ea, D0, fit = compute_ramp(mobility.displacements, atoms, species, heating, mobility.temperature_K)
            return [Ea, D0], [D_while_heated(fit, species)]
    return [], []


def _lindemann(mobility: Mobility) -> tuple[Result, ...]:
    labels, window = mobility.labels, mobility.hottest
    framework = np.setdiff1d(np.flatnonzero(labels.anion | labels.metal), mobility.lost)
    melting = compute_lindemann(mobility.trajectory, framework, window.frames)
    if not np.isfinite(melting.index):
        return ()
    row = Result(
        "Lindemann index",
        melting.index,
        "1",
        "measured",
        melting.error,
        method="neighbours of the framework in the hottest hold; molten above 0.15",
        quantity="lindemann",
        stage=window.stage,
        temperature_K=window.known_K,
    )
    return (mobility.told(window, row),)


def heating_window(trajectory: Trajectory, record: Thermo, ordered: int) -> slice | None:
    """Return the frames from the first ramp on, holds between ramps included, while the lattice is ordered.

    None where fewer than twenty frames are left. The likelihood takes any T(t), so a staircase is as good as a ramp.
    """
    ramps = [window for stage, window in _stages(trajectory, record) if not stage.hold]
    if not ramps or ordered - ramps[0].start < _FEWEST_ON_RAMP:
        return None
    return slice(ramps[0].start, ordered)


def measuring_window(trajectory: Trajectory, record: Thermo) -> tuple[slice, ThermoStage]:
    """Return the frames of the hottest hold that has enough of them, or of the longest stage where no hold has."""
    stages = _stages(trajectory, record)
    holds = [(s, w) for s, w in stages if s.hold and w.stop - w.start >= _FEWEST_FRAMES]
    if holds:
        stage, window = max(holds, key=lambda entry: entry[0].target_K[1])
    else:
        stage, window = max(stages, key=lambda entry: entry[1].stop - entry[1].start)
    return window, stage


def _stages(trajectory: Trajectory, record: Thermo) -> list[tuple[ThermoStage, slice]]:
    return [(stage, _frames_of(stage, trajectory)) for stage in record.stages()]


def _frames_of(stage: ThermoStage, trajectory: Trajectory) -> slice:
    first, last = np.searchsorted(trajectory.steps, [stage.steps[0], stage.steps[1] + 1])
    times = trajectory.times_ps[first:last]
    if len(times) > 2:  # the frame that closes a stage may come early
        gaps = np.diff(times)
        even = np.isclose(gaps, np.median(gaps), rtol=1e-3)
        first, last = first + int(not even[0]), last - int(not even[-1])
    return slice(int(first), int(last))
