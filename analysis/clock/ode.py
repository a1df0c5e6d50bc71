"""A stiff integrator for many small independent systems at once, each with its own step.

scipy's solvers take one system at a time, or all as one whose step is that of the most impatient member. This is the
linearly implicit pair of orders 2 and 3 of Shampine and Reichelt, SIAM J. Sci. Comput. 18 (1997) 1 (MATLAB's ode23s),
with every quantity an array over the samples.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Speed = Callable[[Array, Array], Array]
D = 1.0 / (2.0 + 2.0**0.5)
E32 = 6.0 + 2.0**0.5


def integrate(
    speed: Speed, start: Array, at: Array, rtol: float = 1e-3, atol: float = 1e-5, monotone: bool = False
) -> Array:
    """Return the states at times `at` (rising, the first is the start), shape (times, states, samples).

    `speed(tau, y)` takes times (samples,) and states (states, samples). `monotone` keeps what is read off between two
    steps between their states, for quantities that only grow or only fall. A step that shrinks to nothing is a
    RuntimeError.
    """
    states, samples = start.shape
    out = np.empty((len(at), states, samples))
    out[0] = start
    column = np.arange(samples)
    tau, y = np.full(samples, at[0]), start.copy()
    step = np.full(samples, (at[-1] - at[0]) / 100.0)
    slope, following = speed(tau, y), np.ones(samples, dtype=int)
    while (active := tau < at[-1]).any():
        step = np.minimum(step, at[-1] - tau)
        new, new_slope, error, k1, k2 = _attempt(speed, tau, y, slope, step)
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
            between = y[:, due] + step[due] * _within(share, k1[:, due], k2[:, due])
            if monotone:
                ends = y[:, due], new[:, due]
                between = np.clip(between, np.minimum(*ends), np.maximum(*ends))
            out[following[due], :, which] = between.T
            following[due] += 1
        y, slope, tau = np.where(taken, new, y), np.where(taken, new_slope, slope), arrived
        step = step * np.clip(0.8 * np.maximum(size, 1e-10) ** (-1.0 / 3.0), 0.2, 5.0)
        if (step[active & (tau < at[-1])] < 1e-14 * (at[-1] - at[0])).any():
            raise RuntimeError("the stiff integrator's step has shrunk to nothing")
    return out


def _attempt(speed: Speed, tau: Array, y: Array, f0: Array, step: Array) -> tuple[Array, ...]:
    """Return the new state, its slope, the error estimate and the two stages of one step for every sample."""
    jacobian, drift = _derivatives(speed, tau, y, f0, step)
    system = np.eye(len(y)) - (step * D)[:, None, None] * jacobian
    inverse = np.linalg.inv(system)

    def solve(right: Array) -> Array:
        return np.asarray(np.einsum("nij,jn->in", inverse, right))

    k1 = solve(f0 + step * D * drift)
    f1 = speed(tau + step / 2.0, y + step / 2.0 * k1)
    k2 = solve(f1 - k1) + k1
    new = y + step * k2
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


def _within(share: Array, k1: Array, k2: Array) -> Array:
    """Return the way made over the step at a share of it: the pair's own interpolant, which damps as the step does."""
    return (share * (1.0 - share) * k1 + share * (share - 2.0 * D) * k2) / (1.0 - 2.0 * D)
