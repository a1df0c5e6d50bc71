"""Replacements, losses and faults planted in synthetic trajectories are found, all and only they."""

from dataclasses import replace

import ase
import numpy as np
import pytest

from nanokiln.analysis.lattice.anion_lattice import smooth
from nanokiln.analysis.lattice.exchange import (
    cation_deficit,
    count_by_elements,
    crossings,
    find_replacements,
    formal_charges,
    lost_atoms,
    net_charge,
)
from nanokiln.analysis.lattice.occupation import Labels, take_census
from nanokiln.analysis.lattice.sites import OCTAHEDRAL
from nanokiln.analysis.lattice.stacking import find_stacking
from nanokiln.analysis.lattice.template_matching import match
from nanokiln.analysis.lattice.tracking import Occupation, SiteTracker
from nanokiln.analysis.lattice.vacancies import hole_domain
from nanokiln.analysis.trajectory.dump import DumpFrame

BULK = np.ones(3, bool)
FRAMES = 14


def kept(frame: DumpFrame, keep: np.ndarray) -> DumpFrame:
    ids, positions, elements = frame.ids[keep], frame.positions[keep], frame.elements[keep]
    return replace(frame, ids=ids, positions=positions, elements=elements)


def slab_with_guests(crystal_of, rng):
    """Zincblende between vacuum; Cu guests in empty tetrahedral holes and Se guests hovering above the surface."""
    slab = crystal_of("zb", (5, 5, 4))
    cell = np.array(slab.cell)
    holes = slab.positions[slab.symbols == "Se"] + 0.25 * 6.077  # where no Cd is
    inner = holes[(holes[:, 2] > 6) & (holes[:, 2] < cell[2, 2] - 6)]
    cu = inner[rng.choice(len(inner), 24, replace=False)]
    above = np.column_stack([rng.random((6, 2)) * cell[0, 0], np.full(6, cell[2, 2] + 4)])
    cell[2, 2] += 30
    atoms = slab + ase.Atoms(f"Cu{len(cu)}Se6", positions=np.concatenate([cu, above]))
    phosphorus = rng.choice(
        np.flatnonzero((slab.symbols == "Se") & (abs(slab.positions[:, 2] - 12) < 5)), 6, replace=False
    )
    numbers = atoms.numbers.copy()
    numbers[phosphorus] = 15
    atoms.numbers = numbers
    atoms.set_cell(cell)
    atoms.pbc = True
    return atoms, phosphorus


def test_planted_events_are_found_exactly(crystal_of, model_of, frame_of, written) -> None:
    rng = np.random.default_rng(0)
    atoms, phosphorus = slab_with_guests(crystal_of, rng)
    labels = Labels.of(model_of(atoms))
    cu = np.flatnonzero(atoms.symbols == "Cu")
    guests_se = np.arange(len(atoms) - 6, len(atoms))
    inner_cd = np.flatnonzero((atoms.symbols == "Cd") & (abs(atoms.positions[:, 2] - 12) < 6))
    near = np.linalg.norm(atoms.positions[inner_cd][:, None] - atoms.positions[cu], axis=2).min(axis=1)
    bare = np.linalg.norm(atoms.positions[inner_cd][:, None] - atoms.positions[phosphorus], axis=2).min(axis=1)
    leaving = rng.choice(
        inner_cd[(near > 2) & (bare > 4)], 17, replace=False
    )  # a hole needs all its corners to be told
    by_vacancy, by_kick = leaving[:10], leaving[10:]
    paths = np.repeat(atoms.positions[None], FRAMES, axis=0)
    gone = np.full(len(atoms), FRAMES)
    for k, cd in enumerate(by_vacancy):  # Cd evaporates at frame 4, Cu arrives at frame 8
        gone[cd] = 4
        paths[8:, cu[k]] = atoms.positions[cd]
    for k, cd in enumerate(by_kick):  # Cu arrives at frame 6 while Cd goes where the Cu had been
        paths[6:, cu[10 + k]] = atoms.positions[cd]
        paths[6:, cd] = atoms.positions[cu[10 + k]]
    for k, p in enumerate(phosphorus):  # P evaporates at frame 5, Se comes down at frame 9
        gone[p] = 5
        paths[9:, guests_se[k]] = atoms.positions[p]
    flicker = cu[20]  # one frame on a Cd site whose owner steps aside, and back: no event
    paths[3, flicker], paths[3, inner_cd[near > 2][0]] = (
        atoms.positions[inner_cd[near > 2][0]],
        atoms.positions[flicker],
    )
    frames = []
    for step in range(FRAMES):
        moved = atoms.copy()
        moved.positions = paths[step] * (1 + 5e-4 * step) + rng.normal(0, 0.15, paths[step].shape) + 0.05 * step
        moved.set_cell(np.array(atoms.cell) * (1 + 5e-4 * step))
        whole = frame_of(moved, step)
        keep = gone > step
        frames.append(kept(whole, keep))
    trajectory = written(frames, model_of(atoms))
    tracker = None
    for snapshot in trajectory.frames():
        census = take_census(snapshot, labels, trajectory.periodic)
        if tracker is None:
            tracker, first = SiteTracker(census, snapshot, trajectory.periodic), census
        else:
            tracker.add(census, snapshot)
    events = find_replacements(tracker.cations, trajectory.elements)
    counted = count_by_elements(events, trajectory.elements)
    assert counted == {("Cd", "Cu"): 17, ("Cu", "Cd"): 7}
    of_cd = [e for e in events if trajectory.elements[e.old] == "Cd"]
    assert {e.old for e in of_cd} == set(leaving.tolist())
    assert {e.old for e in of_cd if e.mechanism == "vacancy"} == set(by_vacancy.tolist())
    assert {e.census for e in of_cd if e.mechanism == "kick-out"} == {6}
    anions = find_replacements(tracker.anions, trajectory.elements)
    assert count_by_elements(anions, trajectory.elements) == {("P", "Se"): 6}
    assert set(lost_atoms(trajectory).tolist()) == set(by_vacancy.tolist()) | set(phosphorus.tolist())
    assert first.filled.sum() > 0 and (first.holes.kind == OCTAHEDRAL).any()


def test_crossings_count_each_change_of_domain(crystal_of, model_of, frame_of, written) -> None:
    atoms = crystal_of("antifluorite", (4, 4, 4))
    domain = (atoms.positions[:, 2] > 0.5 * atoms.cell[2, 2] - 0.1).astype(int)
    labels = Labels.of(model_of(atoms, domain))
    cu = np.flatnonzero(atoms.symbols == "Cu")
    low, high = (cu[abs(atoms.positions[cu, 2] - z) < 1e-6] for z in (0.25 * 5.859, 2.75 * 5.859))
    paths = np.repeat(atoms.positions[None], 8, axis=0)
    removed = high[:3]
    for k in range(3):
        paths[4:, low[k]] = atoms.positions[removed[k]]
    frames = []
    for step in range(8):
        moved = atoms.copy()
        moved.positions = paths[step] + np.random.default_rng(step).normal(0, 0.1, paths[step].shape)
        whole = frame_of(moved, step)
        keep = ~np.isin(np.arange(len(atoms)), removed)
        frames.append(kept(whole, keep))
    trajectory = written(frames, model_of(atoms, domain))
    first = trajectory.frame(0)
    census = take_census(first, labels, BULK)
    tracker = SiteTracker(census, first, BULK)
    for snapshot in trajectory.frames(1):
        tracker.add(take_census(snapshot, labels, BULK), snapshot)
    flux = crossings(tracker.cations, hole_domain(census, labels), trajectory.elements, 2)
    assert flux["Cu"].tolist() == [[0, 3], [0, 0]]
    assert flux["Se"].sum() == 0


def path(*holes: int, n: int = 3) -> Occupation:
    """One atom on one of three holes for three censuses each, -1 for none."""
    seats = np.repeat(holes, 3)
    atom = np.full((len(seats), n), -1, dtype=np.int64)
    there = seats >= 0
    atom[np.flatnonzero(there), seats[there]] = 0
    return Occupation(atom, np.full(atom.shape, True))


@pytest.mark.parametrize(
    ("holes", "expected"),
    [
        ((2, 0), [[0, 0], [0, 0]]),  # from a site of the other domain at the contact to its own
        ((-1, 2), [[0, 1], [0, 0]]),  # from no site of its own domain into the other one
        ((-1, 2, 0), [[0, 1], [1, 0]]),  # and back
        ((2, 0, 2), [[0, 1], [0, 0]]),
        ((0, 1), [[0, 0], [0, 0]]),  # within its domain
        ((0, 2, 1), [[0, 1], [1, 0]]),
    ],
)
def test_who_comes_home_from_the_contact_has_crossed_nothing(holes: tuple[int, ...], expected: list[list[int]]) -> None:
    home = np.array([0, 0, 1])
    found = crossings(path(*holes), home, np.array(["Cu"]), 2, built=np.array([0]))
    assert found["Cu"].tolist() == expected


def layers(sequence: str, n: int = 8, d: float = 4.3) -> tuple[np.ndarray, np.ndarray]:
    a, b, up = np.array([d, 0, 0]), np.array([d / 2, d * np.sqrt(3) / 2, 0]), d * np.sqrt(2 / 3)
    shift = {"A": 0 * a, "B": (a + b) / 3, "C": 2 * (a + b) / 3}
    grid = np.array([(i, j) for i in range(n) for j in range(n)]) @ np.array([a, b])
    points = np.concatenate([grid + shift[s] + [0, 0, k * up] for k, s in enumerate(sequence)])
    return points, np.array([a * n, b * n, [0, 0, up * len(sequence) + 20]])


@pytest.mark.parametrize(
    ("sequence", "faults"),
    [
        ("ABABABABABAB", {}),
        ("ABABABCBCBCBABABACACAC", {"I1": 3}),
        ("ABABABCACACACACA", {"I2": 1}),
        ("ABABABCABABABAB", {"E": 1}),
        ("ABCABCABCABC", {}),
        ("ABCABCACABCABCABC", {"intrinsic": 1}),
        ("ABCABCABACABCABC", {"extrinsic": 1}),
        ("ABCABCABCBACBACBA", {"twin": 1}),
        ("ABCABCACABCABCBACBACB", {"intrinsic": 1, "twin": 1}),
    ],
)
def test_planted_stacking_faults_are_found_in_noise(sequence: str, faults: dict) -> None:
    rng = np.random.default_rng(1)
    points, cell = layers(sequence)
    noisy = points + rng.normal(0, 0.25, points.shape)
    periodic = np.array([True, True, False])
    found = match(noisy, cell, periodic)
    stacking = find_stacking(smooth(noisy, cell, periodic, found), found, np.array([0.05, 0, 1.0]))
    assert stacking.faults() == faults
    assert len(stacking.sequence) == len(sequence)


def test_charge_and_deficit() -> None:
    names = np.array(["Cd", "Se", "Cu", "Cu", "Se", "Cu"])
    charge = formal_charges(names, np.zeros(6, bool))
    assert net_charge(charge, np.array([0, 0, 1, 1, 1, -1]), 2).tolist() == [0, 0]
    assert formal_charges(names, names == "Cu").tolist() == [2, -2, 0, 0, -2, 0]
    assert np.isnan(formal_charges(np.array(["Xe"]), np.zeros(1, bool)))
    x, error = cation_deficit(np.array(["Cu"] * 19 + ["Se"] * 10), "Cu", "Se", 2)
    assert x == pytest.approx(0.1) and error == pytest.approx(0.1)
