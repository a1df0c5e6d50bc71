"""Adatoms on a film against exact solutions: one disc, two discs, and both limits of the lifetime."""

import numpy as np
import pytest
from scipy.special import k0, kve

from nanokiln.analysis.film.discs import among_alike, conductances, separated

FAR = 1e9


def alone(radius: np.ndarray | float, reach: float) -> np.ndarray:
    """Return G of a single disc, exactly: 2 pi rho K1(rho)/K0(rho) of its radius over the range."""
    rim = np.asarray(radius) / reach
    return 2 * np.pi * rim * kve(1, rim) / kve(0, rim)


def pair_without_loss(distance: float, first: float, second: float) -> float:
    """Return the flux from one disc to another over D and their difference, without any loss (bipolar coordinates)."""
    return float(2 * np.pi / np.arccosh((distance**2 - first**2 - second**2) / (2 * first * second)))


def between(G: np.ndarray) -> float:
    """Return the conductance from one disc to the other where nothing else is connected."""
    return float((G[0, 0] * G[1, 1] - G[0, 1] * G[1, 0]) / G.sum())


@pytest.mark.parametrize("range_nm", [0.1, 3.0, 100.0, 1e6])
def test_a_single_disc_is_exact(range_nm: float) -> None:
    G = conductances(np.array([[7.0, -3.0]]), np.array([3.5]), range_nm)
    assert G[0, 0] == pytest.approx(float(alone(3.5, range_nm)), rel=1e-12)


@pytest.mark.parametrize("gap", [1.0, 5.0, 50.0, 1000.0])
def test_two_discs_without_loss_are_those_of_bipolar_coordinates(gap: float) -> None:
    distance = 13.5 + gap
    G = conductances(np.array([[0.0, 0.0], [distance * 0.6, distance * 0.8]]), np.array([3.5, 10.0]), FAR, modes=16)
    assert between(G) == pytest.approx(pair_without_loss(distance, 3.5, 10.0), rel=2e-4)


def test_two_small_discs_far_apart_are_those_of_the_greens_function() -> None:
    """Sources of flux q give c_i = q_i K0(r/L)/2pi + q_j K0(d/L)/2pi as r/L and r/d vanish."""
    r, d, L = 0.01, 100.0, 40.0
    G = conductances(np.array([[0.0, 0.0], [d, 0.0]]), np.array([r, r]), L)
    own, other = k0(r / L) / (2 * np.pi), k0(d / L) / (2 * np.pi)
    assert np.linalg.inv(G) == pytest.approx(np.array([[own, other], [other, own]]), rel=1e-4)


def test_a_short_life_leaves_every_disc_alone_and_a_long_one_loses_nothing() -> None:
    random = np.random.default_rng(3)
    centres, radii = random.random((12, 2)) * 200.0, np.full(12, 3.0)
    radii = separated(centres, radii)
    short = conductances(centres, radii, 0.02)
    assert np.diag(short) == pytest.approx(alone(radii, 0.02), rel=1e-6)
    assert abs(short - np.diag(np.diag(short))).max() < 1e-6 * short.max()
    lost = [conductances(centres, radii, L).sum() / np.trace(conductances(centres, radii, L)) for L in (1e3, 1e6, 1e12)]
    assert lost[0] > lost[1] > lost[2] > 0
    assert lost[2] < 5e-2
    one = np.ones(12)
    assert conductances(centres, radii, 1e12) @ one == pytest.approx(0.0, abs=0.05)


def test_a_micrometre_does_not_act_like_five_nanometres_where_the_film_keeps_adatoms() -> None:
    def reaches(gap: float, range_nm: float) -> float:
        return -float(conductances(np.array([[0.0, 0.0], [13.5 + gap, 0.0]]), np.array([3.5, 10.0]), range_nm)[0, 1])

    assert reaches(1000.0, 100.0) < 1e-3 * reaches(5.0, 100.0)
    assert reaches(1000.0, 1e6) < 0.5 * reaches(5.0, 1e6)


def test_the_matrix_is_symmetric_and_positive_and_competition_takes() -> None:
    random = np.random.default_rng(5)
    centres, radii = random.random((30, 2)) * 300.0, random.uniform(2.0, 6.0, 30)
    radii = separated(centres, radii)
    G = conductances(centres, radii, 500.0)
    assert np.array_equal(G, G.T)
    assert np.linalg.eigvalsh(G).min() > 0
    assert (G - np.diag(np.diag(G))).max() <= 1e-9
    # A third disc between two takes from what passes.
    line = np.array([[0.0, 0.0], [60.0, 0.0], [30.0, 0.0]])
    assert -conductances(line, np.full(3, 5.0), 500.0)[0, 1] < -conductances(line[:2], np.full(2, 5.0), 500.0)[0, 1]


def test_a_film_that_is_alike_everywhere_leaks_nothing_and_two_discs_stay_exact() -> None:
    centres, radii = np.array([[0.0, 0.0], [18.5, 0.0]]), np.array([3.5, 10.0])
    G = among_alike(conductances(centres, radii, 1e9, modes=16), 1e4, 1e9)
    assert G.sum() == pytest.approx(0.0, abs=1e-6)
    assert -G[0, 1] == pytest.approx(pair_without_loss(18.5, 3.5, 10.0), rel=5e-4)
    short = conductances(centres, radii, 1.0)
    assert among_alike(short, 1e4, 1.0) == pytest.approx(short, abs=1e-12)


def test_discs_in_one_place_are_refused() -> None:
    with pytest.raises(ValueError, match="same place"):
        separated(np.zeros((2, 2)), np.ones(2))
    with pytest.raises(ValueError, match="overlap"):
        conductances(np.array([[0.0, 0.0], [1.0, 0.0]]), np.ones(2), 10.0)
