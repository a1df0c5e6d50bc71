"""Vacancies and phases of crystals with known answers, noisy, expanded, drifted, and cut free."""

import numpy as np
import pytest

from nanokiln.analysis.lattice.occupation import Census, Labels, phases, take_census
from nanokiln.analysis.lattice.sites import TETRAHEDRAL
from nanokiln.analysis.lattice.template_matching import FCC, HCP, OTHER, match
from nanokiln.analysis.lattice.vacancies import cations_per_anion, count_sites, inside, up_holes
from nanokiln.analysis.trajectory.trajectory import Snapshot

BULK, FREE = np.ones(3, bool), np.zeros(3, bool)


def spoiled(atoms, rng, noise: float, periodic=BULK) -> Snapshot:
    """Expand by 1 %, drift by 0.8 A, shake by `noise` per axis."""
    cell = np.array(atoms.cell) * 1.01
    positions = atoms.positions * 1.01 + 0.8 / np.sqrt(3) + rng.normal(0, noise, (len(atoms), 3))
    return Snapshot(0, 0, 0.0, cell, np.zeros(3), positions, np.zeros_like(positions))


def counted(snapshot: Snapshot, labels: Labels, periodic) -> tuple:
    census = take_census(snapshot, labels, periodic)
    up = up_holes(census, labels, snapshot.cell, periodic)
    return census, count_sites(census, labels, cations_per_anion(labels), up)


def without(snapshot: Snapshot, gone: np.ndarray) -> Snapshot:
    positions = snapshot.positions.copy()
    positions[gone] = np.nan
    return Snapshot(0, 0, 0.0, snapshot.cell, snapshot.origin, positions, positions)


@pytest.mark.parametrize("seed", range(5))
def test_vacancies_of_noisy_copper_selenide_are_exact(crystal_of, model_of, seed: int) -> None:
    rng = np.random.default_rng(seed)
    atoms = crystal_of("antifluorite", (5, 5, 5))
    labels = Labels.of(model_of(atoms))
    gone = rng.choice(np.flatnonzero(atoms.symbols == "Cu"), 37, replace=False)
    _, (count,) = counted(without(spoiled(atoms, rng, 0.3), gone), labels, BULK)
    assert (count.inside, count.empty_inside, count.surface) == (1000, 37, 0)


@pytest.mark.parametrize("seed", range(3))
def test_vacancies_of_a_free_sphere_are_exact_and_its_surface_is_apart(crystal_of, model_of, seed: int) -> None:
    rng = np.random.default_rng(seed)
    bulk = crystal_of("antifluorite", (10, 10, 10))
    ball = bulk[np.linalg.norm(bulk.positions - bulk.positions.mean(0), axis=1) < 25]
    ball.pbc = False
    labels = Labels.of(model_of(ball))
    perfect, (whole,) = counted(spoiled(ball, rng, 0.0), labels, FREE)
    inner = perfect.holder[inside(perfect, labels) & (perfect.holes.kind == TETRAHEDRAL)]
    assert whole.empty_inside == 0 and whole.inside == len(inner) > 1000
    gone = rng.choice(inner, 60, replace=False)
    _, (count,) = counted(without(spoiled(ball, rng, 0.3), gone), labels, FREE)
    assert (count.inside, count.empty_inside) == (whole.inside, 60)
    assert count.surface > 0.9 * whole.surface  # a bare surface hole may open too far to be one


@pytest.mark.parametrize("phase", ["wz", "zb", "antifluorite", "filled hcp"])
def test_phases_are_told_apart_in_noise(crystal_of, model_of, phase: str) -> None:
    rng = np.random.default_rng(1)
    atoms = crystal_of(phase)
    labels = Labels.of(model_of(atoms))
    right = total = 0
    for _ in range(4):
        found = phases(take_census(spoiled(atoms, rng, 0.25), labels, BULK))
        right, total = right + int(np.sum(found == phase)), total + len(found)
    assert right >= 0.99 * total > 1000


def test_phases_of_a_free_sphere_count_complete_shells_only(crystal_of, model_of) -> None:
    rng = np.random.default_rng(2)
    bulk = crystal_of("zb", (9, 9, 9))
    ball = bulk[np.linalg.norm(bulk.positions - bulk.positions.mean(0), axis=1) < 22]
    ball.pbc = False
    labels = Labels.of(model_of(ball))
    census = take_census(spoiled(ball, rng, 0.25), labels, FREE)
    complete = labels.complete[census.anions]
    assert 0.3 < complete.mean() < 0.8
    assert np.mean(phases(census)[complete] == "zb") >= 0.99


def test_rocksalt_sits_in_octahedral_holes(model_of) -> None:
    from ase.build import bulk

    atoms = bulk("PbSe", "rocksalt", a=6.124, cubic=True).repeat(4)
    labels = Labels.of(model_of(atoms))
    rng = np.random.default_rng(5)
    gone = rng.choice(np.flatnonzero(atoms.symbols == "Pb"), 9, replace=False)
    census, (count,) = counted(without(spoiled(atoms, rng, 0.25), gone), labels, BULK)
    assert (count.inside, count.empty_inside) == (256, 9)
    assert np.mean(phases(census) == "rocksalt") > 0.9  # an anion may be missing from all four-corner octahedra


@pytest.mark.parametrize(("phase", "kind"), [("wz", HCP), ("zb", FCC), ("filled hcp", HCP)])
def test_a_single_unit_cell_is_matched_through_its_images(crystal_of, phase: str, kind: int) -> None:
    atoms = crystal_of(phase, (1, 1, 1))
    anions = np.isin(atoms.symbols, ["P", "Se"])
    assert (match(atoms.positions[anions], np.array(atoms.cell), BULK).kind == kind).all()


def packing(rng, n: int = 2000, d: float = 4.2) -> tuple[np.ndarray, np.ndarray]:
    """A jammed random packing: random points pushed apart until they hardly overlap."""
    from scipy.spatial import cKDTree

    box = (n * d**3 * np.pi / 6 / 0.60) ** (1 / 3)
    x = rng.random((n, 3)) * box
    for _ in range(150):
        pair = cKDTree(x % box, boxsize=box).query_pairs(d, output_type="ndarray")
        v = x[pair[:, 0]] - x[pair[:, 1]]
        v -= box * np.rint(v / box)
        r = np.linalg.norm(v, axis=1)[:, None]
        push = 0.3 * (d - r) * v / np.maximum(r, 1e-9)
        np.add.at(x, pair[:, 0], push)
        np.add.at(x, pair[:, 1], -push)
    return x % box, np.eye(3) * box


def test_random_packing_and_random_points_have_no_structure() -> None:
    rng = np.random.default_rng(3)
    x, cell = packing(rng)
    points = rng.random((2000, 3)) * cell[0, 0]
    false = [np.mean(match(p, cell, BULK).kind != OTHER) for p in (x, points)]
    assert max(false) <= 0.005, false


def test_cation_polarity_is_one_in_a_polar_crystal(crystal_of, model_of) -> None:
    atoms = crystal_of("wz")
    labels = Labels.of(model_of(atoms))
    snapshot = spoiled(atoms, np.random.default_rng(4), 0.2)
    census: Census = take_census(snapshot, labels, BULK)
    up = up_holes(census, labels, snapshot.cell, BULK)[census.seat]
    assert abs(up.sum()) == len(census.cations)
