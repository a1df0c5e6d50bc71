"""Few hops: the 95 % intervals and bounds hold the truth as often as they say, at every D, vibration included."""

import ase.build
import numpy as np
import pytest
from numpy.typing import NDArray

from nanokiln.analysis.measured import Result
from nanokiln.analysis.motion.diffusion import compute_diffusion, diffusion_of
from nanokiln.analysis.motion.msd import Displacements
from nanokiln.analysis.motion.rare_hops import HopCount, hop_length

HOP_A, DT_PS = 2.55, 0.1
Array = NDArray[np.float64]


def hoppers(
    rng: np.random.Generator, D: float, frames: int = 101, atoms: int = 864, vibration_A: float = 0.15
) -> Array:
    """Poisson hops that make up D (cm2/s), in random directions, and vibration per axis."""
    hops = rng.poisson(6 * D * 1e4 / HOP_A**2 * DT_PS * (frames - 1) * atoms)
    way = rng.normal(size=(hops, 3))
    steps = np.zeros((frames, atoms, 3))
    where = rng.integers(1, frames, hops), rng.integers(0, atoms, hops)
    np.add.at(steps, where, HOP_A * way / np.linalg.norm(way, axis=1)[:, None])
    return np.cumsum(steps, axis=0) + rng.normal(0, vibration_A, (frames, atoms, 3))


def measured(displacements_A: Array, hop_A: float = HOP_A) -> Result:
    return diffusion_of(lambda: iter([displacements_A]), DT_PS, hop_A, "D")


def three_hops(frames: int = 101, atoms: int = 864) -> float:
    """Three hops over atoms times time, as D in cm2/s."""
    return 1e-4 * 3.0 * HOP_A**2 / 6 / (atoms * DT_PS * (frames - 1))


def check_coverage(D: float, trials: int, frames: int, atoms: int) -> tuple[float, int, float]:
    """Return coverage, number of values and median bound; a bound covers all only where nothing can be seen."""
    rng = np.random.default_rng(round(-10 * np.log10(D)))
    found = [measured(hoppers(rng, D, frames, atoms)) for _ in range(trials)]
    intervals = np.array([one.interval for one in found])
    covered = float(np.mean((intervals[:, 0] <= D) & (intervals[:, 1] >= D)))
    assert covered >= 0.90
    assert covered <= 0.99 or three_hops(frames, atoms) > D
    bounds = [one.interval[1] for one in found if one.value is None and one.interval]
    assert min(bounds, default=1.0) > three_hops(frames, atoms)
    return covered, trials - len(bounds), float(np.median(intervals[:, 1]))


@pytest.mark.parametrize("D", [1e-8, 1e-6, 1e-5])
def test_intervals_and_bounds_hold_the_truth(D: float) -> None:
    check_coverage(D, trials=100, frames=51, atoms=216)


@pytest.mark.slow
@pytest.mark.parametrize("D", [1e-10, 1e-9, 1e-8, 3e-8, 1e-7, 3e-7, 1e-6, 1e-5, 1e-4])
def test_intervals_and_bounds_hold_the_truth_at_every_D(D: float) -> None:
    """864 atoms in 10 ps, 200 trials: the table of analysis/README.md, printed with -s."""
    covered, values, upper = check_coverage(D, trials=200, frames=101, atoms=864)
    print(f"| {D:.0e} | {100 * covered:.1f} % | {values} values, {200 - values} bounds | {upper:.1e} |")


def test_without_a_hop_the_bound_is_three_hops() -> None:
    found = measured(hoppers(np.random.default_rng(1), 0.0))
    assert found.value is None and found.provenance["atoms_that_moved"] == 0
    assert three_hops() < found.interval[1] < 1.3 * three_hops()


def test_equal_hops_have_the_interval_of_a_poisson_number() -> None:
    """Five events: 1.62 to 11.67 (Garwood, Biometrika 28 (1936) 437)."""
    assert HopCount(np.ones(5), 1.0, True, 5, 100, 100).interval() == pytest.approx((1.6235, 11.6683), abs=1e-3)
    assert HopCount(np.ones(0), 1.0, True, 0, 100, 100).bound() == pytest.approx(2.9957, abs=1e-3)


def test_a_dozen_hops_are_counted() -> None:
    rng = np.random.default_rng(2)
    x = rng.normal(0, 0.2, (101, 864, 3))
    for atom in range(12):
        x[40 + atom :, atom, atom % 3] += HOP_A
    found = measured(x)
    assert found.provenance["hops"] == 12
    assert found.value == pytest.approx(4 * three_hops(), rel=0.25)
    assert found.interval[0] < found.value < found.interval[1]


def test_hops_that_are_taken_back_do_not_count() -> None:
    x = np.random.default_rng(3).normal(0, 0.15, (101, 864, 3))
    x[40:60, :30, 0] += HOP_A
    found = measured(x)
    assert found.value is None and found.interval[1] > three_hops()


def test_a_soft_atom_is_not_taken_for_one_that_hops() -> None:
    rng = np.random.default_rng(4)
    x = rng.normal(0, 0.15, (21, 864, 3))
    x[:, :20] *= 5
    found = measured(x)
    assert found.value is None and found.provenance.get("hops", 0) == 0


def test_more_motion_than_the_counted_hops_gives_a_bound() -> None:
    """Half the atoms creep, six hop: the six alone are not D."""
    rng = np.random.default_rng(5)
    x = rng.normal(0, 0.05, (101, 40, 3))
    x[:, :15] += np.cumsum(rng.normal(0, 0.11, (101, 15, 3)), axis=0)
    x[50:, 15:21, 0] += 4.0
    found = measured(x, 4.0)
    truth = 1e-4 * (15 * 0.11**2 / (2 * DT_PS) + 6 * 16 / (6 * DT_PS * 100)) / 40
    assert found.interval[0] < truth < found.interval[1]


@pytest.mark.parametrize("frames", [2, 5, 9, 16])
def test_too_few_frames_give_a_bound(frames: int) -> None:
    """Below a spectrum every displacement counts, vibration included; no value is claimed."""
    found = measured(hoppers(np.random.default_rng(6), 1e-5, frames))
    assert found.value is None and "too few frames" in found.method
    assert 1e-5 < found.interval[1] < 1e-4


def test_two_picoseconds_without_a_hop_give_a_bound() -> None:
    found = measured(hoppers(np.random.default_rng(7), 1e-10, 21))
    assert found.value is None
    assert three_hops(21) < found.interval[1] < 1.3 * three_hops(21)


def test_one_frame_is_an_error() -> None:
    with pytest.raises(ValueError, match="at least two frames"):
        measured(np.zeros((1, 3, 3)))
    with pytest.raises(ValueError, match="at least one atom"):
        measured(np.zeros((20, 0, 3)))


def test_a_crystal_gives_the_length_of_its_hops(written, frame_of) -> None:
    """Copper that vibrates for 10 ps: D lies below three hops between neighbours, 2.55 A apart."""
    rng = np.random.default_rng(8)
    copper = ase.build.bulk("Cu", cubic=True).repeat(4)
    frames = []
    for i in range(21):
        now = copper.copy()
        now.positions += rng.normal(0, 0.1, now.positions.shape)
        frames.append(frame_of(now, i))
    trajectory = written(frames, timestep_ps=0.5)
    atoms = np.arange(len(copper))
    assert hop_length(trajectory, atoms) == pytest.approx(2.55, abs=0.05)
    assert hop_length(trajectory, atoms[:1]) == 4.6
    found = compute_diffusion(Displacements(trajectory), atoms, "D")
    assert found.value is None
    least = 1e-4 * 3.0 * HOP_A**2 / 6 / (len(copper) * 10)
    assert least < found.interval[1] < 1.4 * least
