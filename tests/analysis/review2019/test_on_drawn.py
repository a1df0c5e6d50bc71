"""Rows read off images of drawn particles: what is put in comes out, and another world is not taken for ours."""

from dataclasses import replace

import numpy as np
import pytest

from nanokiln.analysis.clock.clock_scene import run_scenes
from nanokiln.analysis.clock.distributions import draw
from nanokiln.analysis.experiment import Evidence, Verdict, load_experiment
from nanokiln.analysis.experiment.evidence import Panel
from nanokiln.analysis.experiment.power import shuffled
from nanokiln.analysis.experiment.verdict import judge
from nanokiln.analysis.review2019 import on_drawn

REVIEW = load_experiment("review2019")


def verdict(row: str, evidence: Evidence) -> Verdict:
    fact = next(fact for fact in REVIEW.table.facts if fact.id == row)
    return judge(fact, Panel(on_drawn.ANSWERERS, evidence).answer(row))


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    histories = run_scenes(REVIEW.scenes, ["sandwich", "rod"], draw(REVIEW.inputs, 60, 1))
    return Evidence(runs=REVIEW.runs, histories=histories)


def converted(evidence: Evidence, share: float) -> Evidence:
    """The same scenes with this share of the selenide exchanged at all times, and nothing lost."""
    extents = np.array([0.0, share, 0.0])[None, :, None]
    histories = {
        name: replace(one, extents=np.broadcast_to(extents, one.extents.shape))
        for name, one in evidence.histories.items()
    }
    return replace(evidence, histories=histories)


@pytest.mark.parametrize(
    ("share", "outcome"), [(0.0, "disagrees"), (0.7, "agrees"), (1.0, "disagrees")], ids=["none", "most", "all"]
)
def test_maps_show_cadmium_and_copper_together_where_they_are(evidence: Evidence, share: float, outcome: str) -> None:
    found = verdict("C9", converted(evidence, share))
    assert found.outcome == outcome, found
    assert len(found.results) == 2


@pytest.mark.parametrize(("share", "outcome"), [(0.0, "disagrees"), (0.5, "disagrees"), (1.0, "agrees")])
def test_rings_tell_how_much_of_a_rod_is_fcc(evidence: Evidence, share: float, outcome: str) -> None:
    found = verdict("E10", converted(evidence, share))
    assert found.outcome == outcome
    assert np.interp(share, on_drawn.SHARES, on_drawn.fcc_seen(mixed=False)) == pytest.approx(share, abs=0.1)


def test_the_edges_of_a_run_are_where_they_were_but_not_with_wrong_labels(evidence: Evidence) -> None:
    assert verdict("C3", evidence).outcome == "agrees"
    chances = []
    for seed in range(4):
        dealt = tuple(shuffled(run, np.random.default_rng(seed)) for run in REVIEW.runs)
        chances.append(verdict("C3", Evidence(runs=dealt)).probability or 0.0)
    assert np.mean(chances) < 0.9


def test_copper_in_the_rod_is_found_where_it_is(evidence: Evidence) -> None:
    answer = Panel(on_drawn.ANSWERERS, evidence).answer("E2")
    assert answer is not None
    assert "with 2 % of its Cd replaced in 40 of 40" in answer.reason
    assert answer.results[0].value == pytest.approx(0.05, abs=0.08)
