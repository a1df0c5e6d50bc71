"""What recipes cost: atoms of their models, and microseconds per atom and step, measured on the `-small` model of each
for 50 steps of LAMMPS on one core (`python -m nanokiln.workflows.campaign.processor_time`)."""

import csv
from dataclasses import dataclass

from nanokiln.workflows.recipe.recipe import SHIPPED, Recipe

MEASURED = SHIPPED.parent / "recipe-costs.csv"


@dataclass(frozen=True)
class Cost:
    """Atoms of a recipe's model, and the processor time of an atom's step on one core."""

    atoms: int
    us_per_atom_step: float

    def core_s(self, recipe: Recipe) -> float:
        """Return how many seconds one core takes for the dynamics."""
        return 1e-6 * self.us_per_atom_step * self.atoms * sum(stage.steps for stage in recipe.stages)


def measured_costs() -> dict[str, Cost]:
    """Return the cost of every shipped recipe that was measured, by name."""
    with MEASURED.open(newline="") as rows:
        return {row["recipe"]: Cost(int(row["atoms"]), float(row["us_per_atom_step"])) for row in csv.DictReader(rows)}


def in_words(core_s: float) -> str:
    """Return a time on one core in a fitting unit.

    >>> in_words(90), in_words(3.6e6)
    ('1.5 min', '1000 h')
    """
    return f"{core_s / 60:.2g} min" if core_s < 7200 else f"{core_s / 3600:.0f} h"
