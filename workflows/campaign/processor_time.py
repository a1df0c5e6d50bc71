"""What a campaign will cost: the speed of each kind of run, measured on its own model for some steps."""

import re
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from rich.progress import track

from nanokiln.hpc.launch import clean_environment, site_lmp
from nanokiln.potentials.cards.card import Card
from nanokiln.structures.model import Model
from nanokiln.structures.storage import write_whole
from nanokiln.workflows.answer import steps
from nanokiln.workflows.campaign.sweep import CampaignPoint
from nanokiln.workflows.deck.datafile import boundary, write_data
from nanokiln.workflows.deck.orient import as_lammps_needs
from nanokiln.workflows.engine.prepare import build_model, choose
from nanokiln.workflows.errors import InputError
from nanokiln.workflows.recipe.cost import MEASURED, Cost
from nanokiln.workflows.recipe.recipe import Recipe, list_recipes, load_recipe

_STEPS = 50
_LOOP = re.compile(r"^Loop time of (\S+) on 1 procs for (\d+) steps with (\d+) atoms.*?^([\d.]+)% CPU use", re.M | re.S)


def costs_of(points: Sequence[CampaignPoint]) -> dict[str, Cost]:
    """Return the cost of every point by name; LAMMPS runs 50 steps of every model and potential once, on one core.

    Raises InputError for a point whose model cannot be built or whose potential is an ASE calculator.
    """
    costs: dict[tuple[str, str], Cost] = {}
    with steps("speed of each kind of run") as tell:
        for done, point in enumerate(points):
            tell(done, len(points), point.name)
            if _kind(point.recipe) not in costs:
                costs[_kind(point.recipe)] = _measured(point.recipe)
    return {point.name: costs[_kind(point.recipe)] for point in points}


def _kind(recipe: Recipe) -> tuple[str, str]:
    return str(recipe.model), str(recipe.potential)


def write_recipe_costs() -> None:
    """Measure every shipped recipe that can be heated, and write the table that comes with them.

    A model for a cluster is taken to cost per atom and step what its `-small` one does on the same potential; its
    atoms are those of the model. Recipes that wait for a potential cost nothing yet.
    """
    rows = {}
    for name in track(list_recipes(), description="recipes", transient=True):
        recipe, small = load_recipe(name), f"{name}-small"
        atoms = len(build_model(recipe).atoms)
        source = load_recipe(small) if small in list_recipes() else recipe
        us = 0.0 if recipe.waits_for else _measured(source).us_per_atom_step
        rows[name] = f"{name},{atoms},{us:.3g}"
    write_whole(MEASURED, "\n".join(["recipe,atoms,us_per_atom_step", *rows.values()]) + "\n")


def _measured(recipe: Recipe) -> Cost:
    card, model = choose(recipe), as_lammps_needs(build_model(recipe))
    if card.calculator:
        raise InputError(f"the speed of the ASE calculator '{card.name}' is not measured: run one point to see it")
    with tempfile.TemporaryDirectory(prefix="nanokiln-") as name:
        folder = Path(name)
        write_data(model, folder / "model.data")
        (folder / "speed.in").write_text(_deck(model, card, recipe))
        command = [str(site_lmp()), "-in", "speed.in", "-log", "speed.log", "-screen", "none"]
        subprocess.run(command, cwd=folder, env=clean_environment(), capture_output=True, check=False)
        log = (folder / "speed.log").read_text() if (folder / "speed.log").exists() else ""
    found = _LOOP.findall(log)
    if not found:
        raise InputError(f"LAMMPS does not run {_STEPS} steps of this model with potential '{card.name}'")
    seconds, steps, atoms, used = found[-1]
    # A core that others use too makes the loop longer, but not the processor time that it takes.
    return Cost(int(atoms), float(seconds) * float(used) / 100 / int(steps) / int(atoms) * 1e6)


def _deck(model: Model, card: Card, recipe: Recipe) -> str:
    return "\n".join(
        [
            "units metal",
            "atom_style atomic",
            f"boundary {boundary(model)}",
            "read_data model.data",
            *card.commands(model.elements),
            f"timestep {recipe.timestep_ps}",
            "velocity all create 300 4711",
            "fix 1 all nve/limit 0.1",
            "thermo 1000",
            f"run {_STEPS // 5}",  # the lists are built
            f"run {_STEPS}",
            "",
        ]
    )


if __name__ == "__main__":
    write_recipe_costs()
