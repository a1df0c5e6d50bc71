"""Lattice Monte Carlo: waiting times, selection, fronts and stacking against what they must be."""

import numpy as np
import pytest
from ase.units import kB

from nanokiln.analysis.clock.heating import ZERO_C_K, Heating
from nanokiln.analysis.clock.lattice_monte_carlo import Kinetics, Sites, cation_sites, run_kmc
from nanokiln.structures.catalogue import build


def rod(across_nm: float = 2.0, height_nm: float = 4.0):
    shape = {"kind": "prism", "across_nm": across_nm, "height_nm": height_nm}
    return build({"kind": "particle", "name": "rod", "parts": [{"name": "rod", "phase": "CdSe-wz", "shape": shape}]})


def lone(count: int) -> Sites:
    """Sites without neighbours: each reacts by itself."""
    none = np.full((count, 12), -1)
    return Sites(np.arange(count), none, np.ones(count, bool), np.zeros(count, int), np.zeros(count))


def still(_: float) -> float:
    return 0.0


def test_independent_sites_decay_exponentially() -> None:
    count, rate = 4000, 0.01
    front = run_kmc(lone(count), Heating(((0.0, 300.0), (60.0, 300.0))), Kinetics(lambda T: rate, still), seed=1)
    seconds = front.minutes * 60
    for time in (30.0, 100.0, 250.0):
        share = np.mean(seconds <= time) * len(front.order) / count
        expected = 1 - np.exp(-rate * time)
        assert abs(share - expected) < 4 * np.sqrt(expected * (1 - expected) / count)


def test_a_ramp_gives_the_integral_of_the_rate() -> None:
    """Survival of independent sites on a ramp is exp(-integral of nu exp(-E/kT) dt)."""
    count, barrier = 4000, 1.6
    heating = Heating.ramp(500.0, 20.0)
    front = run_kmc(lone(count), heating, Kinetics(lambda T: 1e13 * np.exp(-barrier / (kB * T)), still), seed=2)
    minutes = np.linspace(0, heating.minutes[-1], 20001)
    rates = 1e13 * np.exp(-barrier / (kB * (ZERO_C_K + heating.temperature_C(minutes))))
    exposure = np.concatenate([[0], np.cumsum((rates[1:] + rates[:-1]) / 2 * np.diff(minutes) * 60)])
    for share in (0.2, 0.5, 0.8):
        expected = np.interp(-np.log(1 - share), exposure, minutes)
        slope = np.interp(expected, minutes, rates) * 60
        measured = front.minutes[int(share * count)]
        assert abs(measured - expected) < 4 * np.sqrt(share / (1 - share) / count) / slope + 0.02


def test_the_inside_waits_for_its_surroundings() -> None:
    sites = cation_sites(rod())
    front = run_kmc(sites, Heating(((0.0, 300.0), (500.0, 300.0))), Kinetics(lambda T: 0.01, still), seed=3)
    assert sorted(front.order) == list(range(len(sites.atoms)))
    rank = np.empty(len(front.order))
    rank[front.order] = np.arange(len(front.order))
    for site in np.flatnonzero(~sites.exposed):
        assert rank[sites.neighbours[site]].min() < rank[site]


def test_cooperation_makes_neighbours_follow_each_other() -> None:
    sites = cation_sites(rod(2.5, 5.0))
    heating = Heating(((0.0, 300.0), (1e6, 300.0)))

    def beside(cooperation: float) -> float:
        order = run_kmc(sites, heating, Kinetics(lambda T: 1e-4, still, cooperation), seed=4).order
        half = set(order[: len(order) // 2].tolist())
        known = sites.neighbours[list(half)]
        return float(np.mean([n in half for n in known[known >= 0]]))

    assert beside(0.2) > beside(0.0) + 0.03


def test_copper_that_runs_out_ends_the_exchange() -> None:
    heating = Heating(((0.0, 300.0), (500.0, 300.0)))
    assert len(run_kmc(lone(100), heating, Kinetics(lambda T: 1.0, still), seed=5, copper=31).order) == 15


def test_nothing_happens_without_a_rate() -> None:
    front = run_kmc(lone(10), Heating.ramp(500.0, 10.0), Kinetics(still, still), seed=6)
    assert len(front.order) == 0
    assert front.final_faults == 0


def test_restacking_heals_the_faults_that_the_exchange_left() -> None:
    sites = cation_sites(rod(1.6, 8.0))
    heating = Heating(((0.0, 300.0), (600.0, 300.0)))
    frozen, mobile = (
        [run_kmc(sites, heating, Kinetics(lambda T: 0.01, lambda T, r=rate: r), seed=s) for s in range(6)]
        for rate in (0.0, 1e-2)
    )
    assert np.mean([f.faults.max() for f in frozen]) >= 2
    assert np.mean([f.final_faults for f in mobile]) < np.mean([f.final_faults for f in frozen])


def test_a_model_without_cadmium_selenide_is_refused() -> None:
    with pytest.raises(ValueError, match="has no cations"):
        cation_sites(rod(), phase="Cu3P")
