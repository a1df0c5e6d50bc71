"""Recipes: what a person writes to say what to build and how to heat it."""

import hashlib
import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt, ValidationError, model_validator

from nanokiln.potentials.cards.user_potential import Potential, placed, unplaced
from nanokiln.workflows.errors import InputError, nearest
from nanokiln.workflows.recipe.explain import explain
from nanokiln.workflows.recipe.programme import Barostat, Bath, Equilibrate, Item, Settings, Stage, stages

SHIPPED = Path(__file__).parents[1] / "data" / "recipes"
WORDS = frozenset({"description", "experiment"})  # keys of a recipe that change nothing in what it heats


class Output(Settings):
    """How often the run writes: thermodynamic rows, frames of the trajectory, checkpoints (simulated time)."""

    thermo_ps: PositiveFloat = 0.02
    frame_ps: PositiveFloat = 0.2
    checkpoint_ps: PositiveFloat = 2.0


class Guards(Settings):
    """Where the run stops rather than go on.

    `hottest_K`: the momentary temperature (default: twice the hottest target plus 500 K). `energy_rise_eV_per_atom`:
    potential energy above the relaxed start. `shortest_A`: distance of two atoms (default: the potential's card).
    `free_disk_MB`: room left on the disk.
    """

    hottest_K: PositiveFloat | None = None
    energy_rise_eV_per_atom: PositiveFloat = 1.5
    shortest_A: NonNegativeFloat | None = None
    free_disk_MB: NonNegativeFloat = 20.0


class Vacuum(Settings):
    """Pieces of at most `piece_atoms` atoms beyond the reach of the potential from all others have left."""

    piece_atoms: PositiveInt = 8


class Substrate(Settings):
    """A plane below the model along z that attracts and repels as a 9-3 wall (the grid's film)."""

    position_A: float
    depth_eV: PositiveFloat = 0.05
    sigma_A: PositiveFloat = 3.0
    cutoff_A: PositiveFloat = 8.0


class Study(Settings):
    """One run per combination: every ramp at each of the rates, and replicas that differ in their seed."""

    rates_K_per_ps: tuple[PositiveFloat, ...] = ()
    replicas: PositiveInt = 1


class ExperimentReference(Settings):
    """The experiment beside which a run is set, by its name or the path of its folder, and the group of its facts."""

    name: str
    group: str


class Recipe(Settings):
    """A whole experiment: the model, the potential, the thermal programme, and what is written.

    `potential` names a card, shipped or by the path of its YAML, or is one of the user's own (`potentials.own`).
    `experiment` says for which facts the run stands; without it, it is set beside none.
    """

    name: str
    description: str = ""
    model: dict[str, Any] | str
    potential: Potential
    timestep_fs: PositiveFloat = 2.0
    bath: Bath = Bath()
    barostat: Barostat | None = None
    programme: Annotated[tuple[Item, ...], Field(min_length=1)]
    output: Output = Output()
    guards: Guards = Guards()
    vacuum: Vacuum | None = Vacuum()
    substrate: Substrate | None = None
    study: Study | None = None
    replica: PositiveInt = 1
    experiment: ExperimentReference | None = None

    @model_validator(mode="after")
    def _begins_somewhere(self) -> "Recipe":
        if not isinstance(self.programme[0], Equilibrate):
            raise ValueError(
                "programme: the first step must be `kind: equilibrate` with its temperature_K, "
                f"so that there is a temperature to start from; it is `kind: {self.programme[0].kind}`"
            )
        return self

    @property
    def timestep_ps(self) -> float:
        """Length of a step."""
        return self.timestep_fs / 1000

    @property
    def cadence(self) -> tuple[int, int, int]:
        """Return steps between thermodynamic rows, frames and checkpoints; each a multiple of the one before."""
        thermo = max(1, round(self.output.thermo_ps / self.timestep_ps))
        frame = thermo * max(1, round(self.output.frame_ps / self.timestep_ps / thermo))
        return thermo, frame, frame * max(1, round(self.output.checkpoint_ps / self.timestep_ps / frame))

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
        said |= {"potential": unplaced(self.potential), "model": _renamed(self.model, lambda name: Path(name).name)}
        text = json.dumps(said, sort_keys=True)
        return int(hashlib.sha256(text.encode()).hexdigest()[:12], 16) % 899_999_999 + 1

    def variants(self) -> dict[str, "Recipe"]:
        """Return the single runs of a study by the name of their folder; without a study just this one, under ''."""
        if self.study is None:
            return {"": self}
        rates: tuple[float | None, ...] = self.study.rates_K_per_ps or (None,)
        out = {}
        for rate, replica in itertools.product(rates, range(1, self.study.replicas + 1)):
            folder = f"{'' if rate is None else f'rate-{rate:g}-'}replica-{replica}"
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
        silent = {"experiment"} if self.experiment is None else set()
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
        data = yaml.safe_load(path.read_text())
    except yaml.YAMLError as error:
        raise InputError(f"{path} is not YAML: {error}") from error
    recipe = parse_recipe(data, path.name)
    experiment = recipe.experiment
    if experiment is not None and (folder := path.parent / experiment.name).is_dir():
        experiment = experiment.model_copy(update={"name": str(folder.resolve())})
    found = {
        "potential": placed(recipe.potential, path.parent),
        "experiment": experiment,
        "model": _renamed(recipe.model, lambda name: str((path.parent / name).resolve())),
    }
    return recipe.model_copy(update=found)


def _renamed(model: Any, name: Callable[[str], str]) -> Any:
    """Return a model's spec with the path of every `kind: file` in it renamed."""
    if isinstance(model, dict):
        told = {key: _renamed(value, name) for key, value in model.items()}
        return told | {"path": name(told["path"])} if told.get("kind") == "file" and "path" in told else told
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
