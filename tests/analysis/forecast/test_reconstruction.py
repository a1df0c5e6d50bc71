"""Frames of one sample of the clock: atoms as the clock counts them, the product's lattice, its name."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial import cKDTree

from nanokiln.analysis.clock.clock import History, default_inputs, run_clock
from nanokiln.analysis.clock.contents import phosphide_particle, rod, sandwich, sphere_units
from nanokiln.analysis.clock.distributions import draw
from nanokiln.analysis.clock.heating import Heating
from nanokiln.analysis.clock.outcome import watched_share
from nanokiln.analysis.forecast.minutes_film import MinutesFilm
from nanokiln.analysis.forecast.named_sample import name_sample
from nanokiln.analysis.forecast.reconstruction import Reconstruction, geometry
from nanokiln.analysis.microscope import mount
from nanokiln.analysis.microscope.phase_match import match_spacings
from nanokiln.analysis.microscope.rings import find_rings, powder

HEATING = Heating.plateaus([300.0, 400.0], hold_min=10.0, rate_C_per_min=50.0)
FED = replace(rod(9.0, 3.0), metal=40.0 * sphere_units(3.0, "Cu2Se"), pool="selenide", gap_nm=0.5, donor_radius_nm=1.5)
PLATE = sandwich(5.0, 5.0)
JANUS = phosphide_particle(4.0, metal=sphere_units(4.0, "Cu"), nucleates=True)


def history(particle: object, extents: tuple[float, float, float]) -> History:
    """A history that goes evenly from nothing to these extents, whatever the rates are."""
    made = run_clock(particle, HEATING, draw(default_inputs(), 4, 1))  # type: ignore[arg-type]
    ramp = np.linspace(0, 1, len(made.minutes))[:, None, None]
    return replace(made, extents=ramp * np.array(extents)[None, :, None] * np.ones((1, 1, 4)))


def counted(made: History, minutes: float) -> dict[str, int]:
    symbols = Reconstruction(made, 0).at(minutes).get_chemical_symbols()
    return {name: symbols.count(name) for name in ("Cd", "Se", "Cu", "P")}


def test_a_rod_holds_what_the_clock_says() -> None:
    made = history(FED, (0.2, 0.5, 0.0))
    first, last = counted(made, 0.0), counted(made, float(made.minutes[-1]))
    built = first["Cd"]
    assert last["Cd"] == pytest.approx(0.3 * built, abs=2)
    donors = first["Cu"]
    gone = donors * float(2 * 0.5 * FED.host / (2 * FED.metal))  # type: ignore[arg-type]
    assert last["Cu"] == pytest.approx(2 * 0.5 * built + donors - gone, rel=0.01)
    assert first["Se"] - last["Se"] == pytest.approx(0.2 * built, abs=2)


def test_a_sandwich_gives_its_own_copper_and_loses_its_phosphorus() -> None:
    made = history(PLATE, (0.0, 0.6, 0.7))
    first, last = counted(made, 0.0), counted(made, float(made.minutes[-1]))
    assert last["P"] == pytest.approx(0.3 * first["P"], abs=2)
    assert last["Cd"] == pytest.approx(0.4 * first["Cd"], abs=2)
    assert last["Cu"] == pytest.approx(first["Cu"], rel=0.12)  # the hexagon's volumes are cut to whole layers


def test_a_janus_particle_becomes_one_ball_of_copper() -> None:
    made = history(JANUS, (0.0, 0.0, 1.0))
    first, last = counted(made, 0.0), counted(made, float(made.minutes[-1]))
    assert last["P"] == 0
    assert last["Cu"] == first["Cu"]
    points = Reconstruction(made, 0).at(float(made.minutes[-1])).positions
    spread = np.linalg.eigvalsh(np.cov(points.T))
    assert spread[-1] / spread[0] < 1.15


def test_the_product_has_the_lattice_of_the_selenide() -> None:
    made = history(replace(FED, metal=0.0, pool="selenide"), (0.0, 1.0, 0.0))
    atoms = Reconstruction(made, 0).at(float(made.minutes[-1]))
    assert set(atoms.get_chemical_symbols()) == {"Cu", "Se"}
    assert np.median(cKDTree(atoms.positions).query(atoms.positions, k=2)[0][:, 1]) == pytest.approx(2.53, abs=0.02)
    rings = find_rings(powder(mount([atoms], "product"), most_pairs=2e7), 0.1)
    table = match_spacings([ring.spacing_A for ring in rings], ("Cu2Se", "CdSe-wz", "CdSe-zb"), powder=True)
    assert table.matches[0].phase == "Cu2Se"
    half = Reconstruction(history(replace(FED, metal=0.0, pool="selenide"), (0.0, 0.5, 0.0)), 0)
    lengths = []
    for minutes in (0.0, float(made.minutes[-1])):
        atoms = half.at(minutes)
        lengths.append(float(np.ptp(atoms.positions[np.array(atoms.get_chemical_symbols()) == "Se", 2])))
    assert lengths[1] / lengths[0] == pytest.approx(1 - 0.0387 / 2, abs=0.004)


def test_the_middle_sample_of_an_ending_is_one_of_it() -> None:
    made = run_clock(FED, HEATING, draw(default_inputs(), 400, 3))
    _, share = watched_share(made)
    ends = np.digitize(share[-1], (0.10, 0.95))
    weights = np.random.default_rng(0).random(400)
    for kind, outcome in enumerate(("none", "partial", "complete")):
        named = name_sample(made, weights, outcome)
        assert ends[named.number] == kind
        assert named.probability == pytest.approx(weights[ends == kind].sum() / weights.sum())
        assert outcome in named.words
    assert name_sample(made, None, "7").number == 7
    with pytest.raises(ValueError, match="no sample 400"):
        name_sample(made, None, "400")
    with pytest.raises(ValueError, match="not 'best'"):
        name_sample(made, None, "best")
    nothing = replace(made, extents=np.zeros_like(made.extents))
    with pytest.raises(ValueError, match="no sample ends complete"):
        name_sample(nothing, None, "complete")


def test_a_film_says_that_it_is_reconstructed_and_marks_its_holds() -> None:
    made = history(FED, (0.1, 0.5, 0.0))
    film = MinutesFilm(made, name_sample(made, None, "partial"))
    assert film.programme.words.startswith("reconstructed from sample")
    assert "100 % of all" in film.programme.words
    assert film.programme.at_C(film.programme.holds[1][1]) == pytest.approx(400.0)
    times = [time for time, _ in film.frames(3)]
    assert set(film.stills_min) <= set(times)


def test_lead_is_not_drawn() -> None:
    from nanokiln.analysis.clock.thermochemistry import LEAD_EXCHANGE

    with pytest.raises(ValueError, match="not drawn"):
        geometry(replace(FED, exchange=LEAD_EXCHANGE), 0)
