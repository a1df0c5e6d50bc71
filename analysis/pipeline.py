"""The pipeline: one trajectory in, every standard quantity out as one `Analysis`."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ase

from nanokiln.analysis.result import Result
from nanokiln.analysis.series import Series
from nanokiln.structures.model import Model


@dataclass(frozen=True)
class Analysis:
    """Everything measured on one run; frozen, and complete for the report, the verdicts and `results.json`.

    `results` are single numbers by name: `ranks`, `atoms`, `steps`, `D_Cu` (cm2/s, one per cation species, at the
    hottest hold), `Ea_Cu`, `D0_Cu` (from the ramp, where it moved enough).
    `series` are curves by name: `temperature`, `target_temperature`, `potential_energy` (against time_ps);
    `msd_Cu` (against lag_ps); `phase_wz`, `phase_zb`, ... and `vacancies_<domain>` (against temperature_K);
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
        """Return `results.json` as plain types: every value with its error or interval, unit and how it was obtained."""
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
