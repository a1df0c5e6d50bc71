"""One's own experiment with what was seen of it: particles, programme, holds that were judged, CSV files of courses."""

from pathlib import Path

from pydantic import Field, ValidationError

from nanokiln.analysis.clock.clock import default_inputs
from nanokiln.analysis.clock.inference import Observation, Sighting
from nanokiln.analysis.clock.spec import ClockSpec
from nanokiln.analysis.forecast.measured_courses import load_measured_courses
from nanokiln.structures.schema.explain import faults
from nanokiln.structures.schema.plain_text import Line
from nanokiln.structures.schema.plain_yaml import read_yaml


class OwnExperiment(ClockSpec):
    """An experiment for the clock with `observations` at the ends of holds (`scene` is the particle's name) and
    `series`, CSV files beside it."""

    observations: tuple[Observation, ...] = ()
    series: tuple[Line, ...] = Field(default=())


def load_own_experiment(path: Path) -> tuple[OwnExperiment, tuple[Sighting, ...]]:
    """Read an experiment and all that was seen of it; whatever is wrong is one ValueError that names the place."""
    try:
        spec = OwnExperiment.model_validate(read_yaml(path))
    except ValidationError as error:
        raise ValueError(f"{path} is no experiment with data: {'; '.join(faults(error, OwnExperiment))}") from error
    seen: tuple[Sighting, ...] = spec.observations
    for name in spec.series:
        file = path.parent / name
        if not file.is_file():
            raise ValueError(f"{path}: there is no file {file}")
        seen += load_measured_courses(file)
    for problem in _problems(spec, seen):
        raise ValueError(f"{path}: {problem}")
    return spec, seen


def _problems(spec: OwnExperiment, seen: tuple[Sighting, ...]) -> list[str]:
    known = [one.name for one in spec.particles]
    holds = list(spec.heating.plateaus_C)
    found = [f"no particle is called {o.scene!r}; there are: {', '.join(known)}" for o in seen if o.scene not in known]
    found += [
        f"no hold at {o.temperature_C:g} C; there are: {', '.join(f'{hold:g}' for hold in holds)}"
        for o in spec.observations
        if o.temperature_C not in holds
    ]
    found += [f"no input is called {name!r}" for name in sorted(set(spec.inputs) - set(default_inputs()))]
    return found + ([] if seen else ["nothing was seen: give observations or series"])
