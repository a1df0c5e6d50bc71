"""D(T), activation energy and prefactor from one heating ramp, by the likelihood of the displacement steps.

On a ramp a step between frames has variance 2 * integral of D(T(t)) dt, plus the change of two vibrations of variance
c T each, which two neighbouring steps share. With D = D0 exp(-Ea / kT) the covariance of the steps is tridiagonal; its
Gaussian likelihood is maximised for ln D0, Ea and c. The errors are those of the likelihood or of its scatter from atom
to atom (Huber's sandwich), the larger.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from ase.units import kB
from numpy.typing import NDArray
from scipy.linalg import cholesky_banded, solveh_banded
from scipy.optimize import minimize

from nanokiln.analysis.measured import Result, Series
from nanokiln.analysis.motion.diffusion import CM2_PER_S, MANY
from nanokiln.analysis.motion.msd import Displacements

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Blocks = Callable[[], Iterator[Array]]  # displacements (n_frames, some atoms, n_axes), read more than once

_FEWEST_STEPS = 16
_NIL = 1e-6  # curvature in ln c, of an atom and axis, below which there is no vibration to see
_STEPS = 200  # more steps than this say no more about D, and cost time


@dataclass(frozen=True)
class RampFit:
    """The fit: D = exp(log_D_mid - Ea/k (1/T - 1/T_mid)) in A2/ps; `covariance` (2, 2) of (log_D_mid, Ea).

    `T_mid_K` is the temperature that the ramp says most about, so that the two numbers hardly depend on each other.
    """

    log_D_mid: float
    Ea_eV: float
    covariance: Array
    T_mid_K: float
    range_K: tuple[float, float]
    vibration_A2_per_K: float

    @property
    def Ea_error_eV(self) -> float:
        """Standard error of the activation energy."""
        return float(np.sqrt(self.covariance[1, 1]))

    def D(self, temperature_K: Array | float) -> tuple[Array, Array]:
        """Return D (A2/ps) and its relative standard error at any temperature; outside `range_K` it is extrapolated."""
        lever = -(1 / np.asarray(temperature_K, dtype=float) - 1 / self.T_mid_K) / kB
        row = np.stack([np.ones_like(lever), lever])
        spread = np.sqrt(np.einsum("i...,ij,j...->...", row, self.covariance, row))
        return np.exp(self.log_D_mid + self.Ea_eV * lever), spread

    def prefactor(self) -> tuple[float, float]:
        """Return ln(D0 in A2/ps) and its standard error."""
        lever = 1 / (self.T_mid_K * kB)
        row = np.array([1.0, lever])
        return self.log_D_mid + self.Ea_eV * lever, float(np.sqrt(row @ self.covariance @ row))


def fit_ramp(displacements_A: Array, times_ps: Array, temperature_K: Array) -> RampFit:
    """Fit D(T) to displacements (n_frames, n_atoms, n_axes) with the temperature of every frame.

    ValueError: fewer than twenty frames, a temperature range below 10 %, or too little motion beyond vibration to fit.
    """
    return fit_ramp_in_blocks(lambda: iter([displacements_A[:: ramp_stride(len(times_ps))]]), times_ps, temperature_K)


def ramp_stride(n_frames: int) -> int:
    """Return which frames of a ramp are used: each, or every so many where there are more than four hundred."""
    return max(1, (n_frames - 1) // _STEPS)


def fit_ramp_in_blocks(blocks: Blocks, times_ps: Array, temperature_K: Array) -> RampFit:
    """Fit D(T) to displacements that `blocks()` yields as (n_used, some atoms, n_axes), every `ramp_stride`-th frame.

    `times_ps` and `temperature_K` are those of every frame. ValueError as in `fit_ramp`.
    """
    if len(times_ps) < 20 or temperature_K.max() < 1.1 * temperature_K.min():
        raise ValueError(
            f"D(T) from a ramp needs twenty frames over a range of temperature; got {len(times_ps)} frames "
            f"from {temperature_K.min():.0f} to {temperature_K.max():.0f} K"
        )
    stride = first = ramp_stride(len(times_ps))
    finest = _Scatter.of(blocks)
    fit = _fit(finest, times_ps, temperature_K, stride)
    while (len(times_ps) - 1) // (2 * stride) >= _FEWEST_STEPS:
        coarser = _fit(finest.joined(2 * stride // first), times_ps, temperature_K, 2 * stride)
        if _agree(fit, coarser):
            return _supported(fit)
        stride, fit = 2 * stride, coarser
    raise ValueError("the slower the steps, the less they say: the motion on this ramp is not diffusive yet")


@dataclass(frozen=True)
class _Scatter:
    """All that the likelihood needs of the steps: `products` (n_steps, n_steps), the mean over atoms and axes of the
    products of every two steps of an atom, and where to read the steps again, `each` of them so many frames long."""

    products: Array
    samples: int
    blocks: Blocks
    each: int = 1

    @classmethod
    def of(cls, blocks: Blocks) -> "_Scatter":
        total, samples = np.zeros((0, 0)), 0
        for steps in cls(total, 0, blocks).steps():
            flat = steps.reshape(len(steps), -1)
            total = flat @ flat.T + (total if samples else 0.0)
            samples += flat.shape[1]
        return cls(total / max(samples, 1), samples, blocks)

    def steps(self) -> Iterator[Array]:
        """Yield the steps (n_steps, some atoms, n_axes)."""
        for part in self.blocks():
            yield np.diff(part[:: self.each], axis=0)

    def joined(self, many: int) -> "_Scatter":
        """Return the same for steps that are each so many of these long; what is left over at the end is left out."""
        n = len(self.products) // many
        whole = self.products[: n * many, : n * many].reshape(n, many, n, many).sum(axis=(1, 3))
        return _Scatter(whole, self.samples, self.blocks, many)


def _fit(scatter: _Scatter, times_ps: Array, temperature_K: Array, stride: int) -> RampFit:
    problem = _Problem(scatter, times_ps, temperature_K, stride)
    start = problem.start()
    best = minimize(problem.loss, start, method="Nelder-Mead", options={"maxiter": 400, "xatol": 1e-4, "fatol": 1e-6})
    best = minimize(problem.loss, best.x, method="BFGS", options={"gtol": 1e-7})
    if best.x[0] - start[0] < -12:
        raise ValueError("nothing moved beyond vibration on this ramp: only an upper bound of D can be given")
    return problem.result(best.x)


def _supported(fit: RampFit) -> RampFit:
    """Return the fit if its error of ln D is that of enough independent hops."""
    events = 1 / float(fit.covariance[0, 0])
    if events < MANY:
        raise ValueError(
            f"Ea from a ramp needs {MANY} independent hops, and this one is worth {events:.0f}: give more "
            "atoms, a slower ramp, or a hotter hold, whose hops are counted"
        )
    return fit


def _agree(fine: RampFit, coarse: RampFit) -> bool:
    """Return whether longer steps give the same D: within 10 %, or within what chance does once in a hundred."""
    one, error = fine.D(coarse.T_mid_K)
    two, wider = coarse.D(coarse.T_mid_K)
    apart = abs(float(np.log(one / two)))
    return apart < 0.1 or apart**2 < 6.6 * max(float(wider**2 - error**2), 0.1 * float(wider**2))


class _Problem:
    """The likelihood of steps in the parameters (ln D_mid, Ea, ln c)."""

    def __init__(self, scatter: _Scatter, times_ps: Array, temperature_K: Array, stride: int) -> None:
        self.scatter, self.count = scatter, len(scatter.products)
        self.fine_T = 0.5 * (temperature_K[1:] + temperature_K[:-1])
        self.fine_dt = np.diff(times_ps)
        self.edges = np.arange(0, len(times_ps) - 1, stride)[: self.count]
        self.used = slice(0, self.count * stride)
        self.T_frames = temperature_K[::stride][: self.count + 1]
        self.range_K = (float(temperature_K.min()), float(temperature_K.max()))
        variance = np.diag(scatter.products)
        self.T_mid = float(np.average(self.T_frames[1:], weights=variance))
        self.scale = float(variance.mean())

    def start(self) -> Array:
        duration = self.fine_dt[self.used].sum() / self.count
        return np.array([np.log(self.scale / (4 * duration)), 0.3, np.log(self.scale / (8 * self.T_frames.mean()))])

    def bands(self, p: Array) -> Array:
        """Return the covariance of the steps as LAPACK's upper bands (2, n_steps)."""
        lever = -(1 / self.fine_T - 1 / self.T_mid) / kB
        moved = 2 * np.exp(np.clip(p[0] + p[1] * lever, -200, 200)) * self.fine_dt
        vibration = np.exp(np.clip(p[2], -200, 200)) * self.T_frames
        diagonal = np.add.reduceat(moved[self.used], self.edges) + vibration[1:] + vibration[:-1]
        return np.stack([np.concatenate([[0.0], -vibration[1:-1]]), diagonal])

    def mean(self, p: Array) -> float:
        """Return minus the log likelihood of an atom and axis on the mean: 0.5 (tr C^-1 S + ln det C)."""
        bands = self.bands(p)
        return float(0.5 * (np.trace(solveh_banded(bands, self.scatter.products)) + self._log_det(p)))

    def loss(self, p: Array) -> float:
        if not np.isfinite(p).all() or abs(p[1]) > 20:
            return 1e12
        try:
            return self.mean(p)
        except np.linalg.LinAlgError:
            return 1e12

    def result(self, p: Array) -> RampFit:
        h = np.array([1e-3, 1e-4, 1e-3])
        shift = np.diag(h)
        n = self.scatter.samples
        hessian = np.empty((3, 3))
        for a in range(3):
            for b in range(3):
                corners = [self.loss(p + i * shift[a] + j * shift[b]) * i * j for i in (1, -1) for j in (1, -1)]
                hessian[a, b] = n * sum(corners) / (4 * h[a] * h[b])
        # steps long enough for diffusion alone say nothing of the vibration: its curvature is nil, and it is left out
        told = slice(None) if hessian[2, 2] > _NIL * n else slice(2)
        inverse = np.zeros((3, 3))
        inverse[told, told] = np.linalg.pinv(hessian[told, told])
        if not (np.diag(inverse)[told] > 0).all():
            raise ValueError("the likelihood has no clear maximum: this ramp does not tell D from vibration")
        sandwich = inverse @ self._scores(p, h) @ inverse
        ratio = np.ones(3)
        ratio[told] = np.sqrt(np.maximum(np.diag(sandwich), np.diag(inverse))[told] / np.diag(inverse)[told])
        covariance: Array = np.asarray(inverse * np.outer(ratio, ratio), dtype=np.float64)
        return RampFit(float(p[0]), float(p[1]), covariance[:2, :2], self.T_mid, self.range_K, float(np.exp(p[2])))

    def _scores(self, p: Array, h: Array) -> Array:
        """Return the sum over atoms of the products of their scores, (3, 3): d(x C^-1 x) = -y dC y with y = C^-1 x."""
        steps_of, bands = np.diag(h), self.bands(p)
        slopes = [(self.bands(p + s) - self.bands(p - s)) / (2 * s.sum()) for s in steps_of]
        volume = [(self._log_det(p + s) - self._log_det(p - s)) / (2 * s.sum()) for s in steps_of]
        out = np.zeros((3, 3))
        for steps in self.scatter.steps():
            y = solveh_banded(bands, steps.reshape(len(steps), -1)).reshape(steps.shape)
            own, beside = (y**2).sum(axis=2), (y[1:] * y[:-1]).sum(axis=2)
            score = [
                steps.shape[2] * log_det - slope[1] @ own - 2 * slope[0][1:] @ beside
                for slope, log_det in zip(slopes, volume, strict=True)
            ]
            out += 0.25 * np.array(score) @ np.array(score).T
        return out

    def _log_det(self, p: Array) -> float:
        return float(2 * np.log(cholesky_banded(self.bands(p))[1]).sum())


def compute_ramp(
    displacements: Displacements, atoms: Index, species: str, frames: slice, temperature_K: Array
) -> tuple[Result, Result, RampFit]:
    """Return Ea (eV) and D0 (cm2/s, with a 95 % interval) of some atoms from the frames of one ramp, and the fit.

    ValueError as in `fit_ramp`.
    """
    times = displacements.trajectory.times_ps[frames]
    begin, end, _ = frames.indices(displacements.trajectory.n_frames)
    used = slice(begin, end, ramp_stride(len(times)))
    staying = displacements.throughout(atoms, frames)
    fit = fit_ramp_in_blocks(lambda: displacements.in_blocks(staying, used), times, temperature_K[frames])
    about = {"range_K": list(fit.range_K), "atoms": len(staying), "frames": len(times)}
    log_D0, spread = fit.prefactor()
    bounds = (CM2_PER_S * np.exp(log_D0 - 1.96 * spread), CM2_PER_S * np.exp(log_D0 + 1.96 * spread))
    Ea = Result(
        f"Ea of {species}",
        fit.Ea_eV,
        "eV",
        "measured",
        error=fit.Ea_error_eV,
        method="maximum likelihood of displacement steps on the ramp; error the larger of it and a sandwich over atoms",
        provenance=about,
        quantity="Ea",
        species=species,
    )
    D0 = replace(Ea, name=f"D0 of {species}", value=CM2_PER_S * float(np.exp(log_D0)), unit="cm2/s", quantity="D0")
    return Ea, replace(D0, error=None, interval=bounds), fit


def D_while_heated(fit: RampFit, species: str, points: int = 61) -> Series:
    """Return D (cm2/s) of a fit against temperature, over the range that its ramp crossed and no further."""
    temperature_K = np.linspace(*fit.range_K, points)
    D, relative = fit.D(temperature_K)
    return Series(
        f"D of {species} while heated",
        "temperature_K",
        "K",
        temperature_K,
        CM2_PER_S * D,
        "cm2/s",
        CM2_PER_S * D * relative,
        method="Arrhenius law of the steps on the ramp",
        quantity="D_heated",
        species=species,
    )
