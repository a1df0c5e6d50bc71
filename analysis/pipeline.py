"""The pipeline: one trajectory in, every standard quantity out as one `Analysis`."""

import json
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ase
import numpy as np
from numpy.typing import NDArray

from nanokiln.analysis.census import Labels
from nanokiln.analysis.diffusion import compute_diffusion
from nanokiln.analysis.exchange import lost_atoms
from nanokiln.analysis.findings import exchange_results, lattice_results
from nanokiln.analysis.heating_curve import compute_structure
from nanokiln.analysis.melting import compute_lindemann
from nanokiln.analysis.msd import Displacements, compute_msd
from nanokiln.analysis.profile import compute_profile
from nanokiln.analysis.ramp import compute_ramp
from nanokiln.analysis.result import Result
from nanokiln.analysis.series import Series
from nanokiln.analysis.thermo import Stage, Thermo
from nanokiln.analysis.trajectory import Trajectory
from nanokiln.structures.model import Model

_FEWEST_FRAMES = 9
_FEWEST_ON_RAMP = 20
_CENSUS_FRAMES = 60


@dataclass(frozen=True)
class Analysis:
    """Everything measured on one run; frozen, and complete for the report, the verdicts and `results.json`.

    `results` are single numbers by name: `ranks`, `atoms`, `steps`, `D_Cu` (cm2/s, one per cation species, at the
    hottest hold), `Ea_Cu`, `D0_Cu` (from the ramp, where it moved enough), `lost_Cd`, `replaced_Cd_by_Cu`,
    `crossed_<from>_to_<to>_Cu`, `lindemann`, `a_<domain>`, `c_<domain>`, `strain_<domain>_xx`, `faults`.
    `series` are curves by name: `temperature`, `target_temperature`, `potential_energy` (against time_ps);
    `msd_Cu` (against lag_ps); `phase_wz`, `phase_zb`, ..., `domain_<domain>_<phase>`, `vacancies_<domain>`
    (against temperature_K);
    `profile_before_Cu`, `profile_after_Cu` (atom fraction against position_A along the stacking axis).
    `before` and `after` are the first and the last frame; `warnings` are sentences that the report prints in red.
    """

    name: str
    model: Model
    run: dict[str, Any]
    results: dict[str, Result]
    series: dict[str, Series]
    before: ase.Atoms
    after: ase.Atoms
    warnings: tuple[str, ...] = field(default=())

    def to_json(self) -> dict[str, Any]:
        """Return `results.json` as plain types: every value with its error or interval, unit and how obtained."""
        return {
            "name": self.name,
            "warnings": list(self.warnings),
            "results": {key: result.to_json() for key, result in self.results.items()},
            "series": {key: series.to_json() for key, series in self.series.items()},
            "run": self.run,
        }

    def write(self, path: Path) -> None:
        """Write `to_json` to a file."""
        path.write_text(json.dumps(self.to_json(), indent=1, allow_nan=False) + "\n")


def analyse(trajectory: Trajectory, model: Model, thermo: Path, run: dict[str, Any]) -> Analysis:
    """Measure every standard quantity of one run; `thermo` is its thermo.csv, `run` what its run.json says.

    ValueError: the trajectory and the model are not of one run, or thermo.csv lacks a column.
    """
    if trajectory.n_atoms != len(model.atoms):
        raise ValueError(f"the trajectory has {trajectory.n_atoms} atoms, the model {len(model.atoms)}: not of one run")
    record = Thermo(thermo)
    labels = Labels.of(model)
    temperature_K = record.temperature_at(trajectory.steps)
    lost = lost_atoms(trajectory)
    survey = compute_structure(trajectory, labels, temperature_K, _spread(trajectory.n_frames))
    results = _counts(trajectory, record, run) | exchange_results(survey, labels, trajectory, lost)
    series = record.series() | survey.curves
    moved_results, moved_series = _motion(trajectory, labels, record, temperature_K, lost)
    results |= moved_results | lattice_results(model, trajectory)
    series |= moved_series
    for name, index in (("before", 0), ("after", -1)):
        profile = compute_profile(trajectory.frame(index).positions, trajectory.elements, model.stacking_axis)
        series |= {f"profile_{name}_{element}": curve for element, curve in profile.items()}
    before, after = trajectory.atoms(0), trajectory.atoms(-1)
    return Analysis(model.name, model, run, results, series, before, after, _warnings(run, temperature_K))


def _motion(
    trajectory: Trajectory,
    labels: Labels,
    record: Thermo,
    temperature_K: NDArray[np.float64],
    lost: NDArray[np.int64],
) -> tuple[dict[str, Result], dict[str, Series]]:
    """Return MSD and D of every species in the hottest hold, and D(T) from the longest ramp; lost atoms left out."""
    displacements = Displacements(trajectory)
    window, stage = measuring_window(trajectory, record)
    ramp = ramp_window(trajectory, record)
    mobile = set(trajectory.elements[~labels.anion].tolist())
    results: dict[str, Result] = {}
    series: dict[str, Series] = {}
    for element in sorted(set(trajectory.elements.tolist())):
        atoms = np.setdiff1d(np.flatnonzero(trajectory.elements == element), lost)
        if len(atoms) == 0:
            continue
        series[f"msd_{element}"] = compute_msd(displacements, atoms, f"MSD of {element}", window)
        if element in mobile and window.stop - window.start >= _FEWEST_FRAMES:
            result = compute_diffusion(displacements, atoms, f"D of {element}", window)
            result.provenance.update(stage=stage.name, temperature_K=float(temperature_K[window].mean()))
            results[f"D_{element}"] = result
        if element in mobile and ramp is not None:
            with suppress(ValueError):  # nothing moved beyond vibration: there is no D(T) to report
                results |= compute_ramp(displacements, atoms, element, ramp, temperature_K)[0]
    melting = compute_lindemann(trajectory, np.flatnonzero(labels.anion | labels.metal), window)
    results["lindemann"] = Result("Lindemann index of the framework", melting.index, "1", "measured", melting.error)
    return results, series


def ramp_window(trajectory: Trajectory, record: Thermo) -> slice | None:
    """Return the frames of the ramp that spans most of temperature, None where no ramp has twenty frames."""
    ramps = [(s, _frames_of(s, trajectory)) for s in record.stages() if not s.hold]
    ramps = [(s, w) for s, w in ramps if w.stop - w.start >= _FEWEST_ON_RAMP]
    if not ramps:
        return None
    return max(ramps, key=lambda entry: abs(entry[0].target_K[1] - entry[0].target_K[0]))[1]


def measuring_window(trajectory: Trajectory, record: Thermo) -> tuple[slice, Stage]:
    """Return the frames of the hottest hold that has enough of them, or of the longest stage where no hold has."""
    stages = [(stage, _frames_of(stage, trajectory)) for stage in record.stages()]
    holds = [(s, w) for s, w in stages if s.hold and w.stop - w.start >= _FEWEST_FRAMES]
    if holds:
        stage, window = max(holds, key=lambda entry: entry[0].target_K[1])
    else:
        stage, window = max(stages, key=lambda entry: entry[1].stop - entry[1].start)
    return window, stage


def _frames_of(stage: Stage, trajectory: Trajectory) -> slice:
    first, last = np.searchsorted(trajectory.steps, [stage.steps[0], stage.steps[1] + 1])
    times = trajectory.times_ps[first:last]
    if len(times) > 2:  # the frame that closes a stage may come early
        gaps = np.diff(times)
        even = np.isclose(gaps, np.median(gaps), rtol=1e-3)
        first, last = first + int(not even[0]), last - int(not even[-1])
    return slice(int(first), int(last))


def _spread(n_frames: int) -> NDArray[np.int64]:
    return np.unique(np.linspace(0, n_frames - 1, min(n_frames, _CENSUS_FRAMES)).astype(np.int64))


def _counts(trajectory: Trajectory, record: Thermo, run: dict[str, Any]) -> dict[str, Result]:
    numbers = {
        "ranks": run.get("ranks", 1),
        "atoms": trajectory.n_atoms,
        "steps": int(record.steps[-1]),
        "frames": trajectory.n_frames,
    }
    return {key: Result(key, float(value), key, "input", error=0.0) for key, value in numbers.items()}


def _warnings(run: dict[str, Any], temperature_K: NDArray[np.float64]) -> tuple[str, ...]:
    limit = run.get("validated_K")
    if not limit or temperature_K.max() <= float(limit[1]):
        return ()
    return (
        f"The run reached {temperature_K.max():.0f} K; its potential is validated from {limit[0]:g} to {limit[1]:g} K. "
        "What happened above that is not supported by the potential's tests.",
    )
