"""Lattices, strain, melting, shapes and grains of crystals whose answers are known."""

import ase
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from nanokiln.analysis.lattice.clusters import find_clusters, find_grains, place_on_rod, shape_of
from nanokiln.analysis.lattice.melting import compute_lindemann
from nanokiln.analysis.lattice.orientation import angle_between, fit_lattice, interface_roughness
from nanokiln.analysis.lattice.template_matching import match
from nanokiln.structures.model import Domain, Model

BULK = np.ones(3, bool)


def block(n: int = 6, a: float = 5.859) -> Model:
    """A cube of fcc selenium with every label, unstrained."""
    basis = np.array([[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]])
    cells = np.array([(i, j, k) for i in range(n) for j in range(n) for k in range(n)])
    cell_index, site = np.repeat(cells, 4, axis=0), np.tile(np.arange(4), len(cells))
    atoms = ase.Atoms("Se" * len(site), positions=(cell_index + basis[site]) * a)
    for name, values in (("domain", np.zeros(len(site), int)), ("site", site), ("cell_index", cell_index)):
        atoms.set_array(name, values)
    atoms.set_array("phase", np.full(len(site), "Se"))
    atoms.set_array("sublattice", np.full(len(site), "anion"))
    return Model("block", atoms, (Domain("d", "Se", np.eye(3) * a, np.eye(3) * a, np.zeros(3), basis),))


def test_strain_and_rotation_are_exact_without_noise() -> None:
    model = block()
    strain = np.array([[0.012, 0.003, 0], [0.003, -0.008, 0.001], [0, 0.001, 0.02]])
    turn = Rotation.from_euler("xyz", [3, -7, 12], degrees=True)
    now = model.atoms.positions @ (turn.as_matrix() @ (np.eye(3) + strain)).T + [5.0, -3.0, 8.0]
    now[:7] += 3.0  # atoms that have left their places do not count
    now[9] = np.nan
    lattice = fit_lattice(model, 0, now)
    assert np.allclose(lattice.strain, strain, atol=1e-10)
    assert np.allclose(lattice.rotation, turn.as_matrix(), atol=1e-10)
    assert lattice.used == len(now) - 8 and lattice.rms_A < 1e-9
    assert lattice.turned_by_deg() == pytest.approx(np.degrees(turn.magnitude()))


def test_jackknife_errors_of_strain_are_calibrated() -> None:
    model = block(4)
    rng = np.random.default_rng(0)
    fits = [fit_lattice(model, 0, model.atoms.positions + rng.normal(0, 0.2, (256, 3))) for _ in range(100)]
    scatter = np.std([f.strain[0, 0] for f in fits])
    assert 0.8 < np.mean([f.error_strain[0, 0] for f in fits]) / scatter < 1.3
    lengths, angles = fits[0].constants
    assert np.allclose(lengths, 5.859, atol=0.05) and np.allclose(angles, 90, atol=1)


def test_too_few_atoms_is_an_error() -> None:
    model = block(3)
    positions = np.full((108, 3), np.nan)
    positions[:5] = model.atoms.positions[:5]
    with pytest.raises(ValueError, match="needs twelve"):
        fit_lattice(model, 0, positions)


def test_angles_ignore_sign() -> None:
    assert angle_between(np.array([0, 0, 1.0]), np.array([0, 0, -2.0])) == pytest.approx(0, abs=1e-5)
    assert angle_between(np.array([1.0, 0, 0]), np.array([1.0, 1, 0])) == pytest.approx(45)


def test_a_step_in_an_interface_is_its_roughness() -> None:
    grid = np.array([(x, y, z) for x in range(0, 60, 2) for y in range(0, 60, 2) for z in range(0, 40, 2)], float)
    border = np.where(grid[:, 0] < 30, 20.0, 24.0)
    height, roughness, columns = interface_roughness(grid, grid[:, 2] < border, grid[:, 2] >= border, 2)
    assert height == pytest.approx(21, abs=0.1) and roughness == pytest.approx(2, rel=0.02) and columns == 100


@pytest.mark.parametrize(("noise", "walk", "melted"), [(0.2, 0.0, False), (0.3, 0.6, True)])
def test_lindemann_tells_a_solid_from_a_liquid(frame_of, written, noise: float, walk: float, melted: bool) -> None:
    rng = np.random.default_rng(1)
    model = block(4)
    atoms = model.atoms
    atoms.set_cell(np.eye(3) * 4 * 5.859)
    paths = atoms.positions + np.cumsum(rng.normal(0, walk, (30, 256, 3)), axis=0) + rng.normal(0, noise, (30, 256, 3))
    frames = []
    for i, x in enumerate(paths):
        moved = atoms.copy()
        moved.positions = x
        moved.wrap(pbc=True)
        frames.append(frame_of(moved, i))
    found = compute_lindemann(written(frames), np.arange(256))
    assert found.melted is melted
    if not walk:  # two atoms that vibrate independently: their distance varies by sqrt(2) times the noise
        assert found.index == pytest.approx(np.sqrt(2) * noise / (5.859 / np.sqrt(2)), rel=0.05)


def test_shapes_of_ball_and_rod() -> None:
    rng = np.random.default_rng(2)
    ball = rng.normal(size=(20000, 3))
    ball *= (rng.random(20000) ** (1 / 3) / np.linalg.norm(ball, axis=1))[:, None] * 10
    sphere, rod = shape_of(ball), shape_of(ball * [1, 1, 4])
    assert sphere.lengths_A == pytest.approx([20, 20, 20], rel=0.03) and sphere.asphericity < 0.01
    assert rod.aspect_ratio == pytest.approx(4, rel=0.03) and abs(rod.axis[2]) > 0.999
    assert (
        place_on_rod(np.array([[0, 0, 38.0]]), rod) == "tip" and place_on_rod(np.array([[10.0, 0, 5]]), rod) == "side"
    )


def test_clusters_and_grains() -> None:
    a = 5.859
    one = block(5, a).atoms.positions
    turned = Rotation.from_euler("xyz", [20, 15, 10], degrees=True).apply(one - one.mean(0)) + one.mean(0)
    low, high = one[:, 2] < 14, turned[:, 2] > 16.5
    both = np.concatenate([one[low], turned[high]])
    cell = np.eye(3) * 100
    both += 30
    rng = np.random.default_rng(3)
    found = match(both + rng.normal(0, 0.1, both.shape), cell, BULK)
    grains = find_grains(both, cell, BULK, found)
    assert len(grains) == 2
    assert sum((g < low.sum()).all() or (g >= low.sum()).all() for g in grains) == 2
    copper = np.concatenate([np.array([[0, 0, 0], [2.5, 0, 0], [5, 0, 0]]), np.array([[20.0, 0, 0], [22.5, 0, 0]])])
    assert [len(c) for c in find_clusters(copper, cell, BULK)] == [3, 2]
