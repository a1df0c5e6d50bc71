"""The law of scaling finds what was planted, and its timings are LAMMPS' own."""

import pytest

from nanokiln.workflows.campaign.scaling import Scaling, Timing, measure_scaling, table_of
from nanokiln.workflows.errors import InputError
from nanokiln.workflows.recipe.recipe import parse_recipe

RECIPE = {
    "name": "small",
    "model": {
        "kind": "plate",
        "name": "cdse",
        "relation": "S1",
        "across_nm": 1.8,
        "layers": [{"phase": "CdSe-wz", "periods": 3}],
    },
    "potential": "cdse-sw",
    "programme": [{"kind": "equilibrate", "temperature_K": 300, "at_most_ps": 0.4, "window_ps": 0.4}],
}


def test_a_planted_law_is_found_again() -> None:
    truth = Scaling(2e-6, 8e-6, 3e-5, 0.0)
    sizes = [(1000, 1), (1000, 2), (2000, 2), (1000, 8), (8000, 8)]
    found = Scaling.of([Timing(ranks, atoms, truth.step_s(atoms, ranks)) for atoms, ranks in sizes])
    assert found.fewest == 125
    assert (found.atom_s, found.skin_s, found.wait_s) == pytest.approx((2e-6, 8e-6, 3e-5), rel=1e-6)
    assert found.misfit < 1e-6
    assert found.efficiency(8000, 1) == 1 and found.efficiency(8000, 8) < found.efficiency(80_000, 8) < 1
    most = found.most_ranks(100_000)
    assert found.efficiency(100_000, most) >= 0.5 > found.efficiency(100_000, 2 * most)


def test_nothing_is_said_of_smaller_domains_than_were_measured() -> None:
    perfect = Scaling.of([Timing(ranks, 8000, 1.0 / ranks) for ranks in (1, 2, 4)])
    assert perfect.fewest == 2000
    assert [perfect.most_ranks(atoms) for atoms in (1000, 8000, 100_000)] == [1, 4, 32]


def test_waiting_alone_sets_the_end() -> None:
    still = Scaling(1e-6, 0.0, 1e-3, 0.0)
    assert still.most_ranks(1000) == 1 and still.most_ranks(1_000_000) > 16
    (row,) = table_of(still, [1000], 0.002)
    assert row[0] == "1000" and row[2:5] == ("-", "-", "1") and float(row[1]) == pytest.approx(172.8, rel=1e-2)


@pytest.mark.mpi
def test_timings_are_of_the_ranks_and_copies_asked_for() -> None:
    timings = measure_scaling(parse_recipe(RECIPE), [1, 2], steps=2)
    atoms = timings[0].atoms
    assert [(t.ranks, t.atoms) for t in timings] == [(1, atoms), (2, atoms), (2, 2 * atoms)]
    assert all(t.step_s > 0 for t in timings)


def test_a_calculator_does_not_scale() -> None:
    with pytest.raises(InputError, match="does not scale"):
        measure_scaling(
            parse_recipe(RECIPE | {"potential": {"ase": "ase.calculators.lj:LennardJones", "elements": ["Cd", "Se"]}}),
            [1],
            2,
        )
