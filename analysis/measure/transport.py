"""Mobility of a run: MSD and D in its holds, D(T) from its heating, and the Lindemann index."""

from contextlib import suppress

import numpy as np
from numpy.typing import NDArray

from nanokiln.analysis.lattice.melting import compute_lindemann
from nanokiln.analysis.lattice.occupation import Labels
from nanokiln.analysis.measured import Result, Series
from nanokiln.analysis.motion.diffusion import compute_diffusion
from nanokiln.analysis.motion.msd import Displacements, compute_msd
from nanokiln.analysis.motion.ramp import compute_ramp
from nanokiln.analysis.trajectory.thermo import Thermo, ThermoStage
from nanokiln.analysis.trajectory.trajectory import Trajectory

_FEWEST_FRAMES = 9
_FEWEST_ON_RAMP = 20


def motion_results(
    trajectory: Trajectory, labels: Labels, record: Thermo, lost: NDArray[np.int64], ordered: int
) -> tuple[dict[str, Result], dict[str, Series]]:
    """Return D of every species in each hold, its MSD in the hottest, and D(T) from the heating; lost atoms left out.

    The heating counts up to frame `ordered`, where the lattice is lost: one Arrhenius law does not hold across that.
    """
    temperature_K = record.temperature_at(trajectory.steps)
    displacements = Displacements(trajectory)
    hottest, name = measuring_window(trajectory, record)
    holds = {s.name: w for s, w in _stages(trajectory, record)[1:] if s.hold} | {
        name.name: hottest
    }  # the first settles
    heating = heating_window(trajectory, record, ordered)
    mobile = set(trajectory.elements[~labels.anion].tolist())
    results: dict[str, Result] = {}
    series: dict[str, Series] = {}
    for element in sorted(set(trajectory.elements.tolist())):
        atoms = np.setdiff1d(np.flatnonzero(trajectory.elements == element), lost)
        if len(atoms) == 0:
            continue
        series[f"msd_{element}"] = compute_msd(displacements, atoms, f"MSD of {element}", hottest)
        if element not in mobile:
            continue
        for stage, window in holds.items():
            if window.stop - window.start >= _FEWEST_FRAMES:
                mean_K = float(temperature_K[window].mean())
                result = compute_diffusion(displacements, atoms, f"D of {element} at {mean_K:.0f} K", window)
                result.provenance.update(stage=stage, temperature_K=mean_K)
                results |= {f"D_{element}_{mean_K:.0f}K": result}
                results |= {f"D_{element}": result} if window == hottest else {}
        if heating is not None:
            with suppress(ValueError):  # nothing moved beyond vibration: there is no D(T) to report
                results |= compute_ramp(displacements, atoms, element, heating, temperature_K)[0]
    framework = np.setdiff1d(np.flatnonzero(labels.anion | labels.metal), lost)
    melting = compute_lindemann(trajectory, framework, hottest)
    method = "neighbours of the framework in the hottest hold; molten above 0.15"
    results["lindemann"] = Result("Lindemann index", melting.index, "1", "measured", melting.error, method=method)
    return results, series


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
