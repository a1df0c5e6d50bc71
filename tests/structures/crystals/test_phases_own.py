"""Phases of one's own: every crystal system, and what is wrong with a phase said of the phase."""

from typing import Any

import numpy as np
import pytest

from nanokiln.structures import catalogue
from nanokiln.structures.crystals.phases import PhaseSpec


def phase(
    spacegroup: str, cell: dict[str, float], site: tuple[float, float, float] = (0.0, 0.0, 0.0)
) -> dict[str, Any]:
    return {"spacegroup": spacegroup, "cell": cell, "sites": [["Si", "metal", site]], "formal_charges": {"Si": 0}}


@pytest.mark.parametrize(
    ("spacegroup", "cell", "parameters"),
    [
        ("Fd-3m", {"a_A": 5.0}, (5, 5, 5, 90, 90, 90)),
        ("P6_3mc", {"a_A": 4.0, "c_A": 7.0}, (4, 4, 7, 90, 90, 120)),
        ("P4_2/mnm", {"a_A": 4.6, "c_A": 3.0}, (4.6, 4.6, 3.0, 90, 90, 90)),
        ("Pnma", {"a_A": 4.0, "b_A": 5.0, "c_A": 6.0}, (4, 5, 6, 90, 90, 90)),
        ("P2_1/c", {"a_A": 4.0, "b_A": 5.0, "c_A": 6.0, "beta_deg": 100.0}, (4, 5, 6, 90, 100, 90)),
    ],
)
def test_a_cell_is_that_of_its_crystal_system(
    spacegroup: str, cell: dict[str, float], parameters: tuple[float, ...]
) -> None:
    from ase.cell import Cell

    made = PhaseSpec(name="own", **phase(spacegroup, cell)).expand()
    assert np.allclose(Cell(made.lattice_A).cellpar(), parameters)


def test_lengths_that_are_not_those_of_the_system_are_refused() -> None:
    with pytest.raises(ValueError, match=r"a tetragonal cell \(P4_2/mnm\) is given by a_A, c_A, not by a_A"):
        PhaseSpec(name="own", **phase("P4_2/mnm", {"a_A": 4.6})).expand()


def stack(film: dict[str, Any], **more: Any) -> dict[str, Any]:
    silicon = {"name": "Si", **phase("Fd-3m", {"a_A": 5.431}, (0.0, 0.0, 0.0))}
    relation = {"phases": [silicon, film], "planes": ["(001)", "(001)"], "directions": ["[100]", "[100]"]}
    layers = [{"phase": silicon, "periods": 2}, {"phase": film, "periods": 2}]
    return {"kind": "stack", "name": "own", "relation": relation, "layers": layers, **more}


def test_a_tetragonal_phase_is_stacked() -> None:
    sites = [["Ti", "cation", [0, 0, 0]], ["O", "anion", [0.305, 0.305, 0]]]
    rutile = {"name": "TiO2", "spacegroup": "P4_2/mnm", "cell": {"a_A": 4.594, "c_A": 2.959}, "sites": sites}
    model = catalogue.build(stack(rutile | {"formal_charges": {"Ti": 4, "O": -2}}, max_strain=0.3))
    assert {"Ti", "O", "Si"} == set(model.elements)


def test_a_short_contact_inside_the_crystal_is_said_of_the_phase() -> None:
    other = {"name": "Ge", **phase("Fd-3m", {"a_A": 5.658}, (0.125, 0.125, 0.125)), "formal_charges": {"Ge": 0}}
    other["sites"] = [["Ge", "metal", (0.125, 0.125, 0.125)]]
    with pytest.raises(ValueError, match=r"phase Ge: in the crystal itself Ge-Ge .* another origin choice"):
        catalogue.build(stack(other))


def test_a_search_without_bound_says_its_size_and_stops() -> None:
    wide = {"max_area_A2": 1e5, "max_strain": 1e-5}
    layers = [{"phase": "CdSe-wz", "periods": 2}, {"phase": "Cu3P", "periods": 2}]
    with pytest.raises(ValueError, match=r"to try; give max_area_A2 of at most \d+"):
        catalogue.build({"kind": "stack", "name": "own", "relation": "S1", "layers": layers, **wide})
