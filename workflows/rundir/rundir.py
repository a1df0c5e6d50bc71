"""The run directory: what is where, what is finished, and where an interrupted run goes on."""

import fcntl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import yaml

from nanokiln.structures.storage import read_json, write_json, write_whole
from nanokiln.workflows.deck.deck import THERMO_COLUMNS
from nanokiln.workflows.errors import InputError
from nanokiln.workflows.recipe.programme import Stage
from nanokiln.workflows.recipe.recipe import WORDS, Recipe, parse_recipe
from nanokiln.workflows.rundir.checkpoints import Checkpoints
from nanokiln.workflows.rundir.record import RunRecord
from nanokiln.workflows.rundir.segments import close_segments, drop_from, join_thermo, sealed_segments, thermo_rows

LOCK = ".lock"


@dataclass(frozen=True)
class Position:
    """Where a run stands: the stage to work on, its first step, and the step to begin from."""

    index: int
    first: int
    begin: int


@dataclass(frozen=True)
class StageEnd:
    """What `done.json` says of a finished stage: its first and last step, and how many were planned."""

    stage: str
    first_step: int
    last_step: int
    planned_steps: int


class RunDirectory:
    """One run on disk. `stages/NN-name/done.json` is renamed into place last: that is what finished means."""

    def __init__(self, path: Path) -> None:
        """Name a directory; nothing is made or read yet."""
        self.lock_fds: tuple[int, ...] = ()
        self.path = path.resolve()
        self.recipe_path = self.path / "recipe.yaml"
        self.run_path = self.path / "run.json"
        self.model_path = self.path / "model.extxyz"
        self.data_path = self.path / "model.data"
        self.status_path = self.path / "status.json"
        self.thermo_path = self.path / "thermo.csv"
        self.trajectory_path = self.path / "trajectory.h5"
        self.results_path = self.path / "results.json"
        self.report_path = self.path / "report.html"
        self.stop_path = self.path / "stop"
        self.failure_path = self.path / "failure.json"

    @property
    def exists(self) -> bool:
        """Whether a run lives here."""
        return self.recipe_path.exists()

    def require(self) -> "RunDirectory":
        """Return itself; InputError when no run lives here."""
        if not self.exists:
            raise InputError(
                f"{self.path} is not a run directory (no recipe.yaml); `nanokiln run RECIPE --out DIR` makes one"
            )
        return self

    def refuse_other(self, recipe: Recipe) -> None:
        """Raise InputError when the directory holds another run or something else."""
        if self.exists:
            here, asked = yaml.safe_load(self.recipe_path.read_text()), yaml.safe_load(recipe.to_yaml())
            if differing := _differing(here, asked):
                raise InputError(
                    f"{self.path} holds another run: its recipe differs in {', '.join(differing)}; give another --out"
                )
        elif self.path.exists() and (not self.path.is_dir() or any(p.name != LOCK for p in self.path.iterdir())):
            raise InputError(f"{self.path} exists and is not a run of nanokiln; give another --out")

    def claim(self, recipe: Recipe) -> None:
        """Make the directory this recipe's."""
        self.refuse_other(recipe)
        for name in ("stages", "checkpoints"):
            (self.path / name).mkdir(parents=True, exist_ok=True)
        write_whole(self.recipe_path, recipe.to_yaml())

    @property
    def recipe(self) -> Recipe:
        """The resolved recipe of this run."""
        return parse_recipe(yaml.safe_load(self.recipe_path.read_text()), str(self.recipe_path))

    @property
    def checkpoints(self) -> Checkpoints:
        """The restart files."""
        return Checkpoints(self.path / "checkpoints")

    @property
    def record(self) -> RunRecord:
        """What made the run; InputError where it was never prepared."""
        return RunRecord.read(self.run_path)

    @property
    def is_prepared(self) -> bool:
        """Whether model and record are there, so that it only needs heating."""
        return self.run_path.exists()

    def stage_path(self, stage: Stage) -> Path:
        """Return the folder of a stage."""
        return self.path / "stages" / stage.name

    def done(self, stage: Stage) -> StageEnd | None:
        """Return what a finished stage recorded, or None."""
        path = self.stage_path(stage) / "done.json"
        return StageEnd(**read_json(path)) if path.exists() else None

    def position(self, stages: tuple[Stage, ...]) -> Position | None:
        """Return where to go on, None when all is done; anything after the newest good checkpoint is taken back.

        The newest checkpoint may be unreadable: then the one before it counts, even if it lies in an earlier stage.
        """
        good = self.checkpoints.newest_good()
        first = 0
        for index, stage in enumerate(stages):
            done = self.done(stage)
            if done is None or good is None or done.last_step > good:
                begin = good if good is not None else 0
                self._take_back(stages[index:], first, begin)
                return Position(index, first, begin)
            first = done.last_step
        return None

    def _take_back(self, stages: tuple[Stage, ...], first: int, step: int) -> None:
        self.checkpoints.drop_after(step)
        for index, stage in enumerate(stages):
            folder = self.stage_path(stage)
            (folder / "done.json").unlink(missing_ok=True)
            (folder / "thermo.csv").unlink(missing_ok=True)
            if index == 0 and step > first:
                close_segments(folder, step)
            drop_from(folder, step)

    def finish(self, stage: Stage, first: int, last: int) -> None:
        """Close a stage: its rows joined, its segments sealed, `done.json` renamed into place last."""
        folder = self.stage_path(stage)
        close_segments(folder, last)
        rows = thermo_rows(folder, last)
        write_whole(folder / "thermo.csv", "\n".join([THERMO_COLUMNS, *rows]) + "\n")
        join_thermo([self.stage_path(s) for s in self.recipe.stages if self.stage_path(s).exists()], self.thermo_path)
        write_json(folder / "done.json", asdict(StageEnd(stage.name, first, last, stage.steps)))

    @property
    def position_is_end(self) -> bool:
        """Whether every stage is done."""
        return all(self.done(stage) is not None for stage in self.recipe.stages)

    def dumps(self) -> list[Path]:
        """Return the finished segments of the trajectory in order; every frame is in exactly one."""
        return [path for stage in self.recipe.stages for path in sealed_segments(self.stage_path(stage))]

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the directory for this process; InputError when another one runs here."""
        if self.path.exists() and not self.path.is_dir():
            raise InputError(f"{self.path} is a file; give another --out")
        self.path.mkdir(parents=True, exist_ok=True)
        with (self.path / LOCK).open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise InputError(f"another nanokiln is running in {self.path}; `nanokiln status` tells more") from error
            self.lock_fds = (file.fileno(),)
            try:
                yield
            finally:
                self.lock_fds = ()
                self._leave_no_trace()

    def _leave_no_trace(self) -> None:
        """A directory in which nothing was begun is not left behind."""
        if [p.name for p in self.path.iterdir()] == [LOCK]:
            (self.path / LOCK).unlink()
            self.path.rmdir()


def _differing(here: Mapping[str, object], asked: Mapping[str, object]) -> list[str]:
    keys = (here.keys() | asked.keys()) - WORDS
    return sorted(key for key in keys if here.get(key) != asked.get(key))
