"""What a prepared run directory means to LAMMPS."""

from nanokiln.potentials.cards.user_potential import card_of
from nanokiln.workflows.deck.deck import Setup
from nanokiln.workflows.deck.setup import make_setup
from nanokiln.workflows.rundir.rundir import RunDirectory


def setup_of(run: RunDirectory) -> Setup:
    """Return the setup of a prepared run directory."""
    recipe, record = run.recipe, run.run["scene"]
    return make_setup(
        recipe,
        card_of(recipe.potential),
        boundary=record["boundary"],
        elements=tuple(record["elements"]),
        stacking_axis=record["stacking_axis"],
        reach_A=record["reach_A"],
    )


def reference_eV_per_atom(run: RunDirectory) -> float:
    """Return the energy of the relaxed start, which the energy guard counts from."""
    rows = (run.stage_path(run.recipe.stages[0]) / "start.csv").read_text().splitlines()
    return float(dict(row.split(",") for row in rows[1:])["relaxed"])
