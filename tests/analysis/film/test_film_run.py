"""Films that are heated: copper counted to the last atom, limits, and what a gap does."""

from pathlib import Path

import numpy as np
import pytest

from nanokiln.analysis.clock.clock import default_inputs, run_clock
from nanokiln.analysis.clock.contents import fed_rod
from nanokiln.analysis.clock.distributions import Draws, draw
from nanokiln.analysis.clock.heating import Heating
from nanokiln.analysis.clock.outcome import product_share
from nanokiln.analysis.film.film_answer import film_outcome, gap_curve, ring
from nanokiln.analysis.film.film_run import RANGE_INPUT, heat_film
from nanokiln.analysis.film.film_spec import FilmSpec, Kind, load_film_spec
from nanokiln.analysis.film.layout import random_layout

ROD, DONOR = Kind(kind="rod", diameter_nm=5.0), Kind(kind="Cu2Se", diameter_nm=7.0)
COPPER = Kind(kind="Cu", diameter_nm=7.0)
KINDS = {"host": ROD, "donor": DONOR}
STAIRS = Heating.plateaus([300.0, 350.0, 400.0], 15.0, 20.0)


@pytest.fixture(scope="module")
def draws() -> Draws:
    return draw(default_inputs(), 24, seed=5)


def crowd(hosts: int, donors: int, width_nm: float = 400.0):  # type: ignore[no-untyped-def]
    radii = {name: kind.radius_nm for name, kind in KINDS.items()}
    return random_layout({"host": hosts, "donor": donors}, radii, width_nm, 1.0, seed=2)


def test_copper_is_counted_to_the_last_atom(draws: Draws) -> None:
    """What donors gave and hosts do not have is what the film's own loss, Sum_ij G_ij c_j, has taken."""
    history = heat_film(crowd(6, 18), KINDS, STAIRS, draws)
    assert history.balance_error < 1e-10
    endless = heat_film(crowd(6, 18), KINDS, STAIRS, {**draws, RANGE_INPUT: np.full(24, 12.0)})
    assert abs(endless.kept).max() < 1e-6 * endless.gave[-1].sum(axis=0).max()
    taken = 2.0 * (history.extents[-1, 1] * np.asarray(ROD.host().host)).sum(axis=0)
    assert history.gave[-1].sum(axis=0) == pytest.approx(taken + history.kept[0], rel=1e-9, abs=1e-6)
    assert np.all(history.gave <= history.capacity[None] * (1 + 1e-12))
    assert history.extents.min() >= 0.0
    assert (history.extents[:, 0] + history.extents[:, 1]).max() <= 1.0 + 1e-12
    assert np.all(np.diff(history.gave.sum(axis=1), axis=0) >= -1e-6)


def test_finer_steps_change_little(draws: Draws) -> None:
    coarse, fine = (heat_film(crowd(3, 9), KINDS, STAIRS, draws, fineness=n) for n in (1, 4))
    assert abs(coarse.share - fine.share).mean() < 0.01


def test_in_limits_a_rod_does_what_the_clock_of_single_particles_says(draws: Draws) -> None:
    """Supply that is no limit: metallic copper all around, detachment easy, and a film that keeps nothing."""
    easy = {**draws, "E_Cu detachment to substrate": np.full(24, 0.9), RANGE_INPUT: np.full(24, 9.0)}
    film = heat_film(ring(ROD, COPPER, 10, 1.0), {"host": ROD, "donor": COPPER}, STAIRS, easy, fineness=3)
    alone = fed_rod({**easy, "rod_diameter_nm": np.full(24, 5.0), "gap_nm": np.zeros(24)}, 10.0, 35.0, "metal")
    clock = product_share(run_clock(alone, STAIRS, easy, rtol=1e-4))
    history = run_clock(alone, STAIRS, easy)
    at = [history.at_plateau_end(T) for T in (300.0, 350.0, 400.0)]
    assert np.abs(film.share[:, 0] - clock[at]).mean() < 2e-3


def test_a_film_that_keeps_everything_feeds_nobody(draws: Draws) -> None:
    short = {**draws, RANGE_INPUT: np.full(24, -2.0)}
    history = heat_film(ring(ROD, DONOR, 6, 20.0), KINDS, STAIRS, short)
    assert history.extents[:, 1].max() < 1e-9
    barrier = {**draws, "E_Cu detachment to substrate": np.full(24, 5.0)}
    assert heat_film(ring(ROD, DONOR, 6, 1.0), KINDS, STAIRS, barrier).gave.max() < 1e-6


def test_a_gap_of_a_micrometre_converts_less_than_one_of_five_nanometres(draws: Draws) -> None:
    short = {**draws, RANGE_INPUT: np.full(24, 2.0)}
    curve = gap_curve(ROD, DONOR, 11, [5.0, 1000.0, 30000.0], STAIRS, short)
    assert curve.share[2].max() < 1e-9
    assert curve.share[1, 1] < 0.01
    assert curve.chances[1, 0] > curve.chances[0, 0]


def test_more_donors_never_feed_less_and_words_say_what_numbers_say(draws: Draws) -> None:
    few, many = (film_outcome(heat_film(ring(ROD, DONOR, n, 5.0), KINDS, STAIRS, draws)) for n in (2, 12))
    assert many.mean_share[-1, 1] >= few.mean_share[-1, 1]
    told = many.to_json()
    assert told["words"] == many.words()
    assert f"{100 * many.mean_share[0, 1]:.0f} %" in many.words()[0]


def test_coordinates_of_a_micrograph(tmp_path: Path) -> None:
    (tmp_path / "places.csv").write_text("kind,x,y\nhost,0,0\ndonor,100,0\n")
    (tmp_path / "film.yaml").write_text(
        "heating: {plateaus_C: [350], hold_min: 5}\n"
        "kinds: {host: {kind: rod, diameter_nm: 5}, donor: {kind: Cu2Se, diameter_nm: 7}}\n"
        "layout: {file: places.csv, nm_per_unit: 0.5}\n"
    )
    spec = load_film_spec(tmp_path / "film.yaml")
    assert spec.placed(tmp_path).centres_nm.tolist() == [[0.0, 0.0], [50.0, 0.0]]
    (tmp_path / "places.csv").write_text("kind,x,y\ngold,0,0\n")
    with pytest.raises(ValueError, match="line 2: no kind is called 'gold'"):
        spec.placed(tmp_path)
    (tmp_path / "film.yaml").write_text("heating: {plateaus_C: [350], hold_min: 5}\nkinds: {}\nlayout: {counts: {}}\n")
    with pytest.raises(ValueError, match="no scene on a film"):
        load_film_spec(tmp_path / "film.yaml")


def test_a_film_that_is_too_small_is_refused() -> None:
    spec = FilmSpec.model_validate(
        {
            "heating": {"plateaus_C": [300], "hold_min": 1},
            "kinds": {"rod": {"kind": "rod", "diameter_nm": 5}},
            "layout": {"counts": {"rod": 100}, "width_nm": 50},
        }
    )
    with pytest.raises(ValueError, match="no room for 100"):
        spec.placed(Path())
