"""A row that agrees in every nonsense world is told apart from one that could have failed."""

from pathlib import Path

import numpy as np
import pytest

from nanokiln.analysis.clock import default_inputs, draw
from nanokiln.analysis.experiment import WORLDS, Evidence, Power, agree, load_experiment
from nanokiln.analysis.experiment.power import answers_shuffled, shuffled
from nanokiln.analysis.measured import Measured, Origin, Result, Series

DRAWS = draw(default_inputs(), 50, 1)
CHANGED = {world.name: world.change(DRAWS) for world in WORLDS}
FACTS = """
title: own
source: mine
groups: {G: {system: s, source: s, holder_K: 10}}
facts:
  - {id: G1, class: EX, fact: stays, observable: o, accepted: a,
     criteria: [{quantity: q, upper: 0.5, unit: "", from: {clock: {scene: bare, watched: CdSe loss, at_C: 300}}}]}
  - {id: G2, class: EX, fact: stays cold, observable: o, accepted: a,
     criteria: [{quantity: q, upper: 1.1, unit: "", from: {clock: {scene: bare, watched: CdSe loss, at_C: 300}}}]}
"""
SCENES = """
heating: {plateaus_C: [300], hold_min: 1}
samples: 60
particles: [{name: bare, kind: rod, diameter_nm: 5}]
"""


def test_worlds_change_what_they_say_and_nothing_else() -> None:
    changed = {name: {k for k in DRAWS if not np.array_equal(DRAWS[k], now[k])} for name, now in CHANGED.items()}
    assert changed["nothing evaporates"] == {"log10_alpha_CdSe", "log10_alpha_P"}
    barriers = {k for k in DRAWS if k.startswith("E_")} | {"diffusion_eV"}
    assert changed["barriers of 3-4 eV"] == barriers
    assert all(
        3.0 <= CHANGED["barriers of 3-4 eV"][k].min() < CHANGED["barriers of 3-4 eV"][k].max() <= 4.0 for k in barriers
    )
    assert "H_Cd(g)" in changed["everything evaporates"]
    assert "H_CdSe" not in changed["everything evaporates"]
    assert changed["copper immobile"] == {k for k in barriers if k.startswith("E_Cu ")} | {"diffusion_eV"}
    assert all(name in DRAWS for now in CHANGED.values() for name in now)


def test_only_what_a_world_refuses_could_have_failed(tmp_path: Path) -> None:
    (tmp_path / "facts.yaml").write_text(FACTS)
    (tmp_path / "scenes.yaml").write_text(SCENES)
    told: list[tuple[int, int, str]] = []
    table = agree(load_experiment(tmp_path), tell=lambda *step: told.append(step))
    assert table.powers["G1"].refused == ("everything evaporates",)
    assert table.powers["G2"].cannot_fail
    assert table.decided == {"agrees": ("G1",), "disagrees": (), "cannot fail": ("G2",)}
    assert table.counted(table.verdicts)["agrees"] == 1
    assert table.summary.startswith("1 rows agree that could have failed, 0 disagree; 1 agree in every world")
    assert told[-1][0] == told[-1][1] == len(told) - 1


def test_a_world_in_which_a_row_has_no_answer_has_refused_nothing() -> None:
    assert Power({"a": 0.95, "b": None, "c": 0.2}).refused == ("c",)
    assert Power({"a": 0.95, "b": None}).cannot_fail
    assert Power({}).cannot_fail


def test_labels_are_dealt_and_no_number_is_lost() -> None:
    rows = tuple(Result(f"n{i}", float(i), "K" if i < 3 else "", "measured", quantity=f"n{i}") for i in range(6))
    x = np.arange(5.0)
    curves = tuple(Series("c", "x", "ps", x, x + 10 * i, "", quantity=f"c{i}") for i in range(2))
    deals = [shuffled(Measured(Origin("r", "m"), rows, curves), np.random.default_rng(i)) for i in range(10)]
    for deal in deals:
        assert [(row.quantity, row.unit) for row in deal.rows] == [(row.quantity, row.unit) for row in rows]
        assert sorted(row.value or 0.0 for row in deal.rows) == [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]
        assert sorted(np.concatenate([one.y for one in deal.curves])) == [*x, *(x + 10)]
    assert len({tuple(row.value for row in deal.rows) for deal in deals}) > 5
    assert len({float(deal.curves[0].y.max()) for deal in deals}) == 2


def test_measured_rows_of_the_example_can_fail_by_their_labels() -> None:
    example = load_experiment("cdse-disc")
    told = answers_shuffled(Evidence(runs=example.runs), example)
    assert set(told) == {"M1", "M2", "M3", "M4"}
    assert all(found is not None and found < 0.9 for found in told.values())


def test_a_world_without_its_input_is_an_error() -> None:
    with pytest.raises(ValueError, match="no input that this world would change"):
        WORLDS[0].change({"x": np.zeros(3)})
