"""Diffusion: D from displacements with an error that means what it says.

A step of a diffusing, vibrating atom has variance 2 D dt + 2 s^2 and covariance -s^2 with the next step. The discrete
sine transform diagonalises that covariance, so that D and s^2 follow from the power spectrum of the steps by
generalised least squares, which reaches the Cramer-Rao bound (Vestergaard, Blainey, Flyvbjerg, Phys. Rev. E 89 (2014)
022726; Bullerjahn, von Bulow, Hummer, J. Chem. Phys. 153 (2020) 024116). Fast back-and-forth jumps are no white noise:
then only the slow part of the spectrum is used, as much of it as gives one answer.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from nanokiln.analysis.measured import Result
from nanokiln.analysis.motion.msd import Displacements

Array = NDArray[np.float64]
Index = NDArray[np.int64]

CM2_PER_S = 1e-4  # one A2/ps
_FEWEST = 8  # frequencies below which a spectrum says nothing about its own shape
_BLOCKS = 8
_DRAWS = 400
_BUNCHES = 500
_ATOMS_AT_ONCE = 512
_JUMP_A = 1.2  # less than half of any jump between sites, more than any vibration's mean
_SAME = 0.25  # a D that falls by less than this towards the slowest motion counts as settled
_SPLIT = 6.6  # chi-squared of one degree of freedom at 1 %


@dataclass(frozen=True)
class Estimate:
    """D (A2/ps) with its standard errors by GLS and by bootstrap.

    `vibration_A2` is the variance of the vibration per axis, `fraction` how much of the spectrum was used, `settled`
    whether its slowest half gives the same D: if it gives less, the motion is not diffusive yet and D an upper bound.
    """

    D: float
    gls_error: float
    bootstrap_error: float
    vibration_A2: float
    fraction: float
    settled: bool = True

    @property
    def error(self) -> float:
        """The larger of the two standard errors."""
        return max(self.gls_error, self.bootstrap_error)


def step_powers(displacements_A: Array) -> Array:
    """Return the power of steps (n_steps, n_atoms), mean over axes, A2; displacements are (n_frames, n_atoms, axes)."""
    waves = fft.dst(np.diff(displacements_A, axis=0), type=1, axis=0, norm="ortho")
    out: Array = (waves**2).mean(axis=2)
    return out


def estimate(blocks: Callable[[], Iterator[Array]], dt_ps: float, seed: int = 0) -> Estimate:
    """Return D from displacements that `blocks()` yields as (n_frames, some atoms, n_axes), read twice.

    ValueError: fewer than nine frames or no atom.
    """
    total, atoms, axes = 0.0, 0, 3
    for part in blocks():
        axes = part.shape[2]
        atoms += part.shape[1]
        total = total + step_powers(part).sum(axis=1)
    n_steps = np.size(total)
    if atoms == 0 or n_steps < _FEWEST:
        raise ValueError(f"D needs at least one atom and {_FEWEST + 1} frames; got {atoms} and {n_steps + 1}")
    fit = _slow_part(np.asarray(total) / atoms, atoms * axes, dt_ps)
    return replace(fit, bootstrap_error=_bootstrap(blocks, fit, dt_ps, seed))


def _slow_part(power: Array, samples: int, dt_ps: float) -> Estimate:
    """Halve the part of the spectrum in use until the next half would not change the answer."""
    used = len(power)
    best, variance = _fit(power, used, samples, dt_ps)
    while used // 2 >= _FEWEST:
        less, larger = _fit(power, used // 2, samples, dt_ps)
        if _SPLIT * (larger - variance) >= (less.D - best.D) ** 2:
            break
        used, best, variance = used // 2, less, larger
    if used // 2 < _FEWEST // 2:
        return best
    slowest, larger = _fit(power, used // 2, samples, dt_ps)
    falls = best.D - slowest.D
    settled = falls < _SAME * best.D or falls**2 < 4 * (larger - variance)
    return replace(best, settled=settled)


def _fit(power: Array, used: int, samples: int, dt_ps: float) -> tuple[Estimate, float]:
    """Return the estimate from the slowest frequencies, and the variance of D were all atoms independent."""
    weights, model, covariance = _weights(power[:used], len(power))
    step, vibration = weights @ power[:used]
    # Atoms that move together are fewer than they look: the scatter of the powers about the model says how many.
    scatter = float(np.mean((power[:used] / model - 1) ** 2)) * samples / 2
    variance = float(covariance[0, 0]) * 2 / samples / (2 * dt_ps) ** 2
    error = float(np.sqrt(variance * max(1.0, scatter)))
    return Estimate(float(step / (2 * dt_ps)), error, 0.0, float(vibration / 2), used / len(power)), variance


def _weights(power: Array, n_steps: int) -> tuple[Array, Array, Array]:
    """Return the GLS weights (2, used) of (step variance, vibration), the fitted powers, and the unit covariance."""
    design: Array = np.column_stack([np.ones(len(power)), _vibration_shape(n_steps)[: len(power)]])
    model = np.full_like(power, power.mean())
    for _ in range(8):
        scaled = design / model[:, None]
        covariance = np.asarray(np.linalg.pinv(scaled.T @ scaled), dtype=np.float64)
        weights = covariance @ (scaled / model[:, None]).T
        model = np.maximum(design @ (weights @ power), 1e-6 * power.mean() + 1e-300)
    return weights, model, covariance


def _vibration_shape(n_steps: int) -> Array:
    out: Array = 1.0 - np.cos(np.pi * np.arange(1, n_steps + 1) / (n_steps + 1))
    return out


def _bootstrap(blocks: Callable[[], Iterator[Array]], fit: Estimate, dt_ps: float, seed: int) -> float:
    """Return the standard error by resampling atoms and atom x time-block cells; the larger of the two.

    A short block resolves slow motion worse than the whole, so what is taken from the resampling is its ratio to the
    error that independent Gaussian steps would give the same resampled numbers.
    """
    rng = np.random.default_rng(seed)
    parts = [(part.shape[2], _cells(part, fit, dt_ps)) for part in blocks()]
    axes = parts[0][0]
    ratios = []
    for which in (0, 1):
        values = np.concatenate([cells[which][0].ravel() for _, cells in parts])
        expected = np.sqrt(parts[0][1][which][1] / axes / len(values))
        ratios.append(_resampled(values, rng) / expected)
    return float(fit.gls_error * max(ratios))


def _resampled(values: Array, rng: np.random.Generator) -> float:
    """Return the bootstrap standard error of the mean; many values are drawn in small bunches."""
    if len(values) < 2:
        return 0.0
    bunches = np.array_split(rng.permutation(values), min(len(values), _BUNCHES))
    sums, sizes = np.array([g.sum() for g in bunches]), np.array([len(g) for g in bunches])
    draws = rng.multinomial(len(sums), np.full(len(sums), 1 / len(sums)), size=_DRAWS)
    return float(np.std((draws @ sums) / (draws @ sizes), ddof=1))


def _cells(part: Array, fit: Estimate, dt_ps: float) -> tuple[tuple[Array, float], tuple[Array, float]]:
    """Return D of each atom (n,) and of each atom in each time block (n, blocks), with Gaussian variances per axis."""
    whole = _local(part, fit, dt_ps)
    length = (len(part) - 1) // _BLOCKS
    if length < _FEWEST:
        return whole, whole
    cells = [_local(part[b * length : (b + 1) * length + 1], fit, dt_ps) for b in range(_BLOCKS)]
    return whole, (np.column_stack([values for values, _ in cells]), cells[0][1])


def _local(part: Array, fit: Estimate, dt_ps: float) -> tuple[Array, float]:
    """Return D of each atom from this stretch of time by the weights that are best for the whole fit's D."""
    steps = len(part) - 1
    used = min(max(round(fit.fraction * steps), 4), steps)
    design = np.column_stack([np.ones(steps), _vibration_shape(steps)])[:used]
    scale = abs(fit.D) * dt_ps + abs(fit.vibration_A2)
    model = np.maximum(design @ [2 * fit.D * dt_ps, 2 * fit.vibration_A2], 1e-6 * scale + 1e-300)
    scaled = design / model[:, None]
    covariance = np.linalg.pinv(scaled.T @ scaled)
    weights = (covariance @ (scaled / model[:, None]).T)[0]
    return weights @ step_powers(part)[:used] / (2 * dt_ps), float(covariance[0, 0] * 2 / (2 * dt_ps) ** 2)


def compute_diffusion(
    displacements: Displacements,
    atoms: Index,
    name: str,
    frames: slice = slice(None),
    axes: tuple[int, ...] = (0, 1, 2),
) -> Result:
    """Return D (cm2/s) of some atoms over evenly spaced frames; atoms that are not there throughout are left out.

    The error is the larger of GLS and bootstrap over atoms and atom x time-block cells. Where D is not two errors
    above zero, no atom got further than a vibration, or the slowest motion says less, the value is None and the
    interval ends at the upper bound. ValueError: unevenly spaced or too few frames.
    """
    times = displacements.trajectory.times_ps[frames]
    gaps = np.diff(times)
    if len(gaps) and np.ptp(gaps) > 1e-6 * gaps.max():
        raise ValueError("D needs frames evenly spaced in time; give one stage, or a slice with one dump interval")

    def blocks() -> Iterator[Array]:
        for low in range(0, len(atoms), _ATOMS_AT_ONCE):
            part = displacements.of(atoms[low : low + _ATOMS_AT_ONCE], frames)[..., list(axes)]
            yield part[:, ~np.isnan(part).any(axis=(0, 2))]

    fit = estimate(blocks, float(gaps.mean()) if len(gaps) else 1.0)
    moved = sum(int(np.sum(_net(part) > _JUMP_A)) for part in blocks())
    span_ps = float(times[-1] - times[0])
    about = {"atoms": len(atoms), "frames": len(times), "span_ps": span_ps, "atoms_that_moved": moved}
    return as_result(fit, name, about, moved=moved > 0)


def _net(part: Array) -> Array:
    """Return how far each atom got from its mean place in the first quarter to that in the last, without vibrations."""
    quarter = max(len(part) // 4, 1)
    out: Array = np.linalg.norm(part[-quarter:].mean(axis=0) - part[:quarter].mean(axis=0), axis=1)
    return out


def as_result(fit: Estimate, name: str, provenance: dict[str, float], *, moved: bool = True) -> Result:
    """Return an estimate as a Result in cm2/s: an upper bound where D is not two errors above zero or nothing moved."""
    value, error = fit.D * CM2_PER_S, fit.error * CM2_PER_S
    seen = moved and fit.settled and value > 2 * error
    why = "" if seen else "; upper bound: " + ("nothing moved beyond vibration" if fit.settled else "not diffusive yet")
    return Result(
        name,
        value if seen else None,
        "cm2/s",
        "measured",
        error=error if seen else None,
        interval=(value - 1.96 * error if seen else 0.0, max(value, 0.0) + 1.96 * error),
        method="GLS on the power spectrum of steps; error the larger of GLS and atom x time-block bootstrap" + why,
        provenance=provenance,
    )
