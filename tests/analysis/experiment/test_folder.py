"""An experiment is a folder: it runs without code, may bring some, and says what is wrong with it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nanokiln.analysis.experiment import Evidence, agree, judge_run, load_experiment, shipped_experiments, verdicts
from nanokiln.analysis.experiment.sources import stands_for
from nanokiln.analysis.measured import Measured, Origin, Result, Series
from nanokiln.structures.catalogue import build

FACTS = """
title: own
source: mine
groups: {{G: {{system: s, source: s, holder_K: 10}}}}
facts:
  - {{id: G1, class: EX, fact: f, observable: o, accepted: a,
     criteria: [{{quantity: q, lower: 0.5, unit: "{unit}", {source}}}]}}
"""
SCENES = """
heating: {plateaus_C: [300, 400], hold_min: 10}
samples: 50
particles: [{name: bare, kind: rod, diameter_nm: 5}]
"""
CODE = """
from nanokiln.analysis.experiment import Answer, Content, answers
from nanokiln.analysis.measured import Result

@answers("G1")
def _half(evidence):
    return Answer((Result("q", 0.75, "", "extrapolated", 0.01),))

CONTENT = Content(answerers=(_half,))
"""


def written(folder: Path, source: str = "", unit: str = "", **files: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "facts.yaml").write_text(FACTS.format(source=source, unit=unit))
    for name, text in files.items():
        (folder / {"scenes": "scenes.yaml", "code": "__init__.py", "seen": "observations.yaml"}[name]).write_text(text)
    return folder


def measured(*rows: Result, curves: tuple[Series, ...] = (), group: str = "G", time_ps: float = 50.0) -> Measured:
    return Measured(Origin("r", "m", experiment="/some/where/own", group=group, time_ps=time_ps), rows, curves)


def diffusion(temperature_K: float, value: float) -> Result:
    return Result("D", value, "cm2/s", "measured", 0.01, quantity="D", species="Cu", temperature_K=temperature_K)


def test_shipped_experiments_are_found_by_name() -> None:
    assert set(shipped_experiments()) == {"review2019", "cdse-disc"}
    assert load_experiment(shipped_experiments()["cdse-disc"]) is load_experiment("cdse-disc")
    with pytest.raises(ValueError, match=r"no experiment 'revue'; there are: .*cdse-disc"):
        load_experiment("revue")


def test_the_example_is_answered_by_its_run_and_its_scene() -> None:
    table = agree(load_experiment("cdse-disc"), samples=200)
    found = {v.fact.id: v for v in table.verdicts}
    assert [found[row].outcome for row in ("M1", "M2", "M3", "M4")] == ["agrees"] * 4
    assert all("run disc-750K" in found[row].results[0].method for row in ("M1", "M4"))
    assert all(found[row].results[0].obtained == "extrapolated" for row in ("K1", "K2", "K3", "K4"))
    assert found["K3"].outcome == "agrees"
    assert table.posterior is not None
    assert table.conditioned == ()


def test_a_row_is_taken_by_its_columns(tmp_path: Path) -> None:
    folder = written(tmp_path / "own", "from: {run: {quantity: D, species: Cu}, at: coldest}", "cm2/s")
    own = load_experiment(folder)
    run = measured(diffusion(900, 0.1), diffusion(700, 0.9))
    (verdict,) = verdicts(Evidence(runs=(run,)), own)
    assert (verdict.outcome, verdict.results[0].value, verdict.results[0].name) == ("agrees", 0.9, "q")
    assert verdict.results[0].time_ps == 50.0
    (silent,) = verdicts(Evidence(runs=(replace(run, origin=replace(run.origin, group="H")),)), own)
    assert silent.outcome == "not testable"
    assert silent.reason == "no run that stands for group G has measured quantity D, species Cu"
    (alone,) = judge_run(replace(run, origin=Origin("r", "m")), build("cdse-rod-small"), own, "G")
    assert alone.outcome == "agrees"


def test_the_hottest_known_point_of_a_curve_is_taken(tmp_path: Path) -> None:
    folder = written(tmp_path / "own", "from: {run: {quantity: phase_share, phase: wz, domain: disc}}")
    x, y, error = np.array([300.0, 500.0, 700.0]), np.array([1.0, 0.7, np.nan]), np.full(3, 0.05)
    curve = Series("wz", "temperature_K", "K", x, y, "", error, quantity="phase_share", phase="wz", domain="disc")
    (verdict,) = verdicts(Evidence(runs=(measured(curves=(curve,)),)), load_experiment(folder))
    assert (verdict.results[0].value, verdict.results[0].temperature_K) == (0.7, 500.0)


@pytest.mark.parametrize(
    ("time_ps", "seen", "told"),
    [
        (1.0, "time_min: [10, 10]", "extrapolated over 14.8 decades of time: 1 ps of dynamics stand for 10 min"),
        (1.2e15, "time_min: [10, 20]", ""),  # twenty minutes
        (1.0, "temperature_C: [340, 360]", "taken at 427 C, not at 340 to 360 C"),
        (1.0, "temperature_C: [400, 430]", ""),
        (1.0, "size_nm: [4, 5]", "a model of 264 atoms stands for 4 to 5 nm"),
    ],
)
def test_a_row_that_agrees_says_what_the_run_lacks(tmp_path: Path, time_ps: float, seen: str, told: str) -> None:
    folder = written(tmp_path / "own", "from: {run: {quantity: D, species: Cu}}", "cm2/s")
    (folder / "facts.yaml").write_text((folder / "facts.yaml").read_text().replace("fact: f,", f"fact: f, {seen},"))
    run = measured(diffusion(700, 0.9), time_ps=time_ps)
    run = replace(run, origin=replace(run.origin, atoms=264))
    (verdict,) = verdicts(Evidence(runs=(run,)), load_experiment(folder))
    assert (verdict.outcome, verdict.reason) == ("agrees", told)


TWO = (diffusion(900, 0.1), replace(diffusion(900, 0.1), species="Cd"))
TIMED = Series("T", "time_ps", "ps", np.array([0.0, 1.0]), np.array([300.0, 310.0]), "K", quantity="temperature")


@pytest.mark.parametrize(
    ("source", "unit", "run", "reason"),
    [
        ("{quantity: D, species: Cu}", "eV", measured(*TWO), "q is asked for in 'eV', but comes in 'cm2/s'"),
        ("{quantity: D}", "cm2/s", measured(*TWO), "2 rows have quantity D: name more columns"),
        ("{quantity: temperature}", "K", measured(curves=(TIMED, TIMED)), "2 curves have quantity temperature"),
        ("{quantity: temperature}", "K", measured(curves=(TIMED,)), "is a curve against time_ps: say at first or last"),
    ],
)
def test_what_does_not_fit_is_the_reason(tmp_path: Path, source: str, unit: str, run: Measured, reason: str) -> None:
    own = load_experiment(written(tmp_path / "own", f"from: {{run: {source}}}", unit))
    (verdict,) = verdicts(Evidence(runs=(run,)), own)
    assert verdict.outcome == "not testable"
    assert reason in verdict.reason


def test_the_last_point_of_a_curve_against_time_is_taken(tmp_path: Path) -> None:
    own = load_experiment(written(tmp_path / "own", "from: {run: {quantity: temperature}, at: last}", "K"))
    (verdict,) = verdicts(Evidence(runs=(measured(curves=(TIMED,)),)), own)
    assert verdict.results[0].value == 310.0


def test_a_folder_that_was_changed_is_read_again(tmp_path: Path) -> None:
    first = load_experiment(written(tmp_path / "own"))
    (tmp_path / "own" / "facts.yaml").write_text(FACTS.format(source="", unit="nm").replace("G1", "G7"))
    assert [fact.id for e in (first, load_experiment(tmp_path / "own")) for fact in e.table.facts] == ["G1", "G7"]


def test_a_folder_may_bring_its_own_python(tmp_path: Path) -> None:
    (verdict,) = agree(load_experiment(written(tmp_path / "coded", code=CODE))).verdicts
    assert verdict.outcome == "agrees"
    with pytest.raises(ValueError, match="must define CONTENT"):
        load_experiment(written(tmp_path / "empty", code="CONTENT = None\n"))


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("{scene: bear, watched: product, at_C: 300}", "G1: no scene is called 'bear'; there are: bare"),
        ("{scene: bare, watched: CdSe loss, at_C: 350}", r"no hold at 350 C; it holds at \[300.0, 400.0\]"),
    ],
)
def test_a_watch_on_what_is_not_there_is_one_clear_error(tmp_path: Path, source: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        load_experiment(written(tmp_path / "own", f"from: {{clock: {source}}}", scenes=SCENES))


def test_observations_must_be_of_scenes_and_facts_that_are_there(tmp_path: Path) -> None:
    seen = "groups: {controls: [{scene: bare, temperature_C: 300, watched: CdSe loss, seen: none, rows: [G2]}]}\n"
    with pytest.raises(ValueError, match="no fact is called 'G2'"):
        load_experiment(written(tmp_path / "own", scenes=SCENES, seen=seen))
    conditioned = agree(load_experiment(written(tmp_path / "right", scenes=SCENES, seen=seen.replace("G2", "G1"))))
    assert conditioned.conditioned == ("G1",)


def test_a_run_stands_for_an_experiment_by_name_or_path() -> None:
    run = measured()
    assert stands_for(run, "own", "G")
    assert not stands_for(run, "own", "H")
    assert not stands_for(run, "other", "G")
