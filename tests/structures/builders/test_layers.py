"""Atomic planes, cuts, and layers set on each other."""

import numpy as np
import pytest

from nanokiln.structures.builders.layers import choose_cuts, cuts, layer_bounds_A, period_A, touching_rise_A
from nanokiln.structures.crystals.crystal import Crystal, carve
from nanokiln.structures.crystals.phases import PhaseSpec, load_phase, resolve_phase
from nanokiln.structures.crystals.regions import prism, regular_sides


def test_cuts_of_polar_cdse_tell_the_two_faces_apart() -> None:
    phase = load_phase("CdSe-wz")
    up = {c.label: c.gap_A for c in cuts(phase, (0, 0, 1))}
    down = {c.label: c.gap_A for c in cuts(phase, (0, 0, -1))}
    assert up["Cd|Se"] == pytest.approx(0.3767 * 7.0150)
    assert up["Se|Cd"] == pytest.approx(0.1233 * 7.0150)
    assert down["Se|Cd"] == pytest.approx(up["Cd|Se"])


@pytest.mark.parametrize(
    ("name", "plane"), [("CdSe-wz", (0, 0, 1)), ("Cu3P", (0, 0, 1)), ("Cu", (1, 1, 1)), ("PbSe", (1, 0, 0))]
)
def test_gaps_of_a_period_add_up_to_it(name: str, plane: tuple[int, int, int]) -> None:
    phase = load_phase(name)
    assert sum(c.gap_A for c in cuts(phase, plane)) == pytest.approx(period_A(phase, plane))


def test_cuts_between_the_same_planes_are_told_apart() -> None:
    spec = {"name": "Si", "spacegroup": "Fd-3m", "cell": {"a_A": 5.431}, "sites": [["Si", "metal", [0, 0, 0]]]}
    phase = resolve_phase(PhaseSpec.model_validate(spec | {"formal_charges": {"Si": 0}}))
    gaps = {cut.label: cut.gap_A for cut in cuts(phase, (1, 1, 1))}
    assert gaps == {"Si|Si": pytest.approx(2.352, abs=1e-3), "Si|Si#2": pytest.approx(0.784, abs=1e-3)}
    assert [cut.gap_A for cut in choose_cuts(phase, (1, 1, 1), "Si|Si#2")] == [pytest.approx(gaps["Si|Si#2"])]
    assert choose_cuts(phase, (1, 1, 1), None)[0].label == "Si|Si"


def test_layer_with_equal_cuts_keeps_the_composition() -> None:
    phase = load_phase("Cu3P")
    for label in {c.label for c in cuts(phase, (0, 0, 1))}:
        low, high = layer_bounds_A(phase, (0, 0, 1), 10.0, label)
        region = prism(regular_sides(6), np.full(6, 30.0), (low, high))
        grain = carve("layer", Crystal.unstrained(phase, phase.lattice_A), region)
        ratio = np.sum(grain.species() == "Cu") / np.sum(grain.species() == "P")
        assert ratio == pytest.approx(3.0, rel=0.04)


def test_unknown_cut_lists_the_real_ones() -> None:
    with pytest.raises(ValueError, match=r"Cd\|Se \(gap 2\.64 A\)"):
        choose_cuts(load_phase("CdSe-wz"), (0, 0, 1), "Cd|Cd")


def test_rise_agrees_with_a_search_by_steps() -> None:
    """Raise one layer until no pair is too close: the closed form must give the same height."""
    from scipy.spatial.distance import cdist

    from nanokiln.structures.builders.contacts import radii_A

    region = prism(regular_sides(6), np.full(6, 12.0), (0.0, 8.0))
    lower = carve("lower", Crystal.unstrained(load_phase("CdSe-wz"), load_phase("CdSe-wz").lattice_A), region)
    copper = Crystal.unstrained(load_phase("Cu"), load_phase("Cu").lattice_A).moved(np.array([0.3, 0.7, 0.1]))
    upper = carve("upper", copper, region)
    reach = radii_A(lower.species())[:, None] + radii_A(upper.species())[None]

    def clear(rise: float) -> bool:
        raised = upper.positions_A() + np.array([0, 0, rise])
        return bool((cdist(lower.positions_A(), raised) >= reach - 1e-9).all())

    rise = touching_rise_A(lower, upper)
    assert clear(rise)
    assert not clear(rise - 1e-3)
