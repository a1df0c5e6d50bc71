import ast
from pathlib import Path

import numpy as np
import pytest

from nanokiln.analysis.lattice.zones import find_regions
from nanokiln.analysis.measure.quantities import QUANTITIES, as_markdown

ROOM = Path(__file__).parents[3] / "analysis"


@pytest.mark.parametrize("quantity", QUANTITIES, ids=lambda q: q.function)
def test_every_row_names_a_function_and_says_everything(quantity) -> None:
    assert callable(quantity.resolve()) and quantity.resolve().__doc__
    assert all([quantity.definition, quantity.unit, quantity.error, quantity.source])


def test_every_compute_function_is_in_the_table() -> None:
    there = {
        f"{path.parent.name}.{path.stem}.{node.name}"
        for path in ROOM.glob("*/*.py")
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("compute_")
    }
    assert len(there) > 5
    assert there <= {quantity.function for quantity in QUANTITIES}


def test_the_readme_shows_the_table() -> None:
    assert as_markdown() in (ROOM / "README.md").read_text()


def test_regions_part_the_atoms(crystal_of, model_of) -> None:
    bulk = crystal_of("antifluorite", (8, 8, 8))
    ball = bulk[np.linalg.norm(bulk.positions - bulk.positions.mean(0), axis=1) < 20]
    ball.pbc = False
    middle = ball.positions[:, 2].mean()
    regions = find_regions(model_of(ball, (ball.positions[:, 2] > middle).astype(int)))
    assert (sum(mask.astype(int) for mask in regions.values()) == 1).all()
    radius = np.linalg.norm(ball.positions - ball.positions.mean(0), axis=1)
    height = abs(ball.positions[:, 2] - middle)
    assert height[regions["interface"]].max() <= 5
    assert radius[regions["core"]].max() < radius[regions["shell"]].max() and radius[regions["shell"]].min() > 10
