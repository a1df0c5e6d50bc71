"""What `nanokiln analyse --trajectory` does: a person's words become what the reader needs."""

import logging
from collections.abc import Mapping, Sequence
from math import isfinite
from pathlib import Path
from typing import Any

from nanokiln.analysis.measure.run import How
from nanokiln.analysis.trajectory.foreign import Said
from nanokiln.workflows.errors import InputError
from nanokiln.workflows.source import Temperatures, measure_files

_LOG = logging.getLogger(__name__)


def measure(
    files: Sequence[Path],
    out: Path | None,
    said: Mapping[str, Any],
    thermo: Path | None,
    temperature_K: float | None,
    how: How,
) -> Path:
    """Measure trajectory files into `out` and return what was written; InputError for what cannot be."""
    if out is None:
        raise InputError("say where the results go: --out DIR")
    timestep = said["timestep_fs"]
    for name, number in (("--timestep-fs", timestep), ("--temperature-K", temperature_K)):
        if number is not None and not (isfinite(number) and number > 0):
            raise InputError(f"{name} is {number:g}; expected a number above zero")
    elements = tuple(word.strip() for word in said["elements"].split(",") if word.strip())
    told = Said(said["model"], elements, None if timestep is None else timestep / 1000, said["units"])
    measured = measure_files(files, out, told, Temperatures(thermo, temperature_K), how)
    for warning in measured.warnings:
        _LOG.warning(warning)
    return out / "results.json"
