"""Rows that a film answers: they can fail."""

import numpy as np

from nanokiln.analysis.clock.clock_scene import run_scenes
from nanokiln.analysis.clock.distributions import draw
from nanokiln.analysis.experiment import load_experiment
from nanokiln.analysis.experiment.evidence import Evidence
from nanokiln.analysis.experiment.verdict import judge
from nanokiln.analysis.experiment.worlds import WORLDS
from nanokiln.analysis.review2019.on_film import ANSWERERS


def test_rods_that_touch_no_donor_convert_and_not_where_copper_cannot_move() -> None:
    review = load_experiment("review2019")
    fact = next(one for one in review.table.facts if one.id == "E17")
    immobile = next(one for one in WORLDS if one.name == "copper immobile")
    prior = draw(review.inputs, 150, 7)
    chances = []
    for draws in (prior, immobile.change(prior)):
        with np.errstate(all="ignore"):
            histories = run_scenes(review.scenes, ["rod-ramp"], draws)
            chances.append(judge(fact, ANSWERERS[0].function(Evidence(histories=histories))).probability)
    assert chances[0] > 0.8
    assert chances[1] == 0.0
