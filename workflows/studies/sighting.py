"""What to look at: frames of a run, a trajectory or a model, ready for the microscope."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import ase
import numpy as np

from nanokiln.analysis.clock.clock import default_inputs
from nanokiln.analysis.clock.spec import load_clock_spec
from nanokiln.analysis.experiment import load_experiment
from nanokiln.analysis.forecast.minutes_film import MinutesFilm
from nanokiln.analysis.forecast.named_sample import name_sample
from nanokiln.analysis.forecast.what_if import Know
from nanokiln.analysis.measured import Measured
from nanokiln.analysis.microscope.movie import Programme
from nanokiln.analysis.report.run_course import RunCourse, beam_of, programme_of, turned
from nanokiln.analysis.trajectory.trajectory import Trajectory
from nanokiln.structures.model import Model
from nanokiln.structures.turned import TurnedModel
from nanokiln.workflows import pipeline
from nanokiln.workflows.errors import InputError
from nanokiln.workflows.source import is_source

REVIEW = "review2019"


@dataclass(frozen=True)
class FramesShown:
    """Frames of one specimen, which axis of it stands upright, and what they are, in words."""

    name: str
    frames: tuple[ase.Atoms, ...]
    up_axis: int
    about: str


def sight(source: str, at: str = "last", average: int = 1) -> FramesShown:
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
    return FramesShown(model.name, (model.atoms,), model.stacking_axis, "as built")


def _of_directory(path: Path, at: str, average: int) -> FramesShown:
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
    return FramesShown(path.name, frames, model.stacking_axis, about)


@dataclass(frozen=True, eq=False)
class Course:
    """Frames spread over a run or over minutes, each with its time and the temperature that it had.

    `marked` are the times of the stills that tell it, none for some spread evenly; `beam` is where one looks from,
    `scan_A` how wide the line scan is.
    """

    name: str
    frames: tuple[tuple[float, ase.Atoms], ...]
    up_axis: int
    programme: Programme
    marked: tuple[float, ...] = ()
    beam: str = "x"
    scan_A: float | None = None


def follow(directory: Path, count: int) -> Course:
    """Return frames spread evenly over a finished run, first and last among them; InputError for fewer than two."""
    if count < 2:
        raise InputError(f"--frames is {count}; a film has two frames at least")
    path, model, programme = _measured(directory)
    with Trajectory.open(path / "trajectory.h5") as trajectory:
        chosen = np.unique(np.linspace(0, trajectory.n_frames - 1, count).round().astype(int))
        frames = tuple((float(trajectory.times_ps[i]), trajectory.atoms(int(i))) for i in chosen)
    return Course(path.name, frames, model.stacking_axis, programme, beam=beam_of(model))


def follow_minutes(source: str, particle: str | None, which: str, count: int, know: Know) -> Course:
    """Return frames of one named sample of the clock: of a particle in an experiment's file, or of a scene of the
    review. InputError for a source, particle or sample that there is not."""
    review = load_experiment(REVIEW)
    try:
        spec = load_clock_spec(Path(source)) if Path(source).is_file() else None
        scenes = review.scenes if spec is None else spec.scenes()
        inputs = dict(review.inputs) if spec is None else {**default_inputs(), **spec.inputs}
        name = source if spec is None else particle or next(iter(scenes))
        if name not in scenes:
            raise ValueError(
                f"there is neither a run nor a file {source!r} nor a scene or particle {name!r}; there are: "
                f"{', '.join(scenes)}"
            )
        known = know(inputs)
        history = scenes[name].run(known.draws)
        film = MinutesFilm(history, name_sample(history, known.weights, which))
        frames = film.frames(count)
    except ValueError as error:
        raise InputError(str(error)) from error
    return Course(
        name,
        frames,
        film.reconstruction.drawing.model.stacking_axis,
        film.programme,
        film.stills_min,
        scan_A=film.scan_A,
    )


def _measured(directory: Path) -> tuple[Path, Model, Programme]:
    path = directory if is_source(directory) else pipeline.finished(directory).path
    measured = Measured.read(path / "results.json") if is_source(directory) else pipeline.measured_of(path)
    return path, Model.read(path / "model.extxyz"), programme_of(measured)


def view(directory: Path | str) -> TurnedModel:
    """Return a finished run as a model to turn, its frames against T(t): a notebook shows it."""
    path, model, programme = _measured(Path(directory))
    with Trajectory.open(path / "trajectory.h5") as trajectory:
        course = RunCourse.of(trajectory)
    return turned(course, programme, model)


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
