import numpy as np
import pytest
from ase.units import kB

from nanokiln.analysis.lattice.jumps import find_hops, jump_lengths, jump_rate
from nanokiln.analysis.lattice.tracking import Occupation
from nanokiln.analysis.motion.arrhenius import Isotherm, fit_arrhenius
from nanokiln.analysis.motion.van_hove import compute_van_hove


def test_van_hove_of_walkers_is_maxwells() -> None:
    rng = np.random.default_rng(0)
    x = np.cumsum(rng.normal(0, 0.5, (300, 200, 3)), axis=0)
    curve = compute_van_hove([x], 9)
    s2 = 9 * 0.25
    exact = 4 * np.pi * curve.x**2 * (2 * np.pi * s2) ** -1.5 * np.exp(-(curve.x**2) / (2 * s2))
    assert (abs(curve.y - exact) < 5 * curve.error + 1e-3).mean() > 0.97
    assert np.sum(curve.y) * 0.1 == pytest.approx(1)


def test_hops_are_counted_and_flicker_is_not() -> None:
    """Two atoms on a line of ten sites: one hops every fourth census, the other flickers for one census."""
    rows = np.full((40, 10), -1)
    for t in range(40):
        rows[t, min(t // 4, 9)] = 0
    rows[:, 9] = np.where(rows[:, 9] < 0, 1, rows[:, 9])
    rows[20, 9], rows[20, 8] = -1, 1
    hops = find_hops(Occupation(rows, np.ones(rows.shape, bool)))
    assert (hops.atom == 0).sum() == 9 and (hops.atom == 1).sum() == 0
    sites = np.column_stack([np.arange(10) * 2.0, np.zeros(10), np.zeros(10)])
    assert np.allclose(jump_lengths(hops, sites, np.eye(3) * 20, np.ones(3, bool)), 2.0)
    rate, error = jump_rate(hops, 0.5)
    assert rate == pytest.approx(9 / (hops.seated * 0.5)) and error > 0


def test_arrhenius_recovers_energy_with_a_right_error() -> None:
    rng = np.random.default_rng(1)
    T = np.array([500.0, 600, 700, 800])
    D = 1e-3 * np.exp(-0.25 / (kB * T))
    Ea, sigma = [], []
    for _ in range(200):
        noisy = D * np.exp(rng.normal(0, 0.1, 4))
        energy, _ = fit_arrhenius([Isotherm(t, d, 0.1 * d, "fcc") for t, d in zip(T, noisy, strict=True)], "Cu")
        Ea.append(energy.value)
        sigma.append(energy.error)
    assert np.mean(Ea) == pytest.approx(0.25, abs=3 * np.std(Ea) / np.sqrt(200))
    assert 0.9 < np.mean(sigma) / np.std(Ea) < 1.4


def test_a_fit_across_a_change_of_phase_is_refused() -> None:
    runs = [Isotherm(t, 1e-5, 1e-6, p) for t, p in ((500, "hcp"), (600, "hcp"), (700, "fcc"))]
    with pytest.raises(ValueError, match="each phase on its own"):
        fit_arrhenius(runs, "Cu")
    bent = [Isotherm(t, d, 0.05 * d, "fcc") for t, d in ((500, 1e-8), (600, 2e-8), (700, 1e-5), (800, 1.2e-5))]
    with pytest.raises(ValueError, match="no single line"):
        fit_arrhenius(bent, "Cu")
