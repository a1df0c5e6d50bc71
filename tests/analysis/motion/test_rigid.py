"""What moves as a body is taken away; what atoms do by themselves stays, though it drifts and turns them by chance."""

import ase
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from nanokiln.analysis.motion.diffusion import compute_diffusion
from nanokiln.analysis.motion.msd import Displacements
from nanokiln.analysis.motion.rigid import find_particles

FRAMES, DT_PS = 250, 1.0


def droplet(rng: np.random.Generator, atoms: int = 100) -> ase.Atoms:
    """A ball of copper atoms as dense as a liquid, in a box without periodic boundaries."""
    places = rng.random((40 * atoms, 3)) - 0.5
    radius_A = (3 * atoms / (4 * np.pi * 0.06)) ** (1 / 3)
    inside = 2 * radius_A * places[np.linalg.norm(places, axis=1) < 0.5][:atoms]
    return ase.Atoms(f"Cu{atoms}", inside, cell=np.eye(3) * 400)


def moved_by(atoms: ase.Atoms, displacements: np.ndarray, frame_of, timestep: int = 1) -> list:
    frames = []
    for i, shift in enumerate(displacements):
        now = atoms.copy()
        now.positions += shift
        frames.append(frame_of(now, i * timestep, periodic=False))
    return frames


@pytest.mark.parametrize("drift_A_per_frame", [0.0, 2.0])
def test_walkers_keep_their_diffusion(drift_A_per_frame: float, written, frame_of) -> None:
    """A hundred walkers with D of 1 A2/ps, at rest and drifting: the drift goes, the diffusion stays.

    Fitted as a solid they would give 1.14.
    """
    values = []
    for seed in range(3):
        rng = np.random.default_rng(seed)
        walk = np.cumsum(rng.normal(0, np.sqrt(2 * DT_PS), (FRAMES, 100, 3)), axis=0)
        walk += drift_A_per_frame * np.arange(FRAMES)[:, None, None] * [1.0, 0.0, 0.0]
        trajectory = written(moved_by(droplet(rng), walk, frame_of), timestep_ps=DT_PS)
        found = compute_diffusion(Displacements(trajectory), np.arange(100), "D")
        assert found.value == pytest.approx(1e-4, abs=4 * found.error)
        values.append(found.value)
    assert np.mean(values) == pytest.approx(1e-4, rel=0.02)


def test_slow_walkers_that_could_pass_for_a_solid_keep_all_of_it(written, frame_of) -> None:
    """Shorter than a bond all along: six of 3 N degrees of freedom are no rigid motion."""
    rng = np.random.default_rng(5)
    walk = np.cumsum(rng.normal(0, 0.02, (FRAMES, 30, 3)), axis=0)
    trajectory = written(moved_by(droplet(rng, 30), walk - walk[0], frame_of))
    assert len(find_particles(trajectory)) == 1
    assert np.allclose(Displacements(trajectory).of(np.arange(30)), walk - walk[0], atol=1e-4)


def test_a_metal_ball_that_turns_and_drifts_does_not_move(written, frame_of) -> None:
    """A solid without anions, vibrating: its turning goes, and no more than vibration is left."""
    rng = np.random.default_rng(6)
    ball = ase.Atoms(cell=np.eye(3) * 400)
    grid = 2.9 * np.indices((7, 7, 7)).reshape(3, -1).T
    ball += ase.Atoms(f"Au{len(grid)}", grid - grid.mean(axis=0))
    turned = [Rotation.from_euler("xyz", [a, a / 2, -a], degrees=True).apply(ball.positions) for a in range(60)]
    there = np.array(turned) + 0.3 * np.arange(60)[:, None, None] + rng.normal(0, 0.1, (60, len(ball), 3))
    trajectory = written(moved_by(ball, there - ball.positions, frame_of))
    rest = Displacements(trajectory).of(np.arange(len(ball)))
    assert (rest**2).sum(axis=2).mean() < 1.1 * 2 * 3 * 0.1**2


def test_a_ball_that_melts_keeps_its_last_turn(written, frame_of) -> None:
    """It turns as a solid, then its atoms walk: what they walk is not taken for turning."""
    rng = np.random.default_rng(7)
    grid = 2.9 * np.indices((5, 5, 5)).reshape(3, -1).T
    ball = ase.Atoms(f"Au{len(grid)}", grid - grid.mean(axis=0), cell=np.eye(3) * 400)
    turned = np.array([Rotation.from_euler("z", min(i, 50), degrees=True).apply(ball.positions) for i in range(FRAMES)])
    walk = np.zeros((FRAMES, len(ball), 3))
    walk[50:] = np.cumsum(rng.normal(0, np.sqrt(0.2), (FRAMES - 50, len(ball), 3)), axis=0)
    trajectory = written(moved_by(ball, turned + walk - ball.positions, frame_of), timestep_ps=0.1)
    displacements = Displacements(trajectory)
    assert abs(displacements.of(np.arange(len(ball)), slice(0, 50))).max() < 1e-3
    found = compute_diffusion(displacements, np.arange(len(ball)), "D", slice(60, None))
    assert found.value == pytest.approx(1e-4, rel=0.04)
