import numpy as np
import pytest
from ase.units import kB

from nanokiln.analysis.motion.ramp import D_while_heated, fit_ramp


def ramp(rng, Ea=0.300, frames=101, atoms=60, noise_A=0.15):
    """Walkers on a ramp from 400 to 900 K in 100 ps, their D the exact integral between frames, and vibration ~ T."""
    times, T = np.linspace(0, 100, frames), np.linspace(400, 900, frames)
    fine = np.linspace(400, 900, 20 * (frames - 1) + 1)
    middle = 0.5 * (fine[1:] + fine[:-1])
    D = 10.0 * np.exp(-Ea / (kB * middle))
    variance = 2 * (D * 100 / (20 * (frames - 1))).reshape(-1, 20).sum(axis=1)
    walk = np.cumsum(rng.normal(0, 1, (frames - 1, atoms, 3)) * np.sqrt(variance)[:, None, None], axis=0)
    walk = np.concatenate([np.zeros((1, atoms, 3)), walk])
    return walk + rng.normal(0, 1, walk.shape) * noise_A * np.sqrt(T / 650)[:, None, None], times, T


def test_activation_energy_and_its_error_are_right() -> None:
    rng = np.random.default_rng(0)
    fits = [fit_ramp(*ramp(rng)) for _ in range(60)]
    Ea, sigma = np.array([f.Ea_eV for f in fits]), np.array([f.Ea_error_eV for f in fits])
    scatter = Ea.std(ddof=1)
    assert abs(Ea.mean() - 0.300) < 3 * scatter / np.sqrt(60)
    assert 0.7 < sigma.mean() / scatter < 1.3
    assert np.mean(abs(Ea - 0.300) < 1.96 * sigma) > 0.88
    assert abs(Ea[0] - 0.300) < 2 * sigma[0]
    log_D0 = np.array([f.prefactor()[0] for f in fits])
    assert abs(log_D0.mean() - np.log(10)) < 3 * log_D0.std() / np.sqrt(60)


def test_D_of_T_is_most_certain_where_the_atoms_moved() -> None:
    fit = fit_ramp(*ramp(np.random.default_rng(1)))
    T = np.array([300.0, fit.T_mid_K, 900.0])
    D, relative = fit.D(T)
    truth = 10 * np.exp(-0.3 / (kB * T))
    assert (abs(np.log(D / truth)) < 3 * relative).all()
    assert relative.argmin() == 1


def test_walkers_tied_together_widen_the_error() -> None:
    rng = np.random.default_rng(2)
    x, times, T = ramp(rng, atoms=60)
    single = fit_ramp(x, times, T).Ea_error_eV
    x, times, T = ramp(rng, atoms=6)
    assert 0.5 * np.sqrt(10) < fit_ramp(x, times, T).Ea_error_eV / single < 2 * np.sqrt(10)


def test_many_frames_are_gathered_without_bias() -> None:
    fits = [fit_ramp(*ramp(np.random.default_rng(s), frames=801, atoms=40)) for s in range(4)]
    pull = [(f.Ea_eV - 0.3) / f.Ea_error_eV for f in fits]
    assert max(map(abs, pull)) < 3.5


def test_steps_without_vibration_give_D_as_well() -> None:
    """Between rare frames, or in a liquid, the steps are those of diffusion alone: nothing is learnt of the vibration.

    A vibration cannot be negative, so its guess errs to one side, and draws the energy by half of an error with it.
    """
    rng = np.random.default_rng(7)
    fits = [fit_ramp(*ramp(rng, noise_A=0.0)) for _ in range(40)]
    pull = np.array([(f.Ea_eV - 0.3) / f.Ea_error_eV for f in fits])
    assert abs(pull.mean()) < 1
    assert np.mean(abs(pull) < 1.96) > 0.85


def test_the_curve_stays_within_the_ramp_and_covers_the_truth() -> None:
    curve = D_while_heated(fit_ramp(*ramp(np.random.default_rng(8))), "Cu")
    assert (curve.x[0], curve.x[-1], curve.quantity, curve.species) == (400, 900, "D_heated", "Cu")
    truth = 10 * np.exp(-0.3 / (kB * curve.x)) * 1e-4
    assert (abs(curve.y - truth) < 3.5 * curve.error).all()


def test_a_hold_is_not_a_ramp() -> None:
    with pytest.raises(ValueError, match="range of temperature"):
        fit_ramp(np.zeros((50, 3, 3)), np.arange(50.0), np.full(50, 300.0))


def test_rattling_without_diffusion_is_refused() -> None:
    """Motion with a memory, which grows with temperature but goes nowhere."""
    rng = np.random.default_rng(4)
    x, T = np.zeros((201, 60, 3)), np.linspace(300, 900, 201)
    for i in range(1, 201):
        x[i] = 0.9 * x[i - 1] + rng.normal(0, 0.2, (60, 3)) * np.sqrt(T[i] / 600)
    with pytest.raises(ValueError, match=r"not diffusive|nothing moved"):
        fit_ramp(x, np.linspace(0, 20, 201), T)


def hopping_ramp(rng, hops, frames=101, atoms=200):
    """A Poisson number of hops of 2.55 A on the ramp, most of them where it is hot, and vibration."""
    times, T = np.linspace(0, 100, frames), np.linspace(400, 900, frames)
    rate = np.exp(-0.3 / (kB * 0.5 * (T[1:] + T[:-1])))
    count = rng.poisson(hops)
    way = rng.normal(size=(count, 3))
    steps = np.zeros((frames, atoms, 3))
    where = rng.choice(frames - 1, count, p=rate / rate.sum()) + 1, rng.integers(0, atoms, count)
    np.add.at(steps, where, 2.55 * way / np.linalg.norm(way, axis=1)[:, None])
    vibration = 0.15 * np.sqrt(T / 650)[:, None, None] * rng.normal(size=steps.shape)
    return np.cumsum(steps, axis=0) + vibration, times, T


@pytest.mark.parametrize("hops", [8, 25])
def test_a_few_hops_give_no_activation_energy(hops: int) -> None:
    with pytest.raises(ValueError, match=r"independent hops|nothing moved"):
        fit_ramp(*hopping_ramp(np.random.default_rng(hops), hops))


def test_many_hops_give_an_activation_energy() -> None:
    for seed in range(3):
        fit = fit_ramp(*hopping_ramp(np.random.default_rng(seed), 200))
        assert abs(fit.Ea_eV - 0.3) < 3 * fit.Ea_error_eV
