"""Runs kept with an experiment are small, have their recipes beside them, and say what they were."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nanokiln.analysis.experiment import load_experiment, shipped_experiments
from nanokiln.analysis.experiment.runs import phrase, shipped_records, thinned
from nanokiln.analysis.measured import Measured, Origin, Series


def curve(quantity: str) -> Series:
    return Series(quantity, "x", "K", np.array([1 / 3]), np.array([np.nan]), "", quantity=quantity)


def test_what_is_kept_is_read_back(tmp_path: Path) -> None:
    made = Measured(Origin("r", "m"), curves=(curve("phase_share"), curve("temperature")))
    small = thinned(made)
    assert [one.quantity for one in small.curves] == ["phase_share"]
    small.write(tmp_path / "r.json")
    (again,) = shipped_records(tmp_path)
    assert again.origin == made.origin
    assert again.curves[0].x == pytest.approx([0.33333], abs=1e-12)


@pytest.mark.parametrize(
    ("validated_K", "ends"),
    [
        (None, "to 900 K"),
        ((0.0, 0.0), "its potential has no validated range"),
        ((0.0, 600.0), "above the 600 K its potential is validated to"),
        ((0.0, 1200.0), "to 900 K"),
    ],
)
def test_a_run_says_whether_its_potential_was_made_for_its_heat(
    validated_K: tuple[float, float] | None, ends: str
) -> None:
    origin = replace(Origin("r", "m", atoms=9, time_ps=10.0, hottest_K=900.0), validated_K=validated_K)
    assert phrase(Measured(origin)).startswith("run r, 9 atoms, 10 ps")
    assert phrase(Measured(origin)).endswith(ends)


@pytest.mark.parametrize("name", list(shipped_experiments()))
def test_every_shipped_run_has_its_recipe_beside_it(name: str) -> None:
    experiment = load_experiment(name)
    assert experiment.runs
    for run in experiment.runs:
        assert (experiment.folder / "runs" / f"{run.origin.run}.yaml").is_file(), run.origin.run
        assert run.origin.checksums
        assert run.origin.time_ps > 1 or run.origin.run.startswith("relax-")
        assert run.origin.group in experiment.table.groups
