"""An experiment as a folder of content: facts, observations, scenes of the clock, runs, and Python where it has any.

facts.yaml          what was seen, what counts as agreement, and where the number comes from
observations.yaml   what narrows the inputs of the clock (optional)
scenes.yaml         particles and heating for the clock (optional)
runs/NAME.json      what was measured on runs, beside their recipes NAME.yaml (optional)
__init__.py         CONTENT: answers and scenes that need code (optional; it is imported)
"""

import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

from nanokiln.analysis.clock.charts import Picture
from nanokiln.analysis.clock.clock import LEVELS, History, default_inputs
from nanokiln.analysis.clock.clock_scene import Scenes
from nanokiln.analysis.clock.distributions import Distribution
from nanokiln.analysis.clock.inference import Observations, Posterior, load_observations
from nanokiln.analysis.clock.spec import load_clock_spec
from nanokiln.analysis.experiment.evidence import Answerer
from nanokiln.analysis.experiment.facts import FactTable, load_facts
from nanokiln.analysis.experiment.runs import shipped_records
from nanokiln.analysis.experiment.sources import answerers_of, check_watch
from nanokiln.analysis.experiment.worlds import WORLDS, World
from nanokiln.analysis.measured import Measured

ROOM = Path(__file__).parents[1]
SHELVES = (ROOM, ROOM / "examples")
SAMPLES, SEED = 3000, 2019
MakeFigures = Callable[[Mapping[str, History], Posterior], tuple[Picture, ...]]


@dataclass(frozen=True)
class Content:
    """What an experiment brings as Python: who answers its rows, scenes of the clock, figures beside the plain ones.

    `plateaus` are the scenes whose holds are shown, all without it; `told` those that picture the story of a group;
    `limited` those whose slowest step at `limited_C` is told; `outlook` those that are run again with computed numbers
    in place of tables and ranges. `worlds` are those in which every row is answered too, to see whether it could fail.
    """

    answerers: tuple[Answerer, ...] = ()
    scenes: Scenes = field(default_factory=dict)
    figures: MakeFigures | None = None
    plateaus: tuple[str, ...] = ()
    limited: tuple[str, ...] = ()
    limited_C: float = 350.0
    outlook: tuple[str, ...] = ()
    told: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    worlds: tuple[World, ...] = WORLDS


@dataclass(frozen=True)
class Experiment:
    """Facts with everything that answers them; `samples` sets of the clock's `inputs` are drawn from `seed`."""

    name: str
    folder: Path
    table: FactTable
    scenes: Scenes = field(default_factory=dict)
    answerers: tuple[Answerer, ...] = ()
    observations: Observations = field(default_factory=Observations)
    inputs: Mapping[str, Distribution] = field(default_factory=default_inputs)
    content: Content = field(default_factory=Content)
    samples: int = SAMPLES
    seed: int = SEED

    @cached_property
    def runs(self) -> tuple[Measured, ...]:
        """What was measured on the runs kept in the folder, which stand for this experiment whatever it was called."""
        kept = shipped_records(self.folder / "runs")
        return tuple(replace(run, origin=replace(run.origin, experiment=self.name)) for run in kept)

    @property
    def held(self) -> tuple[str, ...]:
        """Scenes whose holds are shown."""
        with_holds = (name for name, scene in self.scenes.items() if scene.heating.plateau_ends())
        return self.content.plateaus or tuple(with_holds)


def shipped_experiments() -> dict[str, Path]:
    """Return the folders of the shipped experiments by their names."""
    found = (path.parent for shelf in SHELVES for path in sorted(shelf.glob("*/facts.yaml")))
    return {folder.name: folder for folder in found}


def load_experiment(source: str | Path) -> Experiment:
    """Read a shipped experiment by its name, or one's own by the path of its folder.

    ValueError: there is none, or a file of it says something that cannot be; the message names the place.
    """
    shipped = shipped_experiments()
    folder = shipped.get(str(source), Path(source))
    if not (folder / "facts.yaml").is_file():
        raise ValueError(
            f"no experiment {str(source)!r}; there are: {', '.join(shipped)}, or give a folder that holds a facts.yaml"
        )
    return _read_shipped(folder) if folder in shipped.values() else _read(folder.resolve())


@cache
def _read_shipped(folder: Path) -> Experiment:
    return _read(folder)


def _read(folder: Path) -> Experiment:
    table = load_facts(folder / "facts.yaml")
    content = _content(folder)
    scenes, inputs, samples, seed = dict(content.scenes), default_inputs(), SAMPLES, SEED
    if (folder / "scenes.yaml").is_file():
        spec = load_clock_spec(folder / "scenes.yaml")
        scenes |= spec.scenes()
        inputs |= spec.inputs
        samples, seed = spec.samples, spec.seed
    scenes = {name: replace(scene, levels=_levels(table, name)) for name, scene in scenes.items()}
    observed = folder / "observations.yaml"
    experiment = Experiment(
        folder.name,
        folder,
        table,
        scenes,
        (*content.answerers, *answerers_of(table.facts, folder.name)),
        load_observations(observed) if observed.is_file() else Observations(),
        inputs,
        content,
        samples,
        seed,
    )
    for problem in _problems(experiment):
        raise ValueError(f"{folder}: {problem}")
    return experiment


def _levels(table: FactTable, scene: str) -> tuple[float, ...]:
    """Return the shares whose crossing is located in a scene: the usual ones, and those that facts wait for."""
    watches = (c.source.clock for fact in table.facts for c in fact.criteria if c.source is not None)
    asked = {one.reaches for one in watches if one is not None and one.scene == scene and one.reaches is not None}
    return tuple(sorted({*LEVELS, *asked}))


def _content(folder: Path) -> Content:
    """Return what the Python of a folder brings: a shipped one is part of this package, one's own a module."""
    if not (folder / "__init__.py").is_file():
        return Content()
    module = import_module(f"nanokiln.analysis.{folder.name}") if folder.parent == ROOM else _import(folder)
    found = getattr(module, "CONTENT", None)
    if not isinstance(found, Content):
        raise ValueError(f"{folder / '__init__.py'} must define CONTENT, a nanokiln.analysis.experiment.Content")
    return found


def _import(folder: Path) -> ModuleType:
    name = f"nanokiln_experiment_{folder.name.replace('-', '_')}"
    spec = spec_from_file_location(name, folder / "__init__.py", submodule_search_locations=[str(folder)])
    if spec is None or spec.loader is None:
        raise ValueError(f"{folder / '__init__.py'} cannot be imported")
    module = module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def _problems(experiment: Experiment) -> Iterator[str]:
    """Yield what the files of an experiment say of each other that cannot be."""
    for fact in experiment.table.facts:
        for watch in (c.source.clock for c in fact.criteria if c.source is not None and c.source.clock is not None):
            scene = experiment.scenes.get(watch.scene)
            holds = [end for _, end in scene.heating.plateau_ends()] if scene else []
            try:
                check_watch(watch, holds, tuple(experiment.scenes))
            except ValueError as error:
                yield f"facts.yaml, {fact.id}: {error}"
    ids = {fact.id for fact in experiment.table.facts}
    for observation in (o for group in experiment.observations.groups.values() for o in group):
        if observation.scene not in experiment.scenes:
            yield f"observations.yaml: no scene is called {observation.scene!r}"
        if unknown := sorted(set(observation.rows) - ids):
            yield f"observations.yaml: no fact is called {unknown[0]!r}"
