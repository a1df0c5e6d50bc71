"""The CdSe/Cu3P/CdSe sandwich as a stack and as a plate."""

from collections import Counter

import numpy as np
import pytest

from nanokiln.structures.builders.contacts import short_contacts
from nanokiln.structures.catalogue import build
from nanokiln.structures.model import LABELS, Model


@pytest.fixture(scope="module")
def slab() -> Model:
    return build("cdse-cu3p-cdse-slab")


@pytest.fixture(scope="module")
def plate() -> Model:
    return build("cdse-cu3p-cdse")


def test_s1_slab_has_the_known_cell_and_content(slab: Model) -> None:
    assert Counter(slab.atoms.get_chemical_symbols()) == {"Cd": 24, "Se": 24, "Cu": 36, "P": 12}
    assert np.linalg.norm(np.cross(*np.array(slab.atoms.cell)[:2])) == pytest.approx(48.00, abs=0.01)
    assert slab.atoms.pbc.all()
    assert len(slab.notes["repair"]["removed"]) == 0


def test_s1_film_carries_all_of_the_strain_on_both_axes(slab: Model) -> None:
    strain = np.linalg.solve(slab.domains[1].reference_A, slab.domains[1].lattice_A) - np.eye(3)
    assert strain == pytest.approx(np.diag([0.0698, 0.0698, 0.0]), abs=5e-5)
    assert slab.domains[0].lattice_A == pytest.approx(slab.domains[0].reference_A, abs=1e-12)


def test_no_contact_in_the_strained_slab_across_its_periodic_faces(slab: Model) -> None:
    assert len(short_contacts(slab.atoms)) == 0
    assert short_contacts(slab.atoms, below=1.2).ratio.min() > 0.9


def test_labels_give_back_every_position(slab: Model, plate: Model) -> None:
    for model in (slab, plate):
        assert set(LABELS) <= set(model.atoms.arrays)
        assert model.ideal_positions_A() == pytest.approx(model.atoms.positions, abs=1e-9)


def test_plate_is_of_the_promised_size_neutral_and_unstrained(plate: Model) -> None:
    assert 600 <= len(plate.atoms) <= 1500
    assert not plate.atoms.pbc.any()
    charge = {"Cd": 2, "Se": -2, "Cu": 1, "P": -3}
    symbols = np.array(plate.atoms.get_chemical_symbols())
    for index, domain in enumerate(plate.domains):
        mine = symbols[plate.atoms.arrays["domain"] == index]
        assert sum(charge[s] for s in mine) == 0
        assert domain.lattice_A == pytest.approx(domain.reference_A, abs=1e-12)


def test_plate_bookkeeping_closes(plate: Model) -> None:
    repair = plate.notes["repair"]
    assert sum(repair["carved"].values()) - len(repair["removed"]) == len(plate.atoms)


def test_plate_has_vacuum_on_every_side(plate: Model) -> None:
    points = plate.atoms.positions
    assert points.min(axis=0) == pytest.approx(10.0)
    assert np.diag(plate.atoms.cell) - points.max(axis=0) == pytest.approx(10.0)


def test_the_same_spec_gives_the_same_model(plate: Model) -> None:
    again = build("cdse-cu3p-cdse")
    assert np.array_equal(again.atoms.positions, plate.atoms.positions)
    assert again.atoms.get_chemical_symbols() == plate.atoms.get_chemical_symbols()


@pytest.mark.parametrize(("cut", "first", "last"), [("Cd|Se", "Se", "Cd"), ("Se|Cd", "Cd", "Se")])
def test_terminations_are_as_chosen_and_the_composition_stays(cut: str, first: str, last: str) -> None:
    layer = {"phase": "CdSe-wz", "periods": 2, "bottom": cut, "top": cut}
    stack = {"kind": "stack", "name": "cut", "relation": "S1", "along_z": "vacuum", "layers": [layer]}
    model = build(stack)
    symbols, z = np.array(model.atoms.get_chemical_symbols()), model.atoms.positions[:, 2]
    assert set(symbols[z < z.min() + 0.1]) == {first}
    assert set(symbols[z > z.max() - 0.1]) == {last}
    assert Counter(symbols.tolist()) == {"Cd": 12, "Se": 12}
    assert model.atoms.pbc.tolist() == [True, True, False]


def test_repeats_multiply_the_cell() -> None:
    model = build({"preset": "cdse-cu3p-cdse-slab", "repeats": [3, 2]})
    assert len(model.atoms) == 6 * 96
    assert len(short_contacts(model.atoms)) == 0


def test_copper_poor_layer_reaches_its_ratio() -> None:
    layers = [
        {"phase": "CdSe-wz", "periods": 2},
        {"phase": "Cu3P", "periods": 2, "stoichiometry": {"Cu": 2.75, "P": 1}, "name": "poor"},
    ]
    model = build({"preset": "cdse-cu3p-cdse-slab", "layers": layers, "repeats": [2, 2]})
    counts = Counter(model.atoms.get_chemical_symbols())
    assert counts["Cu"] / counts["P"] == pytest.approx(2.75)
    assert {r["policy"] for r in model.notes["repair"]["removed"]} == {"ratio"}


def test_layers_call_a_phase_of_the_relation_by_its_name() -> None:
    silicon = {"name": "Si", "spacegroup": "Fd-3m", "cell": {"a_A": 5.431}, "sites": [["Si", "metal", [0, 0, 0]]]}
    relation = {"phases": [silicon | {"formal_charges": {"Si": 0}}, "CdSe-zb"], "planes": ["(001)", "(001)"]}
    layers = [{"phase": "Si", "periods": 1}, {"phase": "CdSe-zb", "periods": 1}]
    stack = {"kind": "stack", "name": "own", "relation": relation | {"directions": ["[100]", "[100]"]}}
    model = build(stack | {"layers": layers, "max_strain": 0.2})
    assert [domain.name for domain in model.domains] == ["1-Si", "2-CdSe-zb"]
    with pytest.raises(ValueError, match="no crystal phase is called 'Ge'"):
        build(stack | {"layers": [{"phase": "Ge", "periods": 1}], "max_strain": 0.2})
