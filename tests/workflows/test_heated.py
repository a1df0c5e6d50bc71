"""Every small recipe is built, heated for 200 steps, measured, judged and reported; all of them name their facts.

`python tests/workflows/test_heated.py` prints the table of atoms, steps, seconds and warnings.
"""

import os
import resource
import sys
import tempfile
from pathlib import Path

import pytest

from nanokiln.analysis.measured import Measured
from nanokiln.structures.catalogue import build
from nanokiln.workflows import Resources
from nanokiln.workflows.errors import InputError
from nanokiln.workflows.pipeline import experiment_of, run_one
from nanokiln.workflows.recipe.cost import measured_costs
from nanokiln.workflows.recipe.programme import Equilibrate, Jump
from nanokiln.workflows.recipe.recipe import Output, Recipe, list_recipes, load_recipe
from nanokiln.workflows.rundir.rundir import RunDirectory
from nanokiln.workflows.studies.recording import small_recipes

STEPS = 200
DEFAULT = ("au-pair-small", "cu3p-plate-small", "bi2te3-cu-small")  # the others are slow


def shortened(name: str) -> Recipe:
    """Return a small recipe of 100 steps at its first and 100 at its highest temperature."""
    recipe = load_recipe(name)
    half_ps = STEPS / 2 * recipe.timestep_ps
    programme = (
        Equilibrate(kind="equilibrate", temperature_K=293, at_most_ps=half_ps, window_ps=half_ps),
        Jump(kind="jump", to_K=recipe.hottest_K, hold_ps=half_ps),
    )
    output = Output(
        thermo_ps=10 * recipe.timestep_ps, frame_ps=10 * recipe.timestep_ps, checkpoint_ps=100 * recipe.timestep_ps
    )
    return recipe.model_copy(update={"programme": programme, "output": output})


def heated(name: str, folder: Path) -> tuple[RunDirectory, Measured]:
    """Run a small recipe end to end and return what it left."""
    run, _ = run_one(shortened(name), folder / name, Resources())
    return run, Measured.read(run.results_path)


@pytest.mark.parametrize(
    "name", [name if name in DEFAULT else pytest.param(name, marks=pytest.mark.slow) for name in small_recipes()]
)
def test_a_small_recipe_runs_from_end_to_end(name: str, tmp_path: Path) -> None:
    run, measured = heated(name, tmp_path)
    assert run.report_path.is_file()
    assert measured.one(quantity="steps").value == STEPS
    assert measured.origin.group == load_recipe(name).experiment.group
    assert measured.origin.atoms == measured_costs()[name].atoms <= 600


def test_there_is_a_recipe_for_every_system_in_both_sizes() -> None:
    names = list_recipes()
    both = [name for name in names if f"{name}-small" in names]
    assert len(names) >= 26
    assert len(both) >= 20
    assert set(names) == set(measured_costs())


@pytest.mark.parametrize("name", list_recipes())
def test_a_recipe_names_facts_that_are_in_its_group(name: str) -> None:
    recipe = load_recipe(name)
    reference = recipe.experiment
    assert reference is not None
    assert reference.microscope
    known = {fact.id: fact for fact in experiment_of(reference).table.facts}
    assert reference.facts
    assert set(reference.facts) <= set(known)
    assert not (name.endswith("-small") and recipe.roundings)


def test_what_no_potential_covers_can_be_built_and_says_why_it_is_not_heated(tmp_path: Path) -> None:
    recipe = load_recipe("pbs-cd-small")
    assert set(build("pbs-cd-small").elements) == {"Cd", "Pb", "S"}
    with pytest.raises(InputError, match="no labels yet"):
        run_one(recipe.model_copy(update={"waits_for": "no labels yet"}), tmp_path / "run", Resources())
    assert not (tmp_path / "run").exists() or not any((tmp_path / "run").iterdir())


def table(names: tuple[str, ...]) -> None:
    """Print atoms, steps, seconds of wall and processor, and the warnings of each."""
    print("| recipe | atoms | steps | wall s | dynamics us/atom/step | warnings |\n|---|---|---|---|---|---|")
    for name in names:
        with tempfile.TemporaryDirectory() as folder:
            before, wall = resource.getrusage(resource.RUSAGE_CHILDREN), os.times().elapsed
            run, measured = heated(name, Path(folder))
            now, wall = resource.getrusage(resource.RUSAGE_CHILDREN), os.times().elapsed - wall
            cpu = now.ru_utime + now.ru_stime - before.ru_utime - before.ru_stime
            each = 1e6 * cpu / measured.origin.atoms / STEPS
            print(
                f"| {name} | {measured.origin.atoms} | {STEPS} | {wall:.0f} | {each:.0f} | {len(measured.warnings)} |"
            )
            assert run.report_path.is_file()


if __name__ == "__main__":
    table(tuple(sys.argv[1:]) or small_recipes())
