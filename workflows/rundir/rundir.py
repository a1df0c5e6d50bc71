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
    flaw,
    join_thermo,
    sealed_segments,
    stage_rows,
    start_of,
)

LOCK = ".lock"
SEALED = ("recipe.yaml", "model.extxyz", "model.data")  # what the dynamics begin with, and what never changes after


@dataclass(frozen=True)
class Position:
    """Where a run stands: the stage to work on, its first step, and the step to begin from."""

    index: int
    first: int
    begin: int


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
        elif self.path.exists() and (not self.path.is_dir() or any(p.name != LOCK for p in self.path.iterdir())):
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
        try:
            data = yaml.safe_load(self.recipe_path.read_text())
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise InputError(f"{self.recipe_path} is damaged: {_in_one_line(error)}; put it back") from error
        if not isinstance(data, dict):
            raise InputError(f"{self.recipe_path} is damaged: it holds no recipe; put it back, or remove the directory")
        return data

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

    def position(self, stages: tuple[Stage, ...]) -> Position | None:
        """Return where to go on, None when all is done; anything after that checkpoint is taken back.

        The newest checkpoint, or the frames before it, may be damaged: then the one before it counts, even if it lies
        in an earlier stage. InputError where that one is of no use either: going back further has to be asked for.
        """
        ends, fault = self._ends(stages), "no checkpoint that can be read is left"
        at_the_end = ends[-1:] if len(ends) == len(stages) else ()
        at_the_start = () if self._has_sealed else (0,)
        back_to = None
        for begin in (*at_the_end, *self.checkpoints.trusted(), *at_the_start):
            where, (sound_until, found) = self._stand(stages, ends, begin)
            if not found:
                return self._take_up(stages, ends, where)
            fault, back_to = (fault, back_to) if back_to is not None else (found, sound_until)
        raise InputError(f"{self.path}: {fault}; {self._way_back(back_to)}")

    @property
    def stage_ends(self) -> tuple[int, ...]:
        """The last steps of the finished stages, whose checkpoints stay, so that one can go back to them."""
        return self._ends(self.recipe.stages)

    def _ends(self, stages: tuple[Stage, ...]) -> tuple[int, ...]:
        """The last steps of the finished stages, as far as they follow each other.

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

    def _stand(
        self, stages: tuple[Stage, ...], ends: tuple[int, ...], begin: int
    ) -> tuple[Position | None, tuple[int, str]]:
        """Where a run stands that begins again at a step, None at its end; and what is wrong before (see `flaw`)."""
        first = 0
        for index, stage in enumerate(stages):
            folder, end = self.stage_path(stage), ends[index] if index < len(ends) else None
            if end is None or end > begin:
                if begin > first + stage.steps:
                    return None, (first, f"where {stage.name} ended is not known (its done.json is damaged)")
                close_segments(folder, begin)
                return Position(index, first, begin), self._flaw(stage, first, begin)
            if (found := self._flaw(stage, first, end))[1]:
                return None, found
            first = end
        return None, (first, "")

    def _flaw(self, stage: Stage, first: int, until: int) -> tuple[int, str]:
        """What is wrong with the frames or rows of a stage between two steps, and from which step on (see `flaw`)."""
        folder, done = self.stage_path(stage), self.done(stage)
        sound_until, found = flaw(folder, first, until)
        if found:
            return sound_until, found
        held = {int(row.partition(",")[0]) for row in stage_rows(folder, until, done.thermo_sha256 if done else "")}
        every = self.recipe.cadence[0]
        due = set(range(first + every - first % every, until + 1, every))
        lacking = min(due - held, default=None)
        return (
            (until, "") if lacking is None else (lacking - 1, f"the row of step {lacking} in {stage.name} is missing")
        )

    def _take_up(self, stages: tuple[Stage, ...], ends: tuple[int, ...], where: Position | None) -> Position | None:
        """Mend the words of the stages before, take back what comes after, and finish a stage that is at its end."""
        index = len(stages) if where is None else where.index
        for stage, first, last in zip(stages[:index], (0, *ends), ends[:index], strict=False):
            if self.done(stage) is None:
                self.finish(stage, first, last)
        if where is None:
            return None
        self._take_back(stages[index:], where.first, where.begin)
        if where.begin < where.first + stages[index].steps:
            return where
        self.finish(stages[index], where.first, where.begin)
        return self.position(stages)

    @property
    def has_begun(self) -> bool:
        """Whether there is anything of the dynamics."""
        return next(self.path.glob("stages/*/segment-*"), None) is not None

    @property
    def _has_sealed(self) -> bool:
        """Whether something is finished that would be lost in going back to the start."""
        return any(next(self.path.glob(f"stages/*/{name}"), None) for name in ("segment-*.dump.gz", "done.json"))

    def _way_back(self, step: int | None = None) -> str:
        """The command that goes back to before a step (None: to where there is a way), in words."""
        good = [s for s in self.checkpoints.steps() if (step is None or s <= step) and self.checkpoints.is_good(s)]
        return (
            f"`nanokiln resume {self.path} --restart-from {good[0] if good else 0}` computes anew what follows, "
            "unless the file can be put back"
        )

    def go_back(self, to: str) -> None:
        """Take back everything after a step, or from the beginning of a stage on; InputError where no way leads there.

        There must be a good checkpoint: of the last two, and of the end of every stage. Step 0 is the model.
        """
        stages = self.recipe.stages
        ends = self._ends(stages)
        firsts = dict(zip((stage.name for stage in stages), (0, *ends), strict=False))
        good = sorted({0, *(step for step in self.checkpoints.steps() if self.checkpoints.is_good(step))})
        step = firsts.get(to, int(to) if to.isdecimal() else None)
        if step is None or step not in good:
            names = [name for name, first in firsts.items() if first in good]
            raise InputError(
                f"--restart-from takes a step that has a good checkpoint, or the stage that begins there: "
                f"{', '.join(map(str, good))}; {', '.join(names)} (given: {to})"
            )
        index = sum(end <= step for end in ends)
        self._take_back(stages[index:], (0, *ends)[index], step)

    def check_segments(self) -> None:
        """Raise InputError where frames of the finished run are damaged or missing, and join its rows anew."""
        stages = self.recipe.stages
        ends = self._ends(stages)
        where, (sound_until, found) = self._stand(stages, ends, ends[-1] if ends else 0)
        if found or where is not None:
            raise InputError(f"{self.path}: {found or 'not every stage is finished'}; {self._way_back(sound_until)}")
        self._join_thermo()

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
        rows, joined = stage_rows(folder, last), folder / "thermo.csv"
        write_whole(joined, "\n".join([THERMO_COLUMNS, *rows]) + "\n")
        write_json(folder / "done.json", asdict(StageEnd(stage.name, first, last, stage.steps, sha256(joined))))
        self._join_thermo()

    def _join_thermo(self) -> None:
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


def _in_one_line(error: Exception) -> str:
    return " ".join(str(error).split())


def _differing(here: Mapping[str, object], asked: Mapping[str, object]) -> list[str]:
    keys = (here.keys() | asked.keys()) - WORDS
    return sorted(key for key in keys if here.get(key) != asked.get(key))
