"""The stiff integrator of the minutes clock, compiled: every sample on its own through a whole heating programme.

The linearly implicit pair of orders 2 and 3 of Shampine and Reichelt, SIAM J. Sci. Comput. 18 (1997) 1 (MATLAB's
ode23s), with the clock's laws inside: three extents that only grow, each sample with its own step.
"""

import numpy as np
from numba import njit

from nanokiln.analysis.clock.heating import ZERO_C_K
from nanokiln.analysis.clock.rate_law import speeds

D = 1.0 / (2.0 + 2.0**0.5)
E32 = 6.0 + 2.0**0.5
BISECTIONS = 24
STUCK = "the stiff integrator's step has shrunk to nothing"


@njit(cache=True)
def integrate_samples(records, heat, programme, hold, offset_K, grid, levels, rtol):  # type: ignore[no-untyped-def]
    """Return extents (times, 3, samples) at the start and at the points of `grid` (0 to 1) of every piece, and the
    noted minutes at which the product's share of the selenide, CdSe lost and P lost reached each of `levels`,
    (3, levels, samples), located within the steps, NaN where they never did.

    `programme` (pieces, 3) holds minutes, first and last temperature in C; `hold` (samples,) lengthens its holds,
    `offset_K` (samples,) is added to its temperatures. A step that shrinks to nothing is a RuntimeError.
    """
    points = len(grid) - 1
    out = np.zeros((1 + points * len(programme), 3, len(records)))
    crossings = np.full((3, len(levels), len(records)), np.nan)
    work, matrices, y = np.empty((10, 3)), np.empty((2, 3, 3)), np.empty(3)
    for i in range(len(records)):
        y[:] = 0.0
        began = 0.0
        for piece in range(len(programme)):
            minutes, start_C, end_C = programme[piece]
            seconds = 60.0 * minutes * (hold[i] if start_C == end_C else 1.0)
            span = (seconds, ZERO_C_K + start_C + offset_K[i], end_C - start_C, began, minutes)
            here = out[1 + piece * points : 1 + (piece + 1) * points, :, i]
            if not _piece(records[i], heat, span, grid, rtol, y, work, matrices, here, levels, crossings[:, :, i]):
                raise RuntimeError(STUCK)
            began += minutes
    return out, crossings


@njit(cache=True)
def _speed(p, heat, span, tau, y, out):  # type: ignore[no-untyped-def]
    """Write the speed along a piece of the programme, whose own time runs from 0 to 1."""
    speeds(p, heat, y, max(span[1] + span[2] * tau, 1.0), out)
    for j in range(3):
        out[j] *= span[0]


@njit(cache=True)
def _bound(y):  # type: ignore[no-untyped-def]
    """Bring a state that overshot by the error of a step back to where it can be: no more gone than there was."""
    for j in range(3):
        y[j] = min(max(y[j], 0.0), 1.0)
    gone = max(y[0] + y[1], 1.0)
    y[0] /= gone
    y[1] /= gone


@njit(cache=True)
def _share(y, which):  # type: ignore[no-untyped-def]
    """Return the product's share of the selenide left, the CdSe lost or the P lost."""
    if which == 0:
        return y[1] / max(1.0 - y[0], 1e-9)
    return y[0] if which == 1 else y[2]


@njit(cache=True)
def _within(share, y, new, k1, k2, step, out):  # type: ignore[no-untyped-def]
    """Write the state at a share of a step: the pair's own interpolant, kept between the step's ends."""
    for j in range(3):
        way = (share * (1.0 - share) * k1[j] + share * (share - 2.0 * D) * k2[j]) / (1.0 - 2.0 * D)
        out[j] = min(max(y[j] + step * way, min(y[j], new[j])), max(y[j], new[j]))
    _bound(out)


@njit(cache=True)
def _cross(y, new, k1, k2, tau, step, span, levels, crossings, between):  # type: ignore[no-untyped-def]
    """Write the minutes at which shares reached levels for the first time within a step."""
    for which in range(3):
        reached = _share(new, which)
        for i in range(len(levels)):
            if reached < levels[i] or not np.isnan(crossings[which, i]):
                continue
            low, high = 0.0, 1.0
            for _ in range(BISECTIONS):
                middle = 0.5 * (low + high)
                _within(middle, y, new, k1, k2, step, between)
                if _share(between, which) >= levels[i]:
                    high = middle
                else:
                    low = middle
            crossings[which, i] = span[3] + span[4] * (tau + step * high)


@njit(cache=True)
def _piece(p, heat, span, grid, rtol, y, work, matrices, out, levels, crossings):  # type: ignore[no-untyped-def]
    """Integrate one piece from `y`, which becomes its end, and write the states at `grid`; return False if stuck."""
    slope, drift, k1, k2, k3, f1, f2, new, moved, between = work
    inverse = matrices[0]
    tau, step, following = 0.0, 0.01, 1
    _speed(p, heat, span, tau, y, slope)
    while tau < 1.0:
        step = min(step, 1.0 - tau)
        _derivatives(p, heat, span, tau, y, slope, step, inverse, drift, moved, between)
        _invert(inverse, step * D, matrices[1])
        for j in range(3):
            k1[j] = slope[j] + step * D * drift[j]
        _solve(inverse, k1)
        for j in range(3):
            moved[j] = y[j] + step / 2.0 * k1[j]
        _speed(p, heat, span, tau + step / 2.0, moved, f1)
        for j in range(3):
            k2[j] = f1[j] - k1[j]
        _solve(inverse, k2)
        for j in range(3):
            k2[j] += k1[j]
            new[j] = y[j] + step * k2[j]
        _bound(new)
        _speed(p, heat, span, tau + step, new, f2)
        for j in range(3):
            k3[j] = f2[j] - E32 * (k2[j] - f1[j]) - 2.0 * (k1[j] - slope[j]) + step * D * drift[j]
        _solve(inverse, k3)
        size = _size(k1, k2, k3, y, new, step, rtol)
        if size <= 1.0:
            # A rounding error short of the end would cost a step of its own.
            arrived = tau + step if 1.0 - tau - step > 1e-12 else 1.0
            while following < len(grid) and grid[following] <= arrived:
                _within((grid[following] - tau) / step, y, new, k1, k2, step, out[following - 1])
                following += 1
            _cross(y, new, k1, k2, tau, step, span, levels, crossings, between)
            for j in range(3):
                y[j], slope[j] = new[j], f2[j]
            tau = arrived
        step *= min(max(0.8 * max(size, 1e-10) ** (-1.0 / 3.0), 0.2), 5.0)
        if tau < 1.0 and step < 1e-14:
            return False
    return True


@njit(cache=True)
def _size(k1, k2, k3, y, new, step, rtol):  # type: ignore[no-untyped-def]
    """Return the error of a step over what is tolerated."""
    size = 0.0
    for j in range(3):
        error = step / 6.0 * (k1[j] - 2.0 * k2[j] + k3[j])
        size += (error / (rtol * 1e-2 + rtol * max(abs(y[j]), abs(new[j])))) ** 2
    return np.sqrt(size / 3.0) if np.isfinite(size) else 1e3


@njit(cache=True)
def _derivatives(p, heat, span, tau, y, slope, step, jacobian, drift, moved, changed):  # type: ignore[no-untyped-def]
    """Write the Jacobian and the slope's change with time, by forward differences."""
    nudge = 1e-7
    for j in range(3):
        moved[:] = y
        moved[j] += nudge
        _speed(p, heat, span, tau, moved, changed)
        for i in range(3):
            jacobian[i, j] = (changed[i] - slope[i]) / nudge
    later = max(1e-4 * step, 1e-15)
    _speed(p, heat, span, tau + later, y, changed)
    for i in range(3):
        drift[i] = (changed[i] - slope[i]) / later


@njit(cache=True)
def _invert(a, factor, m):  # type: ignore[no-untyped-def]
    """Replace a by the inverse of 1 - factor a, three by three; `m` is room to work in."""
    for i in range(3):
        for j in range(3):
            m[i, j] = (1.0 if i == j else 0.0) - factor * a[i, j]
    for i in range(3):
        for j in range(3):
            k, r, kk, rr = (j + 1) % 3, (i + 1) % 3, (j + 2) % 3, (i + 2) % 3
            a[i, j] = m[k, r] * m[kk, rr] - m[k, rr] * m[kk, r]
    determinant = m[0, 0] * a[0, 0] + m[0, 1] * a[1, 0] + m[0, 2] * a[2, 0]
    for i in range(3):
        for j in range(3):
            a[i, j] /= determinant


@njit(cache=True)
def _solve(inverse, right):  # type: ignore[no-untyped-def]
    """Multiply a vector by a matrix in place."""
    x, y, z = right[0], right[1], right[2]
    for i in range(3):
        right[i] = inverse[i, 0] * x + inverse[i, 1] * y + inverse[i, 2] * z
