"""A run is judged by the facts of the group for which it stands, and by nothing that was imported before."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from nanokiln.analysis.experiment import Verdict, judge_run, load_experiment
from nanokiln.analysis.measured import Measured, Origin
from nanokiln.structures.catalogue import build
from nanokiln.structures.model import Model

REVIEW = load_experiment("review2019")


def ball(phase: str) -> dict[str, Any]:
    part = {"name": "ball", "phase": phase, "shape": {"kind": "sphere", "diameter_nm": 2}}
    return {"kind": "particle", "name": "ball", "parts": [part]}


def stack_of_selenides() -> Model:
    """A ZnSe/CdSe stack: the sandwich with another film."""
    sandwich = build("cdse-cu3p-cdse-small")
    domains = tuple(replace(d, phase="ZnSe-wz" if d.phase == "Cu3P" else d.phase) for d in sandwich.domains)
    return replace(sandwich, domains=domains)


BARE: dict[str, Callable[[], Model]] = {
    "gold": lambda: build(ball("Au")),
    "CdSe": lambda: build(ball("CdSe-wz")),
    "copper": lambda: build(ball("Cu")),
    "ZnSe/CdSe": stack_of_selenides,
}
# What `judge_run` says of a bare gold ball, after modules were imported in the order given on the command line.
SCRIPT = """
import importlib, sys
for name in sys.argv[1:]:
    importlib.import_module("nanokiln.analysis." + name)
import ase, numpy as np
from nanokiln.analysis.experiment import judge_run, load_experiment
from nanokiln.analysis.measured import Measured, Origin
from nanokiln.structures.model import Domain, Model
cell = 4.08 * np.eye(3)
model = Model("ball", ase.Atoms("Au"), (Domain("ball", "Au", cell, cell, np.zeros(3), np.zeros((1, 3))),))
run = Measured(Origin("ball", "ball", ("Au",), 1, 10.0, 700.0))
review = load_experiment("review2019")
for group in review.table.groups:
    for one in judge_run(run, model, review, group):
        print(one.fact.id, one.outcome, one.reason, one.results)
"""
ORDERS = (
    (),
    ("review2019.rods", "review2019.starting_state", "experiment.agreement"),
    ("report.experiment_page", "experiment.evidence", "review2019.own_run", "review2019.beyond"),
)


def judged(model: Model, group: str) -> tuple[Verdict, ...]:
    phases = tuple(sorted({domain.phase for domain in model.domains}))
    run = Measured(Origin("bare", model.name, phases, len(model.atoms), 10.0, 700.0))
    return judge_run(run, model, REVIEW, group)


def test_any_import_order_gives_the_same_verdicts() -> None:
    told = [
        subprocess.run([sys.executable, "-c", SCRIPT, *order], capture_output=True, text=True, check=True).stdout
        for order in ORDERS
    ]
    assert told[0].count("\n") == len(REVIEW.table.facts)
    assert len(set(told)) == 1
    assert " agrees " not in told[0]


@pytest.mark.parametrize("name", list(BARE))
def test_what_is_no_sandwich_is_not_judged_as_one(name: str) -> None:
    """Even where its recipe says that it stands for the sandwiches: no film is found, and nothing agrees."""
    model = BARE[name]()
    assert {v.fact.group for v in judged(model, "A")} == {"A"}
    for verdict in judged(model, "C"):
        assert verdict.outcome == "not testable", verdict
        assert verdict.reason
        assert not any(result.name == "film_strain_percent" for result in verdict.results)


def test_what_was_built_is_stated_for_a_sandwich_and_does_not_agree() -> None:
    found = {v.fact.id: v for v in judged(build("cdse-cu3p-cdse-small"), "C")}
    assert found["C2"].results[0].obtained == "input"
    assert found["C2"].outcome == "consistent"
    assert "repeats what was put in" in found["C2"].reason
    assert "decades longer" in found["C10"].reason
    assert not any(v.outcome == "agrees" for v in found.values())


def test_a_group_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match="no group of facts is called 'Q'"):
        judged(build(ball("Au")), "Q")
