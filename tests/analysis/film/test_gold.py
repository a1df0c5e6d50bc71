"""Gold on films: counted to the last atom, along rods and between them, by atoms and by clusters."""

import numpy as np
import pytest
from ase.units import kB

from nanokiln.analysis.clock.clock import default_inputs
from nanokiln.analysis.clock.distributions import Draws, draw
from nanokiln.analysis.clock.heating import Heating
from nanokiln.analysis.film import gold_scene
from nanokiln.analysis.film.gold_network import SUBLIMATION_EV, GoldRates, atoms_of
from nanokiln.analysis.film.gold_scene import GoldHistory, apart, ripen_gold
from nanokiln.analysis.film.layout import Layout, random_layout

STAIRS = Heating.plateaus([150.0, 250.0, 400.0], 5.0, 50.0)
RADII = {"rod": 10.0, "gold": 1.0}
SAMPLES = 40


@pytest.fixture(scope="module")
def draws() -> Draws:
    return draw(default_inputs(), SAMPLES, seed=5)


def mixed(draws: Draws, **changed: float) -> GoldHistory:
    layout = random_layout({"rod": 3, "gold": 6}, RADII, 150.0, 1.0, seed=2)
    fixed = {name: np.full(SAMPLES, value) for name, value in changed.items()}
    return ripen_gold(apart(layout, 0.0, (8.75,), clusters=2.0), STAIRS, draws | fixed)


def test_gold_is_counted_to_the_last_atom_and_never_negative(draws: Draws) -> None:
    history = mixed(draws)
    assert history.balance_error < 1e-9
    assert history.places.min() >= 0.0


def test_nothing_moves_where_barriers_are_high_and_all_comes_to_ends_where_clusters_run(draws: Draws) -> None:
    names = [name for name in draws if name.startswith("E_Au")]
    still = mixed(draws, **dict.fromkeys(names, 3.5))
    assert abs(still.domains).max() < 1e-6
    quick = {"E_Au cluster motion": 0.8, "E_Au cluster on the substrate": 0.6, "E_Au detachment from a cluster": 3.5}
    run = mixed(draws, **quick)
    assert run.domains[-1].sum(axis=0) / run.scene.start.sum() == pytest.approx(1.0, abs=1e-3)
    by_cluster, by_atoms, by_others = run.came[:3].sum(axis=1)
    assert np.all(by_atoms + by_others < 1e-6 * by_cluster)


def test_rods_trade_gold_where_it_steps_down_easily_and_the_less_the_further_apart(draws: Draws) -> None:
    atoms = {"E_Au cluster motion": 3.5, "E_Au detachment from a cluster": 1.2, "E_Au hop on CdSe": 0.7}

    def between(gap_nm: float, step_eV: float) -> np.ndarray:
        places = np.array([[0.0, 0.0], [20.0 + gap_nm, 0.0]])
        layout = Layout(("rod", "rod"), places, np.zeros(2), 1e6)
        fixed = {name: np.full(SAMPLES, v) for name, v in (atoms | {"E_Au from rod to substrate": step_eV}).items()}
        came = ripen_gold(apart(layout, 10.0, (8.0,)), STAIRS, draws | fixed).came.sum(axis=1)
        return np.asarray(came[2] / came[1])

    near, far, steep = between(1.0, 0.1), between(300.0, 0.1), between(1.0, 1.0)
    assert np.all(far < near)
    assert near.mean() > 0.05
    assert steep.max() < 1e-4


def test_finer_steps_change_little(draws: Draws, monkeypatch: pytest.MonkeyPatch) -> None:
    coarse = mixed(draws)
    monkeypatch.setattr(gold_scene, "HOLD_STEPS", 48)
    monkeypatch.setattr(gold_scene, "RAMP_STEP_C", 2.0)
    fine = mixed(draws)
    for T in (150.0, 250.0, 400.0):
        at = [abs(one.domains[one.at(T)].sum(axis=0)) / one.scene.start.sum() for one in (coarse, fine)]
        assert abs(at[0] - at[1]).mean() < 0.02


def test_gold_keeps_its_vapour_pressure_over_the_film(draws: Draws) -> None:
    """What leaves a film in balance with gold, speed (a/L)2 per site, has the clusters' enthalpy of sublimation."""
    leaving = []
    for T in (600.0, 610.0):
        rates = GoldRates.at(np.full(SAMPLES, T), draws, 2.0)
        leaving.append(np.log(rates.speed / rates.range_nm**2))
    slope_eV = (leaving[1] - leaving[0]) / (1.0 / 600.0 - 1.0 / 610.0) * kB
    assert slope_eV == pytest.approx(SUBLIMATION_EV - 0.318, abs=0.01)


def test_a_large_domain_holds_its_gold_better_than_a_small_one(draws: Draws) -> None:
    layout = Layout(("rod",), np.zeros((1, 2)), np.zeros(1), 1e4)
    fast = draws | {
        "E_Au detachment from a cluster": np.full(SAMPLES, 1.0),
        "E_Au cluster motion": np.full(SAMPLES, 3.5),
    }
    scene = gold_scene.GoldScene(layout, np.ones((1, 2)), np.array([12.0, 6.0]), np.ones(2), np.array([8.0]))
    grown = ripen_gold(scene, STAIRS, fast).domains[-1] - atoms_of(scene.domain_nm)[:, None]
    assert np.all(grown[0] > grown[1])
