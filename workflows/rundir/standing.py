"""Where a run stands: what of it can be trusted, and from which step it goes on."""

from dataclasses import dataclass

from nanokiln.workflows.errors import InputError
from nanokiln.workflows.recipe.programme import Stage
from nanokiln.workflows.rundir.rundir import RunDirectory
from nanokiln.workflows.rundir.segments import close_segments, flaw, stage_rows

Stages = tuple[Stage, ...]
Flaw = tuple[int, str]  # from which step on something is wrong, and what; '' where nothing is


@dataclass(frozen=True)
class Position:
    """Where a run stands: the stage to work on, its first step, and the step to begin from."""

    index: int
    first: int
    begin: int


def position(run: RunDirectory) -> Position | None:
    """Return where to go on, None when all is done; anything after that checkpoint is taken back.

    The newest checkpoint, or the frames before it, may be damaged: then the one before it counts, even if it lies in an
    earlier stage. InputError where that one is of no use either: going back further has to be asked for (`go_back`).
    """
    stages, faults = run.recipe.stages, list[Flaw]()
    ends = run.ends(stages)
    at_the_end = ends[-1:] if len(ends) == len(stages) else ()
    at_the_start = () if run.has_sealed else (0,)
    for begin in (*at_the_end, *run.checkpoints.trusted(), *at_the_start):
        where, found = _stand(run, stages, ends, begin)
        if not found[1]:
            return _take_up(run, stages, ends, where)
        faults.append(found)
    sound_until, fault = faults[0] if faults else (None, "no checkpoint that can be read is left")
    raise InputError(f"{run.path}: {fault}; {_way_back(run, sound_until)}")


def check_segments(run: RunDirectory) -> None:
    """Raise InputError where frames or rows of the finished run are damaged or missing, and join its rows anew."""
    stages = run.recipe.stages
    ends = run.ends(stages)
    where, (sound_until, found) = _stand(run, stages, ends, ends[-1] if ends else 0)
    if found or where is not None:
        raise InputError(f"{run.path}: {found or 'not every stage is finished'}; {_way_back(run, sound_until)}")
    run.join_rows()


def go_back(run: RunDirectory, to: str) -> None:
    """Take back everything after a step, or from the beginning of a stage on; InputError where no way leads there.

    There must be a good checkpoint: of the last two, and of the end of every stage. Step 0 is the model.
    """
    stages = run.recipe.stages
    ends = run.ends(stages)
    firsts = dict(zip((stage.name for stage in stages), (0, *ends), strict=False))
    good = sorted({0, *(step for step in run.checkpoints.steps() if run.checkpoints.is_good(step))})
    step = firsts.get(to, int(to) if to.isdecimal() else None)
    if step is None or step not in good:
        names = [name for name, first in firsts.items() if first in good]
        raise InputError(
            f"--restart-from takes a step that has a good checkpoint, or the stage that begins there: "
            f"{', '.join(map(str, good))}; {', '.join(names)} (given: {to})"
        )
    index = sum(end <= step for end in ends)
    run.take_back(stages[index:], (0, *ends)[index], step)


def _stand(run: RunDirectory, stages: Stages, ends: tuple[int, ...], begin: int) -> tuple[Position | None, Flaw]:
    """Where a run stands that begins again at a step, None at its end; and what is wrong before."""
    first = 0
    for index, stage in enumerate(stages):
        end = ends[index] if index < len(ends) else None
        if end is None or end > begin:
            if begin > first + stage.steps:
                return None, (first, f"where {stage.name} ended is not known (its done.json is damaged)")
            close_segments(run.stage_path(stage), begin)
            return Position(index, first, begin), _flaw(run, stage, first, begin)
        if (found := _flaw(run, stage, first, end))[1]:
            return None, found
        first = end
    return None, (first, "")


def _flaw(run: RunDirectory, stage: Stage, first: int, until: int) -> Flaw:
    """What is wrong with the frames or rows of a stage between two steps."""
    folder, done = run.stage_path(stage), run.done(stage)
    if (found := flaw(folder, first, until))[1]:
        return found
    held = {int(row.partition(",")[0]) for row in stage_rows(folder, until, done.thermo_sha256 if done else "")}
    every = run.recipe.cadence[0]
    lacking = set(range(first + every - first % every, until + 1, every)) - held
    return (min(lacking) - 1, f"the row of step {min(lacking)} in {stage.name} is missing") if lacking else (until, "")


def _take_up(run: RunDirectory, stages: Stages, ends: tuple[int, ...], where: Position | None) -> Position | None:
    """Mend the words of the stages before, take back what comes after, and finish a stage that is at its end."""
    index = len(stages) if where is None else where.index
    for stage, first, last in zip(stages[:index], (0, *ends), ends[:index], strict=False):
        if run.done(stage) is None:
            run.finish(stage, first, last)
    if where is None:
        return None
    run.take_back(stages[index:], where.first, where.begin)
    if where.begin < where.first + stages[index].steps:
        return where
    run.finish(stages[index], where.first, where.begin)
    return position(run)


def _way_back(run: RunDirectory, step: int | None) -> str:
    """The command that goes back to before a step (None: to where there is a way), in words."""
    checkpoints = run.checkpoints
    good = [s for s in checkpoints.steps() if (step is None or s <= step) and checkpoints.is_good(s)]
    return (
        f"`nanokiln resume {run.path} --restart-from {good[0] if good else 0}` computes anew what follows, "
        "unless the file can be put back"
    )
