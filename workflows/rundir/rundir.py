"""The run directory: what is where, what is finished, and where an interrupted run goes on."""

import fcntl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

import yaml

from nanokiln.structures.storage import read_json, sha256, write_json, write_whole
from nanokiln.workflows.deck.deck import THERMO_COLUMNS
from nanokiln.workflows.errors import InputError
from nanokiln.workflows.recipe.programme import Stage
from nanokiln.workflows.recipe.recipe import WORDS, Recipe, parse_recipe
from nanokiln.workflows.rundir.checkpoints import Checkpoints
from nanokiln.workflows.rundir.record import RunRecord
from nanokiln.workflows.rundir.segments import (
    close_segments,
    drop_from,
    join_thermo,
    sealed_segments,
    stage_rows,
    start_of,
)

LOCK = ".lock"
JOBS = "jobs"  # scripts and logs of a batch system, there before a run is
SEALED = ("recipe.yaml", "model.extxyz", "model.data")  # what the dynamics begin with, and what never changes after


@dataclass(frozen=True)
class StageEnd:
    """What `done.json` says of a finished stage: its first and last step, how many were planned, and the SHA-256 of its
    `thermo.csv`."""

    stage: str
    first_step: int
    last_step: int
    planned_steps: int
    thermo_sha256: str = field(default="", compare=False)


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
            here, asked = self._recipe_data(), yaml.safe_load(recipe.to_yaml())
            if differing := _differing(here, asked):
                raise InputError(
                    f"{self.path} holds another run: its recipe differs in {', '.join(differing)}; give another --out"
                )
        elif self.path.exists() and (
            not self.path.is_dir() or any(p.name not in {LOCK, JOBS} for p in self.path.iterdir())
        ):
            raise InputError(f"{self.path} exists and is not a run of nanokiln; give another --out")

    def claim(self, recipe: Recipe) -> None:
        """Make the directory this recipe's."""
        self.refuse_other(recipe)
        for name in ("stages", "checkpoints"):
            (self.path / name).mkdir(parents=True, exist_ok=True)
        write_whole(self.recipe_path, recipe.to_yaml())

    def reword(self, recipe: Recipe) -> RunRecord:
        """Take over what a recipe says of itself, seal it anew, and return the record; InputError as in `claim`."""
        record = self.record.model_copy(update={"sealed": {}})
        record.write(self.run_path)
        self.claim(recipe)
        record = record.model_copy(update={"sealed": self.seals()})
        record.write(self.run_path)
        return record

    @property
    def recipe(self) -> Recipe:
        """The resolved recipe of this run; InputError where it is not the one that the run was begun with."""
        return parse_recipe(self._recipe_data(), str(self.recipe_path))

    def _recipe_data(self) -> dict[str, object]:
        self.check_seals(self.recipe_path.name)
        return recipe_data(self.recipe_path)

    def seals(self) -> dict[str, str]:
        """Return the checksums of recipe and model as they are, by file."""
        return {name: sha256(self.path / name) for name in SEALED}

    def check_seals(self, *only: str) -> None:
        """Raise InputError where recipe or model (or those named) are not the files that the run was begun with."""
        for name, checksum in self.record.sealed.items() if self.is_prepared else ():
            if only and name not in only:
                continue
            path = self.path / name
            if not path.is_file() or sha256(path) != checksum:
                raise InputError(
                    f"{path} is {'changed' if path.is_file() else 'missing'} since the run was begun: put it back as "
                    "it was, or begin another run in another --out"
                )

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
        """Return what a finished stage recorded, None where it is not finished or its word is damaged."""
        try:
            return StageEnd(**read_json(self.stage_path(stage) / "done.json"))
        except (OSError, ValueError, TypeError):
            return None

    @property
    def stage_ends(self) -> tuple[int, ...]:
        """The last steps of the finished stages, whose checkpoints stay, so that one can go back to them."""
        return self.ends(self.recipe.stages)

    def ends(self, stages: tuple[Stage, ...]) -> tuple[int, ...]:
        """Return the last steps of the finished stages, as far as they follow each other.

        A stage whose own word is lost ended where the next one's first segment begins.
        """
        ends: list[int] = []
        for stage, after in zip(stages, (*stages[1:], None), strict=True):
            first, done = ends[-1] if ends else 0, self.done(stage)
            begun = [] if after is None else [start_of(p) for p in sealed_segments(self.stage_path(after))[:1]]
            told = [done.last_step] if done is not None and done.first_step == first else begun
            if not told or not first < told[0] <= first + stage.steps:
                break
            ends.append(told[0])
        return tuple(ends)

    @property
    def has_begun(self) -> bool:
        """Whether there is anything of the dynamics."""
        return next(self.path.glob("stages/*/segment-*"), None) is not None

    @property
    def has_sealed(self) -> bool:
        """Whether something is finished that would be lost in going back to the start."""
        return any(next(self.path.glob(f"stages/*/{name}"), None) for name in ("segment-*.dump.gz", "done.json"))

    def take_back(self, stages: tuple[Stage, ...], first: int, step: int) -> None:
        """Remove what stages wrote after a step, the first of which begins at `first`."""
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
        rows, joined = stage_rows(folder, last), folder / "thermo.csv"
        write_whole(joined, "\n".join([THERMO_COLUMNS, *rows]) + "\n")
        write_json(folder / "done.json", asdict(StageEnd(stage.name, first, last, stage.steps, sha256(joined))))
        self.join_rows()

    def join_rows(self) -> None:
        """Write `thermo.csv` from the rows of the finished stages."""
        done = {stage: end for stage in self.recipe.stages if (end := self.done(stage)) is not None}
        parts = [stage_rows(self.stage_path(stage), end.last_step, end.thermo_sha256) for stage, end in done.items()]
        join_thermo(parts, self.thermo_path)

    @property
    def position_is_end(self) -> bool:
        """Whether every stage is done."""
        return all(self.done(stage) is not None for stage in self.recipe.stages)

    def dumps(self) -> list[Path]:
        """Return the finished segments of the trajectory in order; every frame is in exactly one."""
        return [path for stage in self.recipe.stages for path in sealed_segments(self.stage_path(stage))]

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the directory for this process, once; InputError when another runs here, or nothing can be written."""
        if self.lock_fds:
            yield
            return
        if self.path.exists() and not self.path.is_dir():
            raise InputError(f"{self.path} is a file; give another --out")
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            opened = (self.path / LOCK).open("w")
        except OSError as error:
            why = f"nothing can be written into {self.path} ({error.strerror})"
            raise InputError(f"{why}: change its permissions, or give another --out") from error
        with opened as file:
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


def recipe_data(path: Path) -> dict[str, object]:
    """Return what a directory's own recipe says; InputError where it is no longer one."""
    try:
        data = yaml.safe_load(path.read_text())
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is damaged: {' '.join(str(error).split())}; put it back") from error
    if not isinstance(data, dict):
        raise InputError(f"{path} is damaged: it holds no recipe; put it back, or remove the directory")
    return data


def _differing(here: Mapping[str, object], asked: Mapping[str, object]) -> list[str]:
    keys = (here.keys() | asked.keys()) - WORDS
    return sorted(key for key in keys if here.get(key) != asked.get(key))
