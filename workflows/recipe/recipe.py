"""Recipes: what a person writes to say what to build and how to heat it."""

import hashlib
import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import Field, ValidationError, model_validator

from nanokiln.potentials.cards.card import PotentialError
from nanokiln.potentials.cards.user_potential import Potential, placed, unplaced
from nanokiln.structures.schema.explain import explain, nearest
from nanokiln.structures.schema.number_types import Count, NonNegative, Number, Positive
from nanokiln.structures.schema.plain_text import PlainName
from nanokiln.structures.schema.plain_yaml import PlainYamlError, read_yaml
from nanokiln.workflows.errors import InputError
from nanokiln.workflows.recipe.driving import ElectricField, HotSpot
from nanokiln.workflows.recipe.microscope import Seen
from nanokiln.workflows.recipe.programme import Barostat, Bath, Equilibrate, Item, Settings, Stage, stages
from nanokiln.workflows.recipe.rounding import cadence_of, refuse_unheatable, roundings_of

SHIPPED = Path(__file__).parents[1] / "data" / "recipes"
WORDS = frozenset({"description", "experiment", "waits_for"})  # keys that change nothing in what a recipe heats
_YOUNGER = ("hot_spot", "field")  # keys that leave the seed of a recipe without them as it was


_MOST_RUNS = 1000


class Output(Settings):
    """How often the run writes: thermodynamic rows, frames of the trajectory, checkpoints (simulated time)."""

    thermo_ps: Positive = 0.02
    frame_ps: Positive = 0.2
    checkpoint_ps: Positive = 2.0


class Guards(Settings):
    """Where the run stops rather than go on.

    `hottest_K`: the momentary temperature (default: twice the hottest target plus 500 K). `energy_rise_eV_per_atom`:
    potential energy above the relaxed start. `shortest_A`: distance of two atoms (default: the potential's card).
    `free_disk_MB`: room left on the disk.
    """

    hottest_K: Positive | None = None
    energy_rise_eV_per_atom: Positive = 1.5
    shortest_A: NonNegative | None = None
    free_disk_MB: NonNegative = 20.0


class Vacuum(Settings):
    """Pieces of at most `piece_atoms` atoms beyond the reach of the potential from all others have left."""

    piece_atoms: Count = 8


class Substrate(Settings):
    """A plane below the model along z that attracts and repels as a 9-3 wall (the grid's film)."""

    position_A: Number
    depth_eV: Positive = 0.05
    sigma_A: Positive = 3.0
    cutoff_A: Positive = 8.0


class Study(Settings):
    """One run per combination: every ramp at each of the rates, and replicas that differ in their seed."""

    rates_K_per_ps: tuple[Positive, ...] = ()
    replicas: Count = 1


class ExperimentReference(Settings):
    """The experiment beside which a run is set, by its name or the path of its folder, and the group of its facts.

    `facts` are the rows that the run is made for, `microscope` what the holder did in that experiment.
    """

    name: str
    group: str
    facts: tuple[str, ...] = ()
    microscope: tuple[Seen, ...] = ()


class Recipe(Settings):
    """A whole experiment: the model, the potential, the thermal programme, and what is written.

    `potential` names a card, shipped or by the path of its YAML, or is one of the user's own (`potentials.own`).
    `experiment` says for which facts the run stands; without it, it is set beside none. `waits_for` says in a sentence
    what is missing before the recipe can be heated; its model can be built.
    """

    name: PlainName
    description: str = ""
    model: dict[str, Any] | str
    potential: Potential
    timestep_fs: Annotated[Positive, Field(ge=0.001, le=20)] = 2.0
    bath: Bath = Bath()
    barostat: Barostat | None = None
    programme: Annotated[tuple[Item, ...], Field(min_length=1)]
    output: Output = Output()
    guards: Guards = Guards()
    vacuum: Vacuum | None = Vacuum()
    substrate: Substrate | None = None
    hot_spot: HotSpot | None = None
    field: ElectricField | None = None
    study: Study | None = None
    replica: Count = 1
    experiment: ExperimentReference | None = None
    waits_for: str = ""

    @model_validator(mode="after")
    def _begins_somewhere(self) -> "Recipe":
        if not isinstance(self.programme[0], Equilibrate):
            raise ValueError(
                "programme: the first step must be `kind: equilibrate` with its temperature_K, "
                f"so that there is a temperature to start from; it is `kind: {self.programme[0].kind}`"
            )
        if self.hot_spot is not None and any(stage.bath.kind != "csvr" for stage in self.stages):
            raise ValueError("hot_spot: the rest of the model needs a bath of kind csvr, which can leave the spot out")
        folders = self.variants()
        for one in folders.values():
            refuse_unheatable(one.stages, self.timestep_ps)
        return self

    @property
    def timestep_ps(self) -> float:
        """Length of a step."""
        return self.timestep_fs / 1000

    @property
    def cadence(self) -> tuple[int, int, int]:
        """Return steps between thermodynamic rows, frames and checkpoints; each a multiple of the one before."""
        asked = {name: getattr(self.output, name) for name in ("thermo_ps", "frame_ps", "checkpoint_ps")}
        thermo, frame, checkpoint = cadence_of(asked, self.timestep_ps)
        return thermo, frame, checkpoint

    @property
    def roundings(self) -> tuple[str, ...]:
        """What runs otherwise than asked by more than 1 %, because output and stages are whole multiples, in words."""
        return roundings_of(self.stages, dict(self.output), self.cadence, self.timestep_ps)

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The thermal programme as stages of whole frames."""
        return stages(
            self.programme,
            timestep_ps=self.timestep_ps,
            grain=self.cadence[1],
            bath=self.bath,
            barostat=self.barostat,
        )

    @property
    def hottest_K(self) -> float:
        """Highest target temperature of the programme."""
        return max(stage.stop_K for stage in self.stages)

    @property
    def seed(self) -> int:
        """Seed of the velocities and the bath: a hash of all in the recipe that bears on them, so it is never drawn."""
        said = self.model_dump(mode="json", exclude=set(WORDS))
        said = {key: value for key, value in said.items() if key not in _YOUNGER or value is not None}
        said |= {"potential": unplaced(self.potential), "model": _renamed(self.model, lambda name: Path(name).name)}
        text = json.dumps(said, sort_keys=True)
        return int(hashlib.sha256(text.encode()).hexdigest()[:12], 16) % 899_999_999 + 1

    def variants(self) -> dict[str, "Recipe"]:
        """Return the single runs of a study by the name of their folder; without a study just this one, under ''."""
        if self.study is None:
            return {"": self}
        rates: tuple[float | None, ...] = self.study.rates_K_per_ps or (None,)
        out: dict[str, Recipe] = {}
        if (runs := len(rates) * self.study.replicas) > _MOST_RUNS:
            raise ValueError(f"study: at most {_MOST_RUNS} runs were expected, but these would be {runs}")
        for rate, replica in itertools.product(rates, range(1, self.study.replicas + 1)):
            folder = f"{'' if rate is None else f'rate-{rate:g}-'}replica-{replica}"
            if folder in out:
                raise ValueError(f"study: two runs would be called {folder}: give every rate once, and well apart")
            out[folder] = self.model_copy(update={"programme": self._at(rate), "replica": replica, "study": None})
        return out

    def _at(self, rate: float | None) -> tuple[Item, ...]:
        """The programme with every ramp at another rate."""
        return tuple(
            item
            if rate is None or not hasattr(item, "rate_K_per_ps")
            else item.model_copy(update={"rate_K_per_ps": rate})
            for item in self.programme
        )

    def to_yaml(self) -> str:
        """Return the resolved recipe, every default written out."""
        silent = {key for key in ("experiment", "waits_for", *_YOUNGER) if not getattr(self, key)}
        return yaml.safe_dump(self.model_dump(mode="json", exclude=silent), sort_keys=False, allow_unicode=True)


def list_recipes() -> tuple[str, ...]:
    """Return the names of the shipped recipes."""
    return tuple(sorted(path.stem for path in SHIPPED.glob("*.yaml")))


def load_recipe(source: str | Path) -> Recipe:
    """Read a shipped recipe by name or one's own by path; InputError says what is wrong and what is near.

    >>> from nanokiln.workflows import load_recipe
    >>> load_recipe("cdse-cu3p-cdse").hottest_K
    900.0
    """
    path = Path(source)
    if path.suffix not in {".yaml", ".yml"}:
        path = SHIPPED / f"{source}.yaml"
        if not path.is_file():
            raise InputError(
                f"no recipe '{source}'{nearest(str(source), list(list_recipes()))}; or give the path of a .yaml file"
            )
    elif not path.is_file():
        raise InputError(f"no recipe file at {path}; `nanokiln recipes` lists the shipped ones")
    try:
        data = read_yaml(path)
    except PlainYamlError as error:
        raise InputError(str(error)) from error
    recipe = parse_recipe(data, path.name)
    experiment = recipe.experiment
    if experiment is not None and (folder := path.parent / experiment.name).is_dir():
        experiment = experiment.model_copy(update={"name": str(folder.resolve())})
    try:
        potential = placed(recipe.potential, path.parent)
    except PotentialError as error:
        raise InputError(str(error)) from error
    found = {
        "potential": potential,
        "experiment": experiment,
        "model": _renamed(recipe.model, lambda name: str((path.parent / name).resolve())),
    }
    return recipe.model_copy(update=found)


def _renamed(model: Any, name: Callable[[str], str]) -> Any:
    """Return a model's spec with the path of every `kind: file` in it renamed."""
    if isinstance(model, dict):
        told = {key: _renamed(value, name) for key, value in model.items()}
        is_file = told.get("kind") == "file" and isinstance(told.get("path"), str)
        return told | {"path": name(told["path"])} if is_file else told
    return [_renamed(value, name) for value in model] if isinstance(model, list) else model


def parse_recipe(data: Any, where: str = "recipe") -> Recipe:
    """Validate a recipe that was read from YAML or written as a dictionary.

    >>> from nanokiln.workflows.recipe import parse_recipe
    >>> start = {"kind": "equilibrate", "temperature_K": 300, "at_most_ps": 3, "window_ps": 1}
    >>> ramp = {"kind": "ramp", "to_K": 600, "rate_K_per_ps": 50}
    >>> told = {"name": "ball", "model": {"preset": "cu-sphere"}, "potential": "cu-eam", "programme": [start, ramp]}
    >>> recipe = parse_recipe(told)
    >>> [stage.name for stage in recipe.stages]
    ['01-equilibrate-300K', '02-ramp-600K']
    """
    if not isinstance(data, dict):
        raise InputError(f"{where}: a recipe is a mapping of keys such as name, model, potential, programme")
    try:
        return Recipe.model_validate(data)
    except ValidationError as error:
        raise InputError(explain(error, Recipe, where)) from error
