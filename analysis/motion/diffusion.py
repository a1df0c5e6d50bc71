"""Diffusion: D from displacements with an error that means what it says.

A step of a diffusing, vibrating atom has variance 2 D dt + 2 s^2 and covariance -s^2 with the next step. The discrete
sine transform diagonalises that covariance, so that D and s^2 follow from the power spectrum of the steps by
generalised least squares, which reaches the Cramer-Rao bound (Vestergaard, Blainey, Flyvbjerg, Phys. Rev. E 89 (2014)
022726; Bullerjahn, von Bulow, Hummer, J. Chem. Phys. 153 (2020) 024116). Fast back-and-forth jumps are no white noise:
then only the slow part of the spectrum is used, as much of it as gives one answer. Where so few atoms hop that the
noise is not Gaussian, hops are counted instead (`rare_hops`).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from nanokiln.analysis.measured import Result
from nanokiln.analysis.motion.msd import Displacements
from nanokiln.analysis.motion.rare_hops import NO_HOP, HopCount, count_hops, hop_length

Array = NDArray[np.float64]
Index = NDArray[np.int64]

CM2_PER_S = 1e-4  # one A2/ps
_FEWEST = 8  # frequencies below which a spectrum says nothing about its own shape
_BLOCKS = 8
MANY = 50  # independent events that make the noise of D Gaussian
_FEWEST_HOPS = 4  # so many are no more than two errors above none
_SHORT = "too few frames for a value"
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


def estimate(blocks: Callable[[], Iterator[Array]], dt_ps: float) -> Estimate:
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
    if not np.any(total):  # frozen atoms: no noise to weigh by
        return Estimate(0.0, 0.0, 0.0, 0.0, 1.0)
    fit = _slow_part(np.asarray(total) / atoms, atoms * axes, dt_ps)
    return replace(fit, bootstrap_error=_bootstrap(blocks, fit, dt_ps))


def _slow_part(power: Array, samples: int, dt_ps: float) -> Estimate:
    """Halve the part of the spectrum in use until no slower part of it would change the answer, and once more where the
    whole is not what it is taken for.

    The next half alone does not tell: of copper in hot Cu2Se, whose spectrum has a maximum, the whole and its half
    agree on a D that is half as large again as what its slow quarter and all slower parts say. Where a part just
    passes, what it is off by is as large as its error.
    """
    fits, used = [_fit(power, len(power), samples, dt_ps)], len(power) // 2
    while used >= _FEWEST:
        fits.append(_fit(power, used, samples, dt_ps))
        used //= 2
    agree = (all(_same(fit, slower) for slower in fits[index + 1 :]) for index, fit in enumerate(fits))
    chosen = next(index for index, fine in enumerate(agree) if fine)
    chosen = min(chosen + (chosen > 0), len(fits) - 1)
    best, variance = fits[chosen]
    used = len(power) // 2 ** (chosen + 1)
    if used < _FEWEST // 2:
        return best
    slowest, larger = _fit(power, used, samples, dt_ps)
    falls = best.D - slowest.D
    settled = falls < _SAME * best.D or falls**2 < 4 * (larger - variance)
    return replace(best, settled=settled)


def _same(fit: tuple[Estimate, float], slower: tuple[Estimate, float]) -> bool:
    """Return whether a part of the spectrum and one within it give the same D: nested, the variance of their difference
    is that of their variances, times what the slower part scatters about its model: more where atoms move together."""
    (less, larger), (more, variance) = slower, fit
    return less.gls_error**2 * _SPLIT * (larger - variance) >= (less.D - more.D) ** 2 * larger


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


def _bootstrap(blocks: Callable[[], Iterator[Array]], fit: Estimate, dt_ps: float) -> float:
    """Return the standard error that resampling atoms, or atom x time-block cells, tends to; the larger of the two.

    A short block resolves slow motion worse than the whole, so what is taken from the resampling is its ratio to the
    error that independent Gaussian steps would give the same resampled numbers.
    """
    parts = [(part.shape[2], _cells(part, fit, dt_ps)) for part in blocks()]
    axes = parts[0][0]
    ratios = []
    for which in (0, 1):
        values = np.concatenate([cells[which][0].ravel() for _, cells in parts])
        expected = np.sqrt(parts[0][1][which][1] / axes / len(values))
        ratios.append(np.std(values) / np.sqrt(len(values)) / expected)
    return float(fit.gls_error * max(ratios))


def _cells(part: Array, fit: Estimate, dt_ps: float) -> tuple[tuple[Array, float], tuple[Array, float]]:
    """Return D of each atom (n,) and of each atom in each time block (n, blocks), with Gaussian variances per axis."""
    whole = _local(part, fit, dt_ps)
    length = (len(part) - 1) // _BLOCKS
    if length < _FEWEST or fit.fraction * length < _FEWEST // 2:  # a block does not resolve the part that was fitted
        return whole, whole
    cells = [_local(part[b * length : (b + 1) * length + 1], fit, dt_ps) for b in range(_BLOCKS)]
    return whole, (np.column_stack([values for values, _ in cells]), cells[0][1])


def _local(part: Array, fit: Estimate, dt_ps: float) -> tuple[Array, float]:
    """Return D of each atom from this stretch of time by the weights that are best for the whole fit's D."""
    steps = len(part) - 1
    used = round(fit.fraction * steps)
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
    hop_A: float | None = None,
) -> Result:
    """Return D (cm2/s) of some atoms over evenly spaced frames; atoms that are not there throughout are left out.

    `hop_A` is the length of a hop, by default the distance between neighbours among these atoms: where few hopped it
    sets the bound. See `diffusion_of`. ValueError: unevenly spaced or too few frames.
    """
    times = displacements.trajectory.times_ps[frames]
    if len(times) < 2:
        raise ValueError(f"D needs at least two frames; got {len(times)}: give a longer stage or dump more often")
    gaps = np.diff(times)
    if np.ptp(gaps) > 1e-6 * gaps.max():
        raise ValueError("D needs frames evenly spaced in time; give one stage, or a slice with one dump interval")

    def blocks() -> Iterator[Array]:
        for moved in displacements.in_blocks(atoms, frames):
            part = moved[..., list(axes)]
            yield part[:, ~np.isnan(part).any(axis=(0, 2))]

    length = hop_length(displacements.trajectory, atoms, frames) if hop_A is None else hop_A
    return diffusion_of(blocks, float(gaps.mean()), length, name)


def diffusion_of(blocks: Callable[[], Iterator[Array]], dt_ps: float, hop_A: float, name: str) -> Result:
    """Return D (cm2/s) from displacements that `blocks()` yields as (n_frames, some atoms, n_axes), read repeatedly.

    The spectrum gives the value where it is worth fifty independent events or nothing stands out; where some atoms
    stand out, their hops are counted. The value is None, and the interval ends at the upper bound, where too few atoms
    hopped or moved, the slowest motion says less, or there are fewer than seventeen frames. No bound lies below three
    hops. ValueError: fewer than two frames or no atom.
    """
    hops = count_hops(blocks, dt_ps, hop_A)
    about = {"atoms": hops.atoms, "frames": hops.frames, "span_ps": dt_ps * (hops.frames - 1)}
    about |= {"atoms_that_moved": hops.moved, "hop_A": hop_A}
    if hops.frames <= _FEWEST:
        return _counted(hops, name, about, _SHORT)
    fit = estimate(blocks, dt_ps)
    few = MANY * fit.error**2 > fit.D**2
    short = _SHORT if hops.frames <= 2 * _FEWEST else ""
    if few and hops.stands_out and len(hops.weights):
        more = fit.D - 1.96 * fit.error > hops.interval()[1]
        why = short or ("more moves than the counted hops" if more else "")
        return _counted(hops, name, about, why or ("" if 2 * hops.error < hops.D else "too few hops"), fit)
    still = "nothing moved beyond vibration" if hops.moved <= (_FEWEST_HOPS if few else 0) else ""
    return as_result(fit, name, about, why=short or still, least=NO_HOP * hops.one_hop)


def _counted(hops: HopCount, name: str, about: dict[str, float], why: str, fit: Estimate | None = None) -> Result:
    upper = max(hops.bound(), fit.D + 1.96 * fit.error if fit else 0.0)
    interval = (0.0, upper) if why else hops.interval()
    what = (
        "hops counted from net displacements"
        if hops.stands_out
        else "net displacement of every atom, vibration included"
    )
    return Result(
        name,
        None if why else hops.D * CM2_PER_S,
        "cm2/s",
        "measured",
        error=None if why else hops.error * CM2_PER_S,
        interval=(interval[0] * CM2_PER_S, interval[1] * CM2_PER_S),
        method=f"{what}; interval of a weighted Poisson sum" + (f"; upper bound: {why}" if why else ""),
        provenance={**about, "hops": len(hops.weights)} if hops.stands_out else about,
    )


def as_result(fit: Estimate, name: str, provenance: dict[str, float], *, why: str = "", least: float = 0.0) -> Result:
    """Return an estimate as a Result in cm2/s: an upper bound where D is not two errors above zero.

    `why` says what else makes it a bound, and `least` (A2/ps) is what no bound may lie below.
    """
    value, error = fit.D * CM2_PER_S, fit.error * CM2_PER_S
    if not fit.settled:
        why = "not diffusive yet"
    elif value <= 2 * error:
        why = why or "nothing moved beyond vibration"
    upper = max(value, 0.0) + 1.96 * error
    return Result(
        name,
        None if why else value,
        "cm2/s",
        "measured",
        error=None if why else error,
        interval=(0.0, max(upper, least * CM2_PER_S)) if why else (value - 1.96 * error, upper),
        method="GLS on the power spectrum of steps; error the larger of GLS and atom x time-block bootstrap"
        + (f"; upper bound: {why}" if why else ""),
        provenance=provenance,
    )
