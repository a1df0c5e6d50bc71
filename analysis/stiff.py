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


def integrate(speed: Speed, start: Array, at: Array, rtol: float = 1e-3, atol: float = 1e-5) -> Array:
    """Return the states at times `at` (rising, the first is the start), shape (times, states, samples).

    `speed(tau, y)` takes times (samples,) and states (states, samples). A step that shrinks to nothing is a
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
        new, new_slope, error = _attempt(speed, tau, y, slope, step)
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
            out[following[due], :, which] = _hermite(
                share, step[due], y[:, due], new[:, due], slope[:, due], new_slope[:, due]
            ).T
            following[due] += 1
        y, slope, tau = np.where(taken, new, y), np.where(taken, new_slope, slope), arrived
        step = step * np.clip(0.8 * np.maximum(size, 1e-10) ** (-1.0 / 3.0), 0.2, 5.0)
        if (step[active & (tau < at[-1])] < 1e-14 * (at[-1] - at[0])).any():
            raise RuntimeError("the stiff integrator's step has shrunk to nothing")
    return out


def _attempt(speed: Speed, tau: Array, y: Array, f0: Array, step: Array) -> tuple[Array, Array, Array]:
    """Return the new state, its slope and the error estimate of one step for every sample."""
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
    return new, f2, step / 6.0 * (k1 - 2.0 * k2 + k3)


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


def _hermite(share: Array, step: Array, y0: Array, y1: Array, f0: Array, f1: Array) -> Array:
    """Return the cubic through two states and their slopes at a share of the step."""
    s = share
    return np.asarray(
        (1 + 2 * s) * (1 - s) ** 2 * y0 + s**2 * (3 - 2 * s) * y1 + step * (s * (1 - s) ** 2 * f0 + s**2 * (s - 1) * f1)
    )
