"""A stiff integrator for many small independent systems at once, each with its own step.

scipy's solvers take one system at a time, or all as one whose step is that of the most impatient member. This is the
linearly implicit pair of orders 2 and 3 of Shampine and Reichelt, SIAM J. Sci. Comput. 18 (1997) 1 (MATLAB's ode23s),
with every quantity an array over the samples.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Speed = Callable[[Array, Array], Array]
OfState = Callable[[Array], Array]
D = 1.0 / (2.0 + 2.0**0.5)
E32 = 6.0 + 2.0**0.5
BISECTIONS = 16


def integrate(
    speed: Speed,
    start: Array,
    at: Array,
    rtol: float = 1e-3,
    atol: float = 1e-5,
    monotone: bool = False,
    bounded: OfState = lambda y: y,
    watch: OfState | None = None,
) -> tuple[Array, Array]:
    """Return the states at times `at` (rising, the first is the start), shape (times, states, samples), and the times
    at which each row of `watch` first rose through zero, (events, samples), NaN where it never did.

    `speed(tau, y)` takes times (samples,) and states (states, samples). `monotone` keeps what is read off between two
    steps between their states, for quantities that only grow or only fall. `bounded` brings a state that overshot by
    the error of a step back to where it can be. Events are located on the steps' own interpolant, so that they do not
    depend on `at`. A step that shrinks to nothing is a RuntimeError.
    """
    states, samples = start.shape
    out = np.empty((len(at), states, samples))
    out[0] = start
    column = np.arange(samples)
    tau, y = np.full(samples, at[0]), start.copy()
    step = np.full(samples, (at[-1] - at[0]) / 100.0)
    slope, following = speed(tau, y), np.ones(samples, dtype=int)
    before = np.empty((0, samples)) if watch is None else watch(y)
    crossed = np.where(before >= 0, at[0], np.nan)
    while (active := tau < at[-1]).any():
        step = np.minimum(step, at[-1] - tau)
        new, new_slope, error, k1, k2 = _attempt(speed, tau, y, slope, step, bounded)
        scale = atol + rtol * np.maximum(abs(y), abs(new))
        size = np.sqrt(np.mean((error / scale) ** 2, axis=0))
        size = np.where(np.isfinite(size), size, 1e3)
        taken = active & (size <= 1.0)
        arrived = np.where(taken, tau + step, tau)
        # A rounding error short of the end would cost a step of its own.
        arrived = np.where(at[-1] - arrived < 1e-12 * (at[-1] - at[0]), at[-1], arrived)
        while (due := taken & (following < len(at)) & (at[np.minimum(following, len(at) - 1)] <= arrived)).any():
            which = column[due]
            share = (at[following[due]] - tau[due]) / step[due]
            between = Stride(y[:, due], new[:, due], k1[:, due], k2[:, due], step[due], monotone).at(share)
            out[following[due], :, which] = bounded(between).T
            following[due] += 1
        if watch is not None:
            events, which = np.nonzero(taken & np.isnan(crossed) & (watch(new) >= 0))
            if len(which):
                made = Stride(y[:, which], new[:, which], k1[:, which], k2[:, which], step[which], monotone)
                crossed[events, which] = tau[which] + step[which] * made.first_zeros(watch, events)
        y, slope, tau = np.where(taken, new, y), np.where(taken, new_slope, slope), arrived
        step = step * np.clip(0.8 * np.maximum(size, 1e-10) ** (-1.0 / 3.0), 0.2, 5.0)
        if (step[active & (tau < at[-1])] < 1e-14 * (at[-1] - at[0])).any():
            raise RuntimeError("the stiff integrator's step has shrunk to nothing")
    return out, crossed


def _attempt(speed: Speed, tau: Array, y: Array, f0: Array, step: Array, bounded: OfState) -> tuple[Array, ...]:
    """Return the new state, its slope, the error estimate and the two stages of one step for every sample."""
    jacobian, drift = _derivatives(speed, tau, y, f0, step)
    system = np.eye(len(y)) - (step * D)[:, None, None] * jacobian
    inverse = np.linalg.inv(system)

    def solve(right: Array) -> Array:
        return np.asarray(np.einsum("nij,jn->in", inverse, right))

    k1 = solve(f0 + step * D * drift)
    f1 = speed(tau + step / 2.0, y + step / 2.0 * k1)
    k2 = solve(f1 - k1) + k1
    new = bounded(y + step * k2)
    f2 = speed(tau + step, new)
    k3 = solve(f2 - E32 * (k2 - f1) - 2.0 * (k1 - f0) + step * D * drift)
    return new, f2, step / 6.0 * (k1 - 2.0 * k2 + k3), k1, k2


def _derivatives(speed: Speed, tau: Array, y: Array, f0: Array, step: Array) -> tuple[Array, Array]:
    """Return the Jacobian (samples, states, states) and the slope's change with time, by forward differences."""
    jacobian = np.empty((y.shape[1], len(y), len(y)))
    nudge = 1e-7
    for j in range(len(y)):
        moved = y.copy()
        moved[j] += nudge
        jacobian[:, :, j] = ((speed(tau, moved) - f0) / nudge).T
    later = np.maximum(1e-4 * step, 1e-15)
    return jacobian, (speed(tau + later, y) - f0) / later


@dataclass(frozen=True)
class Stride:
    """One stride of some samples: both ends `y` and `new`, the two stages, and how long it is."""

    y: Array
    new: Array
    k1: Array
    k2: Array
    length: Array
    monotone: bool

    def at(self, share: Array) -> Array:
        """Return the states at a share of the step: the pair's own interpolant, which damps as the step does."""
        way = (share * (1.0 - share) * self.k1 + share * (share - 2.0 * D) * self.k2) / (1.0 - 2.0 * D)
        between = self.y + self.length * way
        if not self.monotone:
            return between
        return np.clip(between, np.minimum(self.y, self.new), np.maximum(self.y, self.new))

    def first_zeros(self, watch: OfState, events: NDArray[np.intp]) -> Array:
        """Return for each sample the share of the step at which its event, below zero at the start, comes to zero."""
        low, high = np.zeros(len(self.length)), np.ones(len(self.length))
        column = np.arange(len(self.length))
        for _ in range(BISECTIONS):
            middle = (low + high) / 2.0
            past = watch(self.at(middle))[events, column] >= 0
            low, high = np.where(past, low, middle), np.where(past, middle, high)
        return high
