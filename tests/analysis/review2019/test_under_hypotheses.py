"""Rows of the review that a hypothesis decides: sandwiches that vanish, copper that a beam takes."""

import numpy as np
import pytest

from nanokiln.analysis.clock.clock import default_inputs
from nanokiln.analysis.clock.clock_scene import run_scenes
from nanokiln.analysis.clock.distributions import draw
from nanokiln.analysis.clock.mechanisms import supposing
from nanokiln.analysis.clock.rates import BARN_NM2, SITES_PER_NM2
from nanokiln.analysis.experiment import Evidence
from nanokiln.analysis.experiment.evidence import Panel
from nanokiln.analysis.review2019.content import ANSWERERS
from nanokiln.analysis.review2019.scenes import SCENES


def values(row: str, scene: str, on: list[str], **changed: float) -> np.ndarray:
    draws = draw(supposing(default_inputs(), on), 40, seed=3)
    draws |= {name: np.full(40, value) for name, value in changed.items()}
    evidence = Evidence(histories=run_scenes(SCENES, [scene], draws))
    answer = Panel(tuple(one for one in ANSWERERS if row in one.rows), evidence).answer(row)
    return next(result.values for result in answer.results if result.name in ("particles_lost", "Cu_loss"))


def test_sandwiches_are_lost_only_if_they_give_their_copper_and_the_rest_of_them_goes() -> None:
    easy = {"E_Cu detachment to substrate": 0.9, "log10_film_range_nm": 5.0, "E_Cu kick-out of Cd": 0.9}
    volatile = {
        "log10_alpha_CdSe": 0.0,
        "log10_alpha_P": 0.0,
        "E_P escape from Cu3P": 1.0,
        "holder": 1.0,
        "H_Cu3P": -44.3,
    }
    gone = values("C14", "sandwich-given-up", [], **volatile, **easy)
    stays = values("C14", "sandwich-given-up", [], **easy, log10_alpha_CdSe=-9.0, log10_alpha_contact=0.0)
    keeps = values("C14", "sandwich-given-up", [], **volatile, **{"E_Cu detachment to substrate": 3.0})
    assert np.all(stays == 0.0)
    assert np.all(keeps == 0.0)
    assert np.mean(gone > 0.0) > 0.5
    assert gone.max() < 0.4


def test_a_beam_takes_copper_from_the_donors_by_its_dose() -> None:
    beam = {"log10_dose_rate_nm2_s": 3.0, "log10_desorption_barn": 2.0, "log10_reduction_barn": -9.0}
    lost = values("D4", "rod", ["electron beam"], **beam)
    expected = np.pi * 7.0**2 * SITES_PER_NM2 * 1e3 * 1e2 * BARN_NM2 * 1800.0 / 7200.0
    assert lost == pytest.approx(expected, rel=1e-3)
    assert values("D4", "rod", []).max() < 1e-6
