"""Records: the small recipes run long enough to answer rows, in the background, and kept as compact files."""

import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from nanokiln.hpc.resources import Resources
from nanokiln.workflows.errors import GuardError, InputError, RunError
from nanokiln.workflows.pipeline import run_one
from nanokiln.workflows.recipe.programme import Hold, Item, Plateaus
from nanokiln.workflows.recipe.recipe import Output, Recipe, list_recipes, load_recipe
from nanokiln.workflows.rundir.rundir import RunDirectory
from nanokiln.workflows.rundir.status import Ending
from nanokiln.workflows.studies.run_records import keep, record_of

SMALL = "-small"
_OUTPUT = Output(thermo_ps=0.05, frame_ps=0.2, checkpoint_ps=10.0)


@dataclass(frozen=True)
class Asked:
    """How long records hold each temperature, how many replicas, and another potential for those that can take it."""

    hold_ps: float = 50.0
    replicas: int = 1
    potential: str = ""


@dataclass(frozen=True)
class Recorded:
    """A record that was kept as `file` and the seconds that its run took now; or no file, and the `fault` in words."""

    recipe: str
    file: Path | None = None
    seconds: float = 0.0
    fault: str = ""

    @property
    def words(self) -> str:
        """The record in one line."""
        return f"{self.recipe}: {self.fault or f'{self.file}, {self.seconds:.0f} s'}"


def small_recipes() -> tuple[str, ...]:
    """Return the small recipes that can be heated."""
    return tuple(name for name in list_recipes() if name.endswith(SMALL) and not load_recipe(name).waits_for)


def stretched(recipe: Recipe, asked: Asked, replica: int) -> Recipe:
    """Return a recipe whose holds all last `hold_ps`, with frames and rows to match, as one of several replicas."""

    def longer(item: Item) -> Item:
        if isinstance(item, Plateaus):
            return item.model_copy(update={"hold_ps": asked.hold_ps})
        return item.model_copy(update={"duration_ps": asked.hold_ps}) if isinstance(item, Hold) else item

    name = f"{recipe.name.removesuffix(SMALL)}-{asked.hold_ps:g}ps-{replica}"
    told = {
        "name": name,
        "programme": tuple(longer(item) for item in recipe.programme),
        "output": _OUTPUT,
        "replica": replica,
        "potential": asked.potential or recipe.potential,
    }
    return Recipe.model_validate({**recipe.model_dump(), **told})


def record_all(names: Sequence[str], asked: Asked, work: Path, store: Path) -> Iterator[Recorded]:
    """Run every recipe and replica that is not done yet, one after another, and keep its numbers in `store`.

    Yields each as it is done; one that fails says why and the next goes on, one that was asked to stop is the last.
    The same call goes on where it was.
    """
    for replica in range(1, asked.replicas + 1):
        for name in names:
            recipe = stretched(load_recipe(name), asked, replica)
            try:
                run, ending, seconds = _timed(recipe, work / recipe.name)
                if ending is Ending.STOPPED:
                    yield Recorded(recipe.name, fault="stopped; the same line goes on")
                    return
                yield Recorded(recipe.name, _keep(recipe, run, store), seconds)
            except (GuardError, RunError, InputError) as error:
                yield Recorded(recipe.name, fault=str(error))


def _timed(recipe: Recipe, folder: Path) -> tuple[RunDirectory, Ending, float]:
    """Run a recipe, and write down how long that took where nobody has yet."""
    began = time.monotonic()
    run, ending = run_one(recipe, folder, Resources())
    seconds = time.monotonic() - began
    if not _took(run).exists():
        _took(run).write_text(f"{seconds:.0f}\n")
    return run, ending, seconds


def _keep(recipe: Recipe, run: RunDirectory, store: Path) -> Path:
    measured = record_of(run.path)
    took_s = float(_took(run).read_text())
    origin = replace(measured.origin, command=" ".join(["nanokiln", *sys.argv[1:]]), seconds=took_s)
    path = keep(replace(measured, origin=origin), store)
    path.with_suffix(".yaml").write_text(recipe.to_yaml())
    return path


def _took(run: RunDirectory) -> Path:
    return run.path / "seconds"
