"""The pipeline: one trajectory in, every standard quantity out as one `Analysis`."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ase
import numpy as np
from numpy.typing import NDArray

from nanokiln.analysis.lattice.composition import compute_profile
from nanokiln.analysis.lattice.exchange import lost_atoms
from nanokiln.analysis.lattice.occupation import Labels
from nanokiln.analysis.measure.bodies import body_results
from nanokiln.analysis.measure.findings import exchange_results, lattice_results
from nanokiln.analysis.measure.heating_curve import compute_structure, ordered_until
from nanokiln.analysis.measure.transport import motion_results
from nanokiln.analysis.measured import Result, Series
from nanokiln.analysis.trajectory.thermo import Thermo
from nanokiln.analysis.trajectory.trajectory import Trajectory
from nanokiln.structures.model import Model

_CENSUS_FRAMES = 60


@dataclass(frozen=True)
class Analysis:
    """Everything measured on one run; frozen, and complete for the report, the verdicts and `results.json`.

    `results` are single numbers by name: `ranks`, `atoms`, `steps`, `D_Cu` (cm2/s, one per cation species, at the
    hottest hold), `D_Cu_<T>K` (at every hold), `Ea_Cu`, `D0_Cu` (from the heating, where it moved enough), `lost_Cd`,
    `replaced_Cd_by_Cu`, `crossed_<from>_to_<to>_Cu`, `lindemann`, `a_<domain>`, `c_<domain>`, `strain_<domain>_xx`,
    `faults_<domain>`, and what `bodies.body_results` adds on shapes, grains and axes.
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
    order = ordered_until(survey, trajectory.n_frames)
    moved_results, moved_series = motion_results(trajectory, labels, record, lost, order)
    results |= moved_results | lattice_results(model, trajectory) | body_results(model, trajectory, labels)
    series |= moved_series
    for name, index in (("before", 0), ("after", -1)):
        profile = compute_profile(trajectory.frame(index).positions, trajectory.elements, model.stacking_axis)
        series |= {f"profile_{name}_{element}": curve for element, curve in profile.items()}
    before, after = trajectory.atoms(0), trajectory.atoms(-1)
    warnings = _warnings(run, temperature_K, order)
    return Analysis(model.name, model, run, results, series, before, after, warnings)


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


def _warnings(run: dict[str, Any], temperature_K: NDArray[np.float64], ordered: int) -> tuple[str, ...]:
    limit = run.get("validated_K")
    out = []
    if limit and not float(limit[1]):
        out.append("The potential misses gates at the lowest temperature it was judged at: see its card.")
    elif limit and temperature_K.max() > float(limit[1]):
        out.append(
            f"The run reached {temperature_K.max():.0f} K; its potential is validated from {limit[0]:g} to "
            f"{limit[1]:g} K. What happened above that is not supported by the potential's tests."
        )
    if ordered < len(temperature_K):
        out.append(
            f"From {temperature_K[ordered]:.0f} K on less than half of the anion lattice is ordered: there sites, "
            "vacancies, replacements and crossings lose their meaning, and D is that of a disordered material."
        )
    return tuple(out)
