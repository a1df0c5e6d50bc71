"""The compiled core of the minutes clock: what a particle does per second, and its course through a programme.

Everything a sample needs stands in one record of `RECORD`; `heat` holds what heating adds to ln K of `REACTIONS`. The
state is three extents: CdSe sublimed, CdSe exchanged, P lost. `Rates` fills the records and is how others ask.

The integrator is the linearly implicit pair of orders 2 and 3 of Shampine and Reichelt, SIAM J. Sci. Comput. 18 (1997)
1 (MATLAB's ode23s), every sample with its own step. All of it stands in one file because numba keeps compiled code by
file: a law changed elsewhere would leave old code in use.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from nanokiln.analysis.clock.free_enthalpy import GRID_K
from nanokiln.analysis.clock.heating import ZERO_C_K
from nanokiln.analysis.clock.thermochemistry import mass_kg

Array = NDArray[np.float64]
REACTIONS = ("sublimation", "disproportionation", "P2", "P4", "exchange")
ACTIVATED = ("kick_out", "penetration", "detachment", "escape", "diffusion", "through")
POOLS = ("none", "metal", "phosphide", "selenide")
NO_LIMIT = 1e30  # of a step that is none
RECORD = np.dtype(
    [
        (name, "f8")
        for name in (
            # contents
            *("host", "phosphide", "metal", "has_host", "has_phosphide", "pool", "metal_number", "copper_start"),
            *("area", "phosphide_area", "contact_area", "radius", "path", "shrink", "nucleates", "vacuum"),
            *("gap", "donors", "donor_radius", "spreading", "capacity", "donor_copper"),
            # ln K = S/R - (H/R + heat)/T, ln of the rates in 1/s, fluxes in 1/(nm2 s) at 1 bar and 1 K
            *(f"H_{name}" for name in REACTIONS),
            *(f"S_{name}" for name in REACTIONS),
            *(f"nu_{name}" for name in ACTIVATED),
            *(f"E_{name}" for name in ACTIVATED),
            *("flux_Cd", "flux_Se2", "flux_P2", "flux_P4"),
            # coefficients and widths
            *("alpha", "alpha_bare", "alpha_P", "alpha_P_copper", "tension", "phosphide_width", "selenide_cost_K"),
            # hypotheses, 1 where they hold, and what they bring
            *("bulk", "balance", "through", "vanish", "free_surface", "beam_desorption", "beam_reduction"),
        )
    ]
)
SITES_PER_NM2 = 1.0 / (3**0.5 / 2 * 0.42985**2)  # CdSe (0001)
END = 0.005  # the share of a reactant over which its reaction dies out
SLOWEST_PER_S = 1e-300
# ln of p(Se2)/p(Cd) of equal losses, by Hertz and Knudsen
LN_ANIONS = float(np.log(0.5 * np.sqrt(mass_kg("Se2(g)") / mass_kg("Cd(g)"))))
METAL, PHOSPHIDE, SELENIDE = 1.0, 2.0, 3.0
D = 1.0 / (2.0 + 2.0**0.5)
E32 = 6.0 + 2.0**0.5
BISECTIONS = 24
STUCK = "the stiff integrator's step has shrunk to nothing"
_LOW_K, _POINTS = float(GRID_K[0]), len(GRID_K)


@njit(cache=True)
def _ln_K(H, S, table, T):  # type: ignore[no-untyped-def]
    place = min(max(T - _LOW_K, 0.0), _POINTS - 1.0)
    below = min(int(place), _POINTS - 2)
    heating = table[below] + (place - below) * (table[below + 1] - table[below])
    return S - (H + heating) / T


@njit(cache=True)
def _per_s(ln_nu, E_K, T):  # type: ignore[no-untyped-def]
    return np.exp(ln_nu - E_K / T)


@njit(cache=True)
def _bar(ln_bar):  # type: ignore[no-untyped-def]
    return np.exp(min(max(ln_bar, -600.0), 100.0))


@njit(cache=True)
def _series(a, b):  # type: ignore[no-untyped-def]
    return 1.0 / (1.0 / max(a, SLOWEST_PER_S) + 1.0 / max(b, SLOWEST_PER_S))


@njit(cache=True)
def _dying_out(left):  # type: ignore[no-untyped-def]
    """Return one while plenty is left, and a smooth way to zero at the end."""
    return left / (abs(left) + END)


@njit(cache=True)
def _ramp(depth):  # type: ignore[no-untyped-def]
    """Return max(depth, 0) with its corner rounded over a twentieth."""
    x = depth / 0.05
    return 0.05 * (x + np.log1p(np.exp(-x)) if x > 0.0 else np.log1p(np.exp(x)))


@njit(cache=True)
def copper_per_phosphorus(p, y):  # type: ignore[no-untyped-def]
    """Return Cu/P of the phosphide, metallic copper included."""
    # At the very end of both, the ratio stays that of the compound instead of 0/0.
    left = (p.copper_start + p.metal - p.metal_number * p.host * y[1]) / p.phosphide
    return (max(left, 0.0) + 3.0 * END) / (max(1.0 - y[2], 0.0) + END)


@njit(cache=True)
def _ln_activity_phosphide(p, heat, y, T):  # type: ignore[no-untyped-def]
    """Along Cu(3-x)P copper falls from that of the metal to that beside CuP2, then stays there.

    Where copper cannot nucleate it may also rise above the metal's.
    """
    cost = max(-_ln_K(p.H_disproportionation, p.S_disproportionation, heat[1], T) / 5.0, 0.0)
    depth = (3.0 - copper_per_phosphorus(p, y)) / p.phosphide_width
    ln_activity = -cost * (_ramp(depth) - _ramp(depth - 1.0))
    if p.nucleates == 0.0:
        ln_activity += max(cost, 1.0) * min(_ramp(-depth), 60.0)
    return ln_activity


@njit(cache=True)
def ln_copper_activity(p, heat, y, T):  # type: ignore[no-untyped-def]
    """Return ln of the metal's activity in its source, and with it how willingly the source gives."""
    if p.pool == PHOSPHIDE:
        return _ln_activity_phosphide(p, heat, y, T)
    if p.pool == SELENIDE:
        used = p.metal_number * p.host * y[1] / p.capacity
        return -p.selenide_cost_K / T * min(max(used, 0.0), 1.0)
    return 0.0


@njit(cache=True)
def _metal_left(p, y):  # type: ignore[no-untyped-def]
    """Return a factor that goes from one to zero as the source runs dry."""
    if p.pool == 0.0:
        return 0.0
    used = p.metal_number * p.host * y[1]
    if p.pool == PHOSPHIDE:
        left = (p.copper_start + p.metal - used) / p.host
    else:
        left = ((p.donor_copper if p.vanish else p.capacity) - used) / p.host
    return _dying_out(max(left, 0.0))


@njit(cache=True)
def area_nm2(p, y):  # type: ignore[no-untyped-def]
    """Return the area the host shows to the vacuum, which follows the anions left."""
    return p.area * min(max(1.0 - y[0], 1e-3), 1.0) ** p.shrink


@njit(cache=True)
def _anions_of_donors(p, heat, y, T):  # type: ignore[no-untyped-def]
    """Return the Se atoms per second that donors at the end of their range lose as Se2, whose pressure copper sets."""
    ln_K = _ln_K(p.H_sublimation, p.S_sublimation, heat[0], T) - _ln_K(p.H_exchange, p.S_exchange, heat[4], T)
    ln_bar = 2.0 * (ln_K + p.metal_number * p.selenide_cost_K / T)
    left = 1.0 - (p.metal_number * p.host * y[1] - p.capacity) / max(p.donor_copper - p.capacity, 1e-9)
    area = 4.0 * np.pi * p.donor_radius**2 * p.donors * min(max(left, 1e-3), 1.0) ** (2.0 / 3.0)
    return p.vacuum * p.alpha * area * 2.0 * p.flux_Se2 * _bar(ln_bar) / np.sqrt(T)


@njit(cache=True)
def _beam_supply(p):  # type: ignore[no-untyped-def]
    """Return the copper atoms per second that the beam reduces on the donors' surfaces."""
    return p.donors * 4.0 * np.pi * p.donor_radius**2 * SITES_PER_NM2 * p.beam_reduction


@njit(cache=True)
def supply_per_s(p, heat, y, T, ln_activity):  # type: ignore[no-untyped-def]
    """Return the atoms per second that reach the particle over a bare substrate; contact is no limit.

    Adatoms in equilibrium with a donor diffuse outwards: 2 pi D c over `spreading`, and D c = nu/4 exp(-E/kT)
    with E from the donor's edge to a hop on the substrate.
    """
    thermal = NO_LIMIT
    if p.gap > 0.0:
        rate = _per_s(p.nu_detachment, p.E_detachment, T) * np.exp(ln_activity) * p.free_surface
        thermal = p.donors * np.pi / 2.0 * rate / p.spreading + _beam_supply(p)
    if p.vanish and p.pool == SELENIDE:
        # Beyond its range of copper a selenide gives more only as fast as its anions leave.
        past = (p.metal_number * p.host * y[1] / p.capacity - 0.95) / 0.1
        give = 2.0 * _anions_of_donors(p, heat, y, T)
        return 1.0 / (1.0 / max(thermal, SLOWEST_PER_S) + min(max(past, 0.0), 1.0) / max(give, SLOWEST_PER_S))
    return thermal


@njit(cache=True)
def _ln_activity_arriving(p, T, ln_activity):  # type: ignore[no-untyped-def]
    """Return ln of the activity of what arrives: copper that the beam reduced is metal, whatever gave it."""
    if p.gap <= 0.0 or p.beam_reduction == 0.0:
        return ln_activity
    thermal = p.donors * np.pi / 2.0 * _per_s(p.nu_detachment, p.E_detachment, T) * np.exp(ln_activity) / p.spreading
    share = _beam_supply(p) / max(_beam_supply(p) + thermal * p.free_surface, SLOWEST_PER_S)
    return np.log(share + (1.0 - share) * np.exp(ln_activity))


@njit(cache=True)
def exchange_steps(p, heat, y, T):  # type: ignore[no-untyped-def]
    """Return the exchanges per second that desorption, kick-out, penetration, diffusion and supply would allow."""
    area = area_nm2(p, y)
    sites = area * SITES_PER_NM2
    ln_a = ln_copper_activity(p, heat, y, T)
    ln_K = _ln_K(p.H_exchange, p.S_exchange, heat[4], T) + p.metal_number * _ln_activity_arriving(p, T, ln_a)
    flux = p.flux_Cd * _bar(ln_K) / np.sqrt(T)
    desorption = p.vacuum * (p.alpha * area * flux + sites * p.beam_desorption)
    kick_out = sites * _per_s(p.nu_kick_out, p.E_kick_out, T)
    penetration, diffusion = NO_LIMIT, NO_LIMIT
    if p.bulk:
        penetration = sites * _per_s(p.nu_penetration, p.E_penetration, T)
        diffusion = p.host * _per_s(p.nu_diffusion, p.E_diffusion, T) / p.path**2
    return desorption, kick_out, penetration, diffusion, supply_per_s(p, heat, y, T, ln_a) / p.metal_number


@njit(cache=True)
def sublimation_per_s(p, heat, y, T):  # type: ignore[no-untyped-def]
    """Return CdSe units that leave per second as Cd and Se2, helped by surface tension and by the beam."""
    left = min(max(1.0 - y[0], 0.02), 1.0)
    radius = p.radius * (left ** (1.0 / 3.0) if p.shrink != 1.0 else 1.0)
    ln_K = _ln_K(p.H_sublimation, p.S_sublimation, heat[0], T) + p.tension / (radius * T)
    flux = p.flux_Cd * _bar((ln_K - 0.5 * LN_ANIONS) / 1.5) / np.sqrt(T)
    alpha = p.alpha_bare if p.balance else p.alpha
    return p.vacuum * area_nm2(p, y) * (alpha * flux + SITES_PER_NM2 * p.beam_desorption)


@njit(cache=True)
def _balanced(p, heat, y, T, steps, metal_left):  # type: ignore[no-untyped-def]
    """Return Se atoms lost and CdSe exchanged per second where every Cd that leaves is made up for by metal that enters
    or by Se that leaves.

    The metal's activity at the surface falls below its source's by a factor u until both balance:
    supply (1 - u) = n (J_Cd - J_Se) with J_Cd going as u^n, through the steps in series, and J_Se as u^-2n.
    """
    n = p.metal_number
    ln_a = _ln_activity_arriving(p, T, ln_copper_activity(p, heat, y, T))
    ln_Se = _ln_K(p.H_sublimation, p.S_sublimation, heat[0], T) - _ln_K(p.H_exchange, p.S_exchange, heat[4], T)
    anions = p.vacuum * p.alpha * area_nm2(p, y) * 2.0 * p.flux_Se2 * _bar(2.0 * (ln_Se - n * ln_a)) / np.sqrt(T)
    solid = _series(_series(steps[1], steps[2]), steps[3])
    # In contact the source gives as fast as it is asked; a thousand times that serves as no limit.
    supply = metal_left * n * min(steps[4], 1e3 * _series(steps[0], solid))
    x = _surface_activity(supply, max(steps[0], SLOWEST_PER_S), solid, max(anions, SLOWEST_PER_S), n)
    lost = anions * np.exp(-2.0 * x)
    return lost, max(_series(steps[0] * np.exp(x), solid) - lost, 0.0)


@njit(cache=True)
def _surface_activity(supply, desorption, solid, anions, n):  # type: ignore[no-untyped-def]
    """Return x = n ln u at which supply (1 - u) + n anions e^-2x balances n series(desorption e^x, solid).

    Newton's steps on the logarithm of the two sides, which falls with x, halved into what still brackets the root.
    """
    x, low, high = -0.01, -700.0, 700.0
    for _ in range(60):
        v, u = np.exp(x), np.exp(x / n)
        left, right = supply * max(1.0 - u, 0.0) + n * anions / v**2, n * _series(desorption * v, solid)
        if left > right:
            low = x
        else:
            high = x
        falls = ((supply * u / n if u < 1.0 else 0.0) + 2.0 * n * anions / v**2) / max(left, SLOWEST_PER_S)
        step = np.log(max(left, SLOWEST_PER_S) / right) / (falls + right / (n * desorption * v))
        if abs(step) < 1e-6:
            return x + step  # its error is the square of the step's, small beside the nudges of a Jacobian
        x = x + step if low < x + step < high else 0.5 * (low + high)
    return x


@njit(cache=True)
def phosphorus_per_s(p, heat, y, T):  # type: ignore[no-untyped-def]
    """Return P atoms that leave the phosphide per second as P2 and P4: desorption and escape in series.

    Beside it, where copper or its selenide is in contact, through that and from its surface.
    """
    left = min(max(1.0 - y[2], 1e-3), 1.0) ** (2.0 / 3.0)
    area = p.phosphide_area * left
    ln_a3 = 3.0 * _ln_activity_phosphide(p, heat, y, T)
    P2 = _bar(2.0 * (_ln_K(p.H_P2, p.S_P2, heat[2], T) - ln_a3))
    P4 = _bar(4.0 * (_ln_K(p.H_P4, p.S_P4, heat[3], T) - ln_a3))
    flux = (2.0 * p.flux_P2 * P2 + 4.0 * p.flux_P4 * P4) / np.sqrt(T)
    beam = SITES_PER_NM2 * p.beam_desorption
    desorption = p.vacuum * area * (p.alpha_P * flux + beam)
    total = _series(desorption, area * SITES_PER_NM2 * _per_s(p.nu_escape, p.E_escape, T))
    if p.through:
        contact, exit_area = p.contact_area * left, p.phosphide_area
        if p.has_host:
            contact, exit_area = contact * min(max(y[1] / max(1.0 - y[0], END), 0.0), 1.0), area_nm2(p, y)
        passing = contact * SITES_PER_NM2 * _per_s(p.nu_through, p.E_through, T)
        total += _series(p.vacuum * p.alpha_P_copper * exit_area * flux, passing)
    return total


@njit(cache=True)
def speeds(p, heat, y, T, out):  # type: ignore[no-untyped-def]
    """Write d(extents)/dt in 1/s into `out`."""
    out[0] = out[1] = out[2] = 0.0
    if p.has_host:
        host_left = _dying_out(1.0 - y[0] - y[1])
        out[0] = sublimation_per_s(p, heat, y, T) / p.host * host_left
        if p.pool:
            steps = exchange_steps(p, heat, y, T)
            metal_left = _metal_left(p, y)
            if p.balance:
                lost, exchanged = _balanced(p, heat, y, T, steps, metal_left)
                out[0] += lost / p.host * host_left
                out[1] = exchanged / p.host * host_left
            else:
                solid = _series(_series(steps[1], steps[2]), _series(steps[3], steps[4]))
                out[1] = _series(steps[0], solid) / p.host * host_left * metal_left
    if p.has_phosphide:
        out[2] = phosphorus_per_s(p, heat, y, T) / p.phosphide * _dying_out(1.0 - y[2])


@njit(cache=True)
def each_copper_per_phosphorus(records, y):  # type: ignore[no-untyped-def]
    """Return `copper_per_phosphorus` of every sample; states y are (samples, 3)."""
    return np.array([copper_per_phosphorus(records[i], y[i]) for i in range(len(y))])


@njit(cache=True)
def each_ln_copper_activity(records, heat, y, T):  # type: ignore[no-untyped-def]
    """Return `ln_copper_activity` of every sample."""
    return np.array([ln_copper_activity(records[i], heat, y[i], T[i]) for i in range(len(y))])


@njit(cache=True)
def each_area_nm2(records, y):  # type: ignore[no-untyped-def]
    """Return `area_nm2` of every sample."""
    return np.array([area_nm2(records[i], y[i]) for i in range(len(y))])


@njit(cache=True)
def each_exchange_steps(records, heat, y, T):  # type: ignore[no-untyped-def]
    """Return `exchange_steps` of every sample, (5, samples)."""
    found = np.empty((5, len(y)))
    for i in range(len(y)):
        steps = exchange_steps(records[i], heat, y[i], T[i])
        for j in range(5):
            found[j, i] = steps[j]
    return found


@njit(cache=True)
def each_sublimation_per_s(records, heat, y, T):  # type: ignore[no-untyped-def]
    """Return `sublimation_per_s` of every sample."""
    return np.array([sublimation_per_s(records[i], heat, y[i], T[i]) for i in range(len(y))])


@njit(cache=True)
def each_phosphorus_per_s(records, heat, y, T):  # type: ignore[no-untyped-def]
    """Return `phosphorus_per_s` of every sample."""
    return np.array([phosphorus_per_s(records[i], heat, y[i], T[i]) for i in range(len(y))])


@njit(cache=True)
def each_speeds(records, heat, y, T):  # type: ignore[no-untyped-def]
    """Return `speeds` of every sample, (3, samples)."""
    found, one = np.empty((3, len(y))), np.empty(3)
    for i in range(len(y)):
        speeds(records[i], heat, y[i], T[i], one)
        found[:, i] = one
    return found


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
    y = np.empty(3)
    for i in range(len(records)):
        y[:] = 0.0
        began = 0.0
        for piece in range(len(programme)):
            minutes, start_C, end_C = programme[piece]
            seconds = 60.0 * minutes * (hold[i] if start_C == end_C else 1.0)
            span = (seconds, ZERO_C_K + start_C + offset_K[i], end_C - start_C, began, minutes)
            looks = (grid, out[1 + piece * points : 1 + (piece + 1) * points, :, i])
            if not _piece(records[i], heat, span, rtol, y, looks, (levels, crossings[:, :, i])):
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
def _cross(course, tau, step, span, marks):  # type: ignore[no-untyped-def]
    """Write the minutes at which shares reached levels for the first time within a step; `course` are the state before
    and after it and the two slopes of its interpolant, `marks` the levels and the minutes."""
    y, new, k1, k2 = course
    levels, crossings = marks
    between = np.empty(3)
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
def _piece(p, heat, span, rtol, y, looks, marks):  # type: ignore[no-untyped-def]
    """Integrate one piece from `y`, which becomes its end; return False if stuck. `looks` are the points of the piece
    and where the states there are written, `marks` the levels and the minutes at which shares reach them."""
    grid, out = looks
    slope, k1, k2, k3, f1, f2, new, moved = np.empty((8, 3))
    inverse, room = np.empty((3, 3)), np.empty((3, 3))
    tau, step, following = 0.0, 0.01, 1
    _speed(p, heat, span, tau, y, slope)
    while tau < 1.0:
        step = min(step, 1.0 - tau)
        drift = _derivatives(p, heat, span, tau, y, slope, step, inverse)
        _invert(inverse, step * D, room)
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
            _cross((y, new, k1, k2), tau, step, span, marks)
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
def _derivatives(p, heat, span, tau, y, slope, step, jacobian):  # type: ignore[no-untyped-def]
    """Write the Jacobian, and return the slope's change with time, by forward differences.

    What must be zero is not asked for: a share of what is not there moves nothing, and in a hold time changes nothing.
    """
    nudge = 1e-7
    moved, changed = np.empty(3), np.empty(3)
    for j in range(3):
        if not (p.has_host if j < 2 else p.has_phosphide):
            jacobian[:, j] = 0.0
            continue
        moved[:] = y
        moved[j] += nudge
        _speed(p, heat, span, tau, moved, changed)
        for i in range(3):
            jacobian[i, j] = (changed[i] - slope[i]) / nudge
    if span[2] == 0.0:
        return np.zeros(3)
    later = max(1e-4 * step, 1e-15)
    _speed(p, heat, span, tau + later, y, changed)
    return (changed - slope) / later


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
