"""Turning a model for LAMMPS keeps every label's meaning."""

import numpy as np
import pytest

from nanokiln.structures import catalogue
from nanokiln.workflows.deck.orient import as_lammps_needs
from nanokiln.workflows.errors import InputError

SLAB = {
    "kind": "stack",
    "name": "slab",
    "relation": "S1",
    "layers": [{"phase": "CdSe-wz", "periods": 1}, {"phase": "Cu3P", "periods": 1}],
}


def test_a_slab_is_turned_with_its_labels() -> None:
    before = catalogue.build(SLAB)
    after = as_lammps_needs(before)
    assert np.abs(np.triu(np.asarray(after.atoms.cell), 1)).max() < 1e-9
    assert (np.diag(np.asarray(after.atoms.cell)) > 0).all()
    np.testing.assert_allclose(
        after.atoms.get_all_distances(mic=True), before.atoms.get_all_distances(mic=True), atol=1e-9
    )
    np.testing.assert_allclose(after.atoms.positions[:, 2], before.atoms.positions[:, 2], atol=1e-9)
    moved = np.linalg.norm(before.ideal_positions_A() - before.atoms.positions, axis=1)
    np.testing.assert_allclose(
        np.linalg.norm(after.ideal_positions_A() - after.atoms.positions, axis=1), moved, atol=1e-9
    )


def test_a_particle_stays_as_it_is() -> None:
    model = catalogue.build({**SLAB, "kind": "plate", "across_nm": 1.5, "layers": SLAB["layers"][:1]})  # type: ignore[index]
    assert as_lammps_needs(model) is model


def test_layers_must_stay_layers() -> None:
    model = catalogue.build(SLAB)
    model.atoms.set_cell(np.roll(np.asarray(model.atoms.cell), 1, axis=0))
    with pytest.raises(InputError, match="along which its layers are stacked"):
        as_lammps_needs(model)
