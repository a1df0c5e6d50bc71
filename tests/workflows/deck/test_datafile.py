"""The LAMMPS data file and what the preflight refuses."""

from pathlib import Path

import numpy as np
import pytest

from nanokiln.potentials.cards.card import load_card
from nanokiln.structures import catalogue
from nanokiln.workflows.deck.datafile import VACUUM_A, boundary, write_data
from nanokiln.workflows.deck.orient import as_lammps_needs
from nanokiln.workflows.engine.preflight import check_box, expected_bytes, probe
from nanokiln.workflows.errors import InputError
from nanokiln.workflows.recipe.recipe import parse_recipe

LAYER = {"phase": "CdSe-wz", "periods": 2}
PLATE = {"kind": "plate", "name": "cdse", "relation": "S1", "across_nm": 1.6, "layers": [LAYER]}
SLAB = {"kind": "stack", "name": "slab", "relation": "S1", "repeats": [2, 2], "layers": [LAYER]}


def test_ids_types_and_positions_are_the_models(tmp_path: Path) -> None:
    model = catalogue.build(PLATE)
    write_data(model, tmp_path / "model.data")
    text = (tmp_path / "model.data").read_text()
    rows = [line.split() for line in text.partition("Atoms # atomic\n\n")[2].splitlines()]
    assert [int(row[0]) for row in rows] == list(range(1, len(model.atoms) + 1))
    assert [model.elements[int(row[1]) - 1] for row in rows] == model.atoms.get_chemical_symbols()
    np.testing.assert_allclose(np.array([row[2:] for row in rows], dtype=float), model.atoms.positions, atol=1e-9)
    assert "1 112.414000  # Cd" in text


def test_a_particle_has_room_on_all_sides(tmp_path: Path) -> None:
    model = catalogue.build(PLATE)
    write_data(model, tmp_path / "model.data")
    bounds = [line.split() for line in (tmp_path / "model.data").read_text().splitlines() if line.endswith("hi")]
    for axis, (low, high, *_) in enumerate(bounds):
        assert float(low) == pytest.approx(model.atoms.positions[:, axis].min() - VACUUM_A)
        assert float(high) == pytest.approx(model.atoms.positions[:, axis].max() + VACUUM_A)
    assert boundary(model) == "f f f"


def test_lammps_and_the_model_agree_on_the_shortest_distance() -> None:
    for spec in (PLATE, SLAB):
        model = as_lammps_needs(catalogue.build(spec))
        found = probe(model, load_card("cdse-sw"))
        distances = model.atoms.get_all_distances(mic=True)
        assert found.closest_A == pytest.approx(distances[distances > 0].min(), abs=1e-5)
        assert -2.7 < found.energy_eV_per_atom < -1.5


def test_the_reach_is_what_lammps_uses_not_what_a_card_says() -> None:
    found = probe(catalogue.build(PLATE), load_card("cdse-sw"))
    assert 4.0 < found.reach_A < load_card("cdse-sw").cutoff_A


def test_a_box_smaller_than_twice_the_reach_is_refused() -> None:
    small = as_lammps_needs(catalogue.build({**SLAB, "repeats": [1, 1]}))
    found = probe(small, load_card("cdse-sw"))
    with pytest.raises(InputError, match="less than twice the potential's reach"):
        check_box(small, found)
    check_box(as_lammps_needs(catalogue.build({**SLAB, "repeats": [2, 2]})), found)


def test_atoms_on_top_of_each_other_are_refused() -> None:
    model = catalogue.build(PLATE)
    model.atoms.positions[1] = model.atoms.positions[0]
    with pytest.raises(InputError, match="on top of each other"):
        probe(model, load_card("cdse-sw"))


def test_disk_use_grows_with_atoms_and_frames(small_recipe) -> None:
    recipe = parse_recipe(small_recipe())
    denser = parse_recipe(small_recipe(output={"thermo_ps": 0.02, "frame_ps": 0.02, "checkpoint_ps": 0.2}))
    assert expected_bytes(recipe, 2000) > 1.9 * expected_bytes(recipe, 1000) - 1e5
    assert expected_bytes(denser, 1000) > 2 * expected_bytes(recipe, 1000)
