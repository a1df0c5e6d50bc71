"""What to look at: frames of a run, a trajectory or a model, ready for the microscope."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import ase
import numpy as np

from nanokiln.analysis.trajectory.trajectory import Trajectory
from nanokiln.structures.model import Model
from nanokiln.workflows import pipeline
from nanokiln.workflows.errors import InputError
from nanokiln.workflows.source import is_source


@dataclass(frozen=True)
class Sighting:
    """Frames of one specimen, which axis of it stands upright, and what they are, in words."""

    name: str
    frames: tuple[ase.Atoms, ...]
    up_axis: int
    about: str


def sight(source: str, at: str = "last", average: int = 1) -> Sighting:
    """Return the frames to look at: of a directory of a run, a structure file, a recipe or a shipped model.

    `at` is first, last or a time in ps; `average` frames up to it (from it on for the first) are looked at together.
    """
    if average < 1:
        raise InputError(f"--average is {average}; expected the number of frames, 1 or more")
    path = Path(source)
    if path.is_dir():
        return _of_directory(path, at, average)
    try:
        model = pipeline.model_of(source)
    except ValueError as error:
        raise InputError(str(error)) from error
    return Sighting(model.name, (model.atoms,), model.stacking_axis, "as built")


def _of_directory(path: Path, at: str, average: int) -> Sighting:
    if not is_source(path):
        path = pipeline.finished(path).path
        if not (path / "trajectory.h5").is_file():
            pipeline.analyse(path)
    model = Model.read(path / "model.extxyz")
    with Trajectory.open(path / "trajectory.h5") as trajectory:
        chosen = frames_at(trajectory.times_ps, at, average)
        frames = tuple(trajectory.atoms(i) for i in chosen)
        first, last = (float(trajectory.times_ps[i]) for i in (chosen[0], chosen[-1]))
    about = f"at {last:.2f} ps" if len(chosen) == 1 else f"{len(chosen)} frames, {first:.2f} to {last:.2f} ps"
    return Sighting(path.name, frames, model.stacking_axis, about)


def frames_at(times_ps: "Sequence[float] | np.ndarray", at: str, average: int) -> tuple[int, ...]:
    """Return the indices of the frames at a time; InputError for a time that is none, or lies outside."""
    times = np.asarray(times_ps, dtype=float)
    if at in ("first", "last"):
        end = min(average, len(times)) - 1 if at == "first" else len(times) - 1
    else:
        try:
            wanted = float(at)
        except ValueError:
            raise InputError(f"--at is {at!r}; expected first, last or a time in ps") from None
        if not times[0] <= wanted <= times[-1]:
            raise InputError(f"--at {wanted:g} ps lies outside the run, {times[0]:g} to {times[-1]:g} ps")
        end = int(np.argmin(abs(times - wanted)))
    return tuple(range(max(0, end - average + 1), end + 1))
