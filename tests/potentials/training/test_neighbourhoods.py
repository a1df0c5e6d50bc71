"""Kinds of neighbourhood are found where runs are, not where random cells and collisions are."""

import ase
import numpy as np
import pytest
from ase.build import bulk

from nanokiln.potentials.basis.pod import Pod
from nanokiln.potentials.training.neighbourhoods import with_kinds

FORM = Pod(("Cd", "Se"), cutoff_A=4.6, pair=3, three=(2, 2), four=(0, 0), five=(0, 0))


def cell(edge: float, origin: str, strongest_eV_A: float = 1.0) -> ase.Atoms:
    """Return zinc blende of a cubic edge (A), a little rattled, with one strongest force."""
    atoms = bulk("CdSe", "zincblende", a=edge, cubic=True)
    atoms.rattle(0.02, seed=round(100 * edge))
    atoms.info["origin"] = origin
    atoms.arrays["forces"] = np.full((len(atoms), 3), 0.1)
    atoms.arrays["forces"][0, 0] = strongest_eV_A
    return atoms


def places(form: Pod, atoms: ase.Atoms) -> np.ndarray:
    """Return where the selenium atoms lie on the form's axes."""
    axes = form.environments_of(range(2))[0]
    return form.pair_descriptors(atoms)[form.types_of(atoms) == 1] @ axes[1].T


def test_one_kind_is_the_form_itself() -> None:
    assert with_kinds(FORM, [cell(6.0, "md/bulk/x/300K")], kinds=1, components=2) is FORM


def test_each_density_has_its_kind() -> None:
    """A dense and a wide crystal: their atoms lie on centroids of their own."""
    cells = [cell(edge, "md/bulk/x/300K") for edge in (5.6, 5.61, 6.4, 6.41)]
    form = with_kinds(FORM, cells, kinds=2, components=1)
    centroids = form.environments_of(range(2))[1][1]
    gap = abs(centroids[1] - centroids[0])
    for atoms in cells:
        nearest = np.abs(places(form, atoms) - centroids.T).min(axis=1)
        assert (nearest < 0.2 * gap).all()


def test_random_cells_and_collisions_do_not_decide() -> None:
    run = [cell(edge, "md/bulk/x/300K") for edge in (5.9, 6.0, 6.1)]
    wild = [cell(4.0, "seed/mixed"), cell(9.0, "gas/x"), cell(3.8, "md/bulk/x/900K", strongest_eV_A=25.0)]
    assert with_kinds(FORM, [*run, *wild], 2, 1) == with_kinds(FORM, run, 2, 1)
    assert with_kinds(FORM, wild, 2, 1) != with_kinds(FORM, run, 2, 1)


def test_an_element_that_no_cell_holds_is_named() -> None:
    form = Pod(("Cd", "Cu", "Se"), cutoff_A=4.6, pair=3, three=(2, 2), four=(0, 0), five=(0, 0))
    with pytest.raises(ValueError, match="hold 0 atoms of Cu: add cells that hold it, or set kinds: 1"):
        with_kinds(form, [cell(6.0, "md/bulk/x/300K")], kinds=2, components=1)


def test_pair_descriptors_are_those_of_the_energy() -> None:
    """Summed over the atoms of an element they are the pair columns of the cell's energy."""
    atoms = cell(6.0, "md/bulk/x/300K")
    energy = FORM.features(atoms)[0].reshape(2, -1)[:, 1:7]
    types, pairs = FORM.types_of(atoms), FORM.pair_descriptors(atoms)
    np.testing.assert_allclose([pairs[types == e].sum(axis=0) for e in range(2)], energy, rtol=1e-10)
