"""Rival sets of hypotheses: what a fact out of reach costs, what is said of the factors, and a whole comparison."""

from dataclasses import replace

import numpy as np
import pytest

from nanokiln.analysis.clock.clock_scene import ScenesOnRequest
from nanokiln.analysis.clock.distributions import draw
from nanokiln.analysis.clock.inference import MISREAD
from nanokiln.analysis.clock.mechanisms import hypotheses
from nanokiln.analysis.experiment import Comparison, Evidence, Rival, Support, load_experiment
from nanokiln.analysis.experiment.evidence import Panel
from nanokiln.analysis.experiment.rivals import ALL, compare_rivals, log_likelihood, rival_sets, summon


def support(group: str, log10_evidence: float, joint: float, error: float = 0.1) -> Support:
    return Support(group, ("K1",), log10_evidence, error, joint, 0.001, 1.0)


def rival(name: str, evidence: float, joint: float, chance: float) -> Rival:
    told = {group: support(group, evidence, joint) for group in ("K", ALL)}
    return Rival(name, (name,), told, {"K1": chance, "K2": 0.0})


def test_a_fact_out_of_reach_counts_as_a_misreading() -> None:
    lost, met, undecided = log_likelihood(np.array([0.0, 1.0, 0.5]))
    assert np.exp(lost) == pytest.approx(MISREAD)
    assert np.exp(met - lost) == pytest.approx((1 - MISREAD) / MISREAD)
    assert np.exp(undecided) == pytest.approx(0.5)


def test_factors_and_their_errors() -> None:
    comparison = Comparison((rival("base", -3.0, 0.0, 0.0), rival("electron beam", -1.0, 0.02, 0.3)))
    size, error = comparison.factor(comparison.rivals[1], "K")
    assert (size, error) == (pytest.approx(2.0), pytest.approx(0.1 * 2**0.5))
    told = " ".join(comparison.sentences)
    assert "electron beam: the facts speak for it on K 10^2.0(0.1) to 1, for it on all facts together" in told
    assert "Story K: below 0.1 % of the base's samples meet every fact of the clock; 2 % with electron beam." in told
    assert "No sample of any set meets K2." in told
    assert "No set explains all facts at once." not in told


def test_what_the_facts_cannot_tell_is_said() -> None:
    evidence = {"base": -3.0, "carbon residue": -2.8, "charge balance": -5.0}
    told = Comparison(tuple(rival(name, value, 0.0, 0.5) for name, value in evidence.items())).sentences
    assert any(one.startswith("charge balance: the facts speak against it on K") for one in told)
    assert "The facts cannot tell these from the base: carbon residue." in told
    assert told[-1] == "No set explains all facts at once."


def test_every_hypothesis_is_switched_by_itself_and_all_rivals_at_once() -> None:
    sets = rival_sets(load_experiment("cdse-disc").inputs)
    assert next(iter(sets)) == "base"
    assert list(sets)[-1] == "all rivals"
    assert len(sets) == len(hypotheses()) + 2
    assert sets["charge balance"]["with charge balance"].mean == 1.0
    assert sets["without exchange through the bulk"]["with exchange through the bulk"].mean == 0.0


def test_only_stories_on_which_hypotheses_bear_are_weighed() -> None:
    jury = summon(load_experiment("cdse-disc"))
    assert jury.facts == ("K1", "K2", "K3", "K4")


def test_scenes_are_run_once_and_only_those_that_are_asked_for() -> None:
    """Another scene of the same disc, which no fact asks for: it is known, but not run."""
    disc = load_experiment("cdse-disc")
    idle = replace(disc.scenes["disc"], about="idle")
    histories = ScenesOnRequest({**disc.scenes, "idle": idle}, draw(disc.inputs, 20, 1))
    answers = Panel(disc.answerers, Evidence(histories=histories))
    assert all(answers.answer(row) is not None for row in ("K1", "K2", "K3", "K4"))
    assert "idle" in histories
    assert list(histories.done) == ["disc"]
    assert histories["disc"] is histories["disc"]
    assert histories.get("elsewhere") is None


def test_a_comparison_finds_what_has_no_bearing_and_what_has() -> None:
    """A bare disc knows no copper: charge balance is the base; a beam that knocks atoms off is not."""
    heard: list[str] = []
    comparison = compare_rivals(load_experiment("cdse-disc"), 800, 40, lambda done, total, what: heard.append(what))
    sets = {one.name: one for one in comparison.rivals}
    size, error = comparison.factor(sets["charge balance"], "K")
    assert abs(size) < 4 * error + 0.02
    assert sets["electron beam"].chances["K1"] < sets["base"].chances["K1"]
    assert heard[0] == "hypotheses: base"
    assert 0.0 < sets["base"].supports["K"].error < 0.2
    assert comparison.to_json()["sets"][0]["supports"][0]["log10_bayes_factor"] == 0.0
