"""Hosts and donors on one film, compiled: what each emits and takes in a step, and a sample's whole programme.

A donor's rim is in equilibrium with it; a host takes copper as fast as the clock's steps in series allow at the
concentration of its own rim. Concentrations are activities (1 beside metallic copper), fluxes atoms per second.
"""

import numpy as np
from numba import njit

from nanokiln.analysis.clock.heating import ZERO_C_K
from nanokiln.analysis.clock.rate_law import END, SLOWEST_PER_S, exchange_steps, sublimation_per_s

NEWTON, CONJUGATE, HALVINGS = 60, 200, 12
LEAST_RIM = 1e-60  # activity below which a host takes nothing: no atom would come in any time
LEAST_COST = 0.01  # by which ln activity of a metal falls too while it is used up, so that its flux is a function


@njit(cache=True)
def uptake(c, desorption, rest, n, most):  # type: ignore[no-untyped-def]
    """Return copper atoms per second that a host takes at a rim concentration, and how that grows with it."""
    if c <= LEAST_RIM or desorption <= SLOWEST_PER_S or rest <= SLOWEST_PER_S:
        return 0.0, 0.0
    leaving = max(desorption * c**n, SLOWEST_PER_S)
    rate = 1.0 / (1.0 / leaving + 1.0 / rest)
    if rate >= most:
        return n * most, 0.0
    return n * rate, n * n * (rate / leaving) * (rate / c)


@njit(cache=True)
def emission(c, given, capacity, cost, seconds):  # type: ignore[no-untyped-def]
    """Return copper atoms per second that a donor gives at a rim concentration, its activity at the end of the step,
    and how that falls with it; it gives no more than it has, and grows where others give more."""
    cost = max(cost, LEAST_COST)
    used = 1.0 if c <= 0.0 else -np.log(c) / cost
    if used >= 1.0:
        return max(capacity - given, 0.0) / seconds, 0.0
    return (capacity * used - given) / seconds, capacity / (cost * c * seconds)


@njit(cache=True)
def _residual(flux, c, laws, donors, given, seconds, out, slope):  # type: ignore[no-untyped-def]
    """Write what every rim emits over the film less what its particle gives, and how the latter falls; return the sum
    of the former's sizes."""
    total, hosts = 0.0, len(laws)
    for i in range(len(c)):
        if i < hosts:
            taken, slope[i] = uptake(c[i], laws[i, 0], laws[i, 1], laws[i, 2], laws[i, 3])
            out[i] = flux[i] + taken
        else:
            d = i - hosts
            gives, slope[i] = emission(c[i], given[d], donors[d, 0], donors[d, 1], seconds)
            out[i] = flux[i] - gives
        total += abs(out[i])
    return total


@njit(cache=True)
def _step(G, speed, slope, residual, tolerance):  # type: ignore[no-untyped-def]
    """Return the Newton step by conjugate gradients: speed G + slope is symmetric and positive."""
    diagonal = speed * np.diag(G) + slope
    x, r = np.zeros(len(residual)), residual.copy()
    z = r / diagonal
    p, rz = z.copy(), np.dot(r, z)
    first = rz
    for _ in range(CONJUGATE):
        if rz <= tolerance * first or rz <= 0.0:
            break
        Ap = speed * np.dot(G, p) + slope * p
        curvature = np.dot(p, Ap)
        if curvature <= 0.0:
            break
        alpha = rz / curvature
        x += alpha * p
        r -= alpha * Ap
        z = r / diagonal
        new = np.dot(r, z)
        p = z + new / rz * p
        rz = new
    return x


@njit(cache=True)
def settle(G, speed, laws, donors, given, seconds, c, tolerance):  # type: ignore[no-untyped-def]
    """Bring the rim concentrations `c` of all particles, hosts first, into balance; return how far they are from it in
    atoms.

    `laws` (hosts, 4) holds desorption at unit activity, the other steps in series, the stoichiometric number and the
    most that a host can take, exchanges per second; `donors` (donors, 2) capacity in atoms and the fall of ln activity.
    What is sought is the least of a convex function, so that damped Newton steps find the one balance there is.
    """
    residual, slope = np.empty(len(c)), np.empty(len(c))
    trial, tried = np.empty(len(c)), np.empty(len(c))
    away = _residual(speed * np.dot(G, c), c, laws, donors, given, seconds, residual, slope)
    for _ in range(NEWTON):
        if away * seconds <= tolerance:
            break
        step = _step(G, speed, slope, residual, 1e-16 if away * seconds < 1e3 * tolerance else 1e-8)
        share = 1.0
        for _ in range(HALVINGS):
            for i in range(len(c)):
                # A concentration is never negative; a large step down goes by halves, where ln makes the law steep.
                trial[i] = max(c[i] - share * step[i], 0.1 * c[i] if i >= len(laws) else 0.0)
            found = _residual(speed * np.dot(G, trial), trial, laws, donors, given, seconds, tried, slope)
            if found < away:
                break
            share *= 0.5
        c[:], residual[:], away = trial, tried, found
    return away * seconds


@njit(cache=True)
def heat_sample(G, records, heat, donors, steps, holder, tolerance):  # type: ignore[no-untyped-def]
    """Heat one sample; return extents (looks, 2, hosts), what donors gave (looks, donors), what the film kept by the
    emission less the uptake and by its own loss (2,), and minutes at which hosts were half converted (hosts,).

    `steps` (steps, 5) holds noted minutes, whether it is a hold, temperatures at begin and end in C, and whether is
    looked after it; `holder` (2,) by what holds are longer and how much hotter (K) it is than noted.
    """
    hosts, count, looks = len(records), len(G), int(steps[:, 4].sum())
    y, given = np.zeros((hosts, 3)), np.zeros(count - hosts)
    extents = np.zeros((looks, 2, hosts))
    gave = np.zeros((looks, count - hosts))
    half = np.full(hosts, np.nan)
    kept = np.zeros(2)
    laws, now = np.zeros((hosts, 4)), np.zeros((count - hosts, 2))
    c, loss = np.ones(count), G.sum(axis=0)
    c[:hosts] = 0.0
    state, minutes, look = np.zeros(3), 0.0, 0
    for step in range(len(steps)):
        seconds = 60.0 * steps[step, 0] * (holder[0] if steps[step, 1] else 1.0)
        T = max(ZERO_C_K + 0.5 * (steps[step, 2] + steps[step, 3]) + holder[1], 1.0)
        p = records[0]
        speed = 0.25 * p.free_surface * np.exp(p.nu_detachment - p.E_detachment / T)
        for i in range(hosts):
            _laws_of(records[i], heat, y[i], T, seconds, laws[i], state)
        for d in range(count - hosts):
            now[d, 0], now[d, 1] = donors[d, 0], donors[d, 1] / T
        settle(G, speed, laws, now, given, seconds, c, tolerance)
        flux = speed * seconds * np.dot(G, c)
        emitted, taken = 0.0, 0.0
        for d in range(count - hosts):
            before = given[d]
            given[d] = min(before + flux[hosts + d], donors[d, 0])
            emitted += given[d] - before
        for i in range(hosts):
            before, had = y[i, 1] / max(1.0 - y[i, 0], 1e-9), y[i, 1]
            number = laws[i, 2] * records[i].host
            y[i, 1] = min(max(had - flux[i] / number, 0.0), 1.0 - y[i, 0])
            taken += (y[i, 1] - had) * number
            _sublime(records[i], heat, y[i], T, seconds)
            after = y[i, 1] / max(1.0 - y[i, 0], 1e-9)
            if np.isnan(half[i]) and after >= 0.5:
                share = (0.5 - before) / (after - before) if after > before else 1.0
                half[i] = minutes + steps[step, 0] * share
        kept[0] += emitted - taken
        kept[1] += speed * seconds * np.dot(loss, c)
        minutes += steps[step, 0]
        if steps[step, 4]:
            for i in range(hosts):
                extents[look, 0, i], extents[look, 1, i] = y[i, 0], y[i, 1]
            gave[look] = given
            look += 1
    return extents, gave, kept, half


@njit(cache=True)
def _laws_of(p, heat, y, T, seconds, out, state):  # type: ignore[no-untyped-def]
    """Write what a host could do at unit activity: desorption, the other steps in series, their number, the most."""
    state[0], state[1], state[2] = y[0], 0.0, 0.0  # the film is the source: none of it is used up in the law
    desorption, kick_out, penetration, diffusion, _ = exchange_steps(p, heat, state, T)
    left = max(1.0 - y[0] - y[1], 0.0)
    dying = left / (left + END)
    solid = 1.0 / (1.0 / max(kick_out, SLOWEST_PER_S) + 1.0 / penetration + 1.0 / diffusion)
    out[0], out[1], out[2] = desorption * dying, solid * dying, p.metal_number
    out[3] = left * p.host / seconds


@njit(cache=True)
def _sublime(p, heat, y, T, seconds):  # type: ignore[no-untyped-def]
    left = 1.0 - y[0] - y[1]
    if left <= 0.0:
        return
    rate = sublimation_per_s(p, heat, y, T) / p.host / (left + END)
    y[0] += left * (1.0 - np.exp(-rate * seconds))


@njit(cache=True)
def heat_samples(tables, which, records, heat, donors, steps, holder, tolerance):  # type: ignore[no-untyped-def]
    """Heat every sample with the film `tables[which]` that it has; `records` (samples, hosts), `donors` (samples,
    donors, 2) their capacities in atoms and the fall of ln activity over that times T in K, `holder` (samples, 2).

    Return the results of `heat_sample` with the samples as the last axis."""
    samples, hosts = records.shape
    looks, count = int(steps[:, 4].sum()), donors.shape[1]
    extents, gave = np.empty((looks, 2, hosts, samples)), np.empty((looks, count, samples))
    kept, half = np.empty((2, samples)), np.empty((hosts, samples))
    for s in range(samples):
        found = heat_sample(tables[which[s]], records[s], heat, donors[s], steps, holder[s], tolerance)
        extents[..., s], gave[..., s], kept[:, s], half[:, s] = found
    return extents, gave, kept, half
