"""Adatoms between discs on a film: diffusion in two dimensions with a lifetime, solved by multipoles of every disc.

Outside the discs the concentration obeys D lap(c) = c/tau; with the range L = sqrt(D tau) it is a sum of terms
K_m(r/L) exp(i m phi) about every disc, joined by Graf's addition theorem (Watson, Bessel Functions (1944), 11.3).
"""

import numpy as np
from numpy.typing import NDArray
from scipy.special import ive, kve

Array = NDArray[np.float64]
CLOSEST_NM = 0.25  # a hop of an adatom: discs that touch or overlap are that far apart
MOST_UNKNOWNS = 1000


def modes_for(discs: int) -> int:
    """Return the angular modes per disc that keep the number of unknowns in bounds."""
    return int(np.clip((MOST_UNKNOWNS // max(discs, 1) - 1) // 2, 1, 8))


def separated(centres_nm: Array, radii_nm: Array) -> Array:
    """Return radii of discs that keep the closest distance: where two overlap, both shrink in proportion."""
    away = np.linalg.norm(centres_nm[:, None] - centres_nm[None], axis=2)
    np.fill_diagonal(away, np.inf)
    if (away < CLOSEST_NM * 2).any():
        raise ValueError(f"two particles lie in the same place, within {2 * CLOSEST_NM:g} nm")
    room = (away - CLOSEST_NM) / (radii_nm[:, None] + radii_nm[None])
    return np.asarray(radii_nm * np.minimum(room.min(axis=1), 1.0))


def conductances(centres_nm: Array, radii_nm: Array, range_nm: float, modes: int | None = None) -> Array:
    """Return G (discs, discs): discs with concentrations c at their rims emit D G c atoms per second, of which the sum
    is what the film keeps.

    `range_nm` is how far an adatom gets in its lifetime. ValueError: discs overlap.
    """
    count = len(radii_nm)
    order = modes_for(count) if modes is None else modes
    away = centres_nm[:, None] - centres_nm[None]  # from j to i
    distance = np.hypot(away[..., 0], away[..., 1])
    np.fill_diagonal(distance, np.inf)
    if count > 1 and (distance <= (radii_nm[:, None] + radii_nm[None]) * (1.0 - 1e-9)).any():
        raise ValueError("discs on the film overlap")
    reduced, rim = distance / range_nm, radii_nm / range_nm
    m = np.arange(-order, order + 1)
    arriving = _arriving(reduced, rim, np.arctan2(away[..., 1], away[..., 0]), m)
    size = count * len(m)
    system = np.eye(size, dtype=complex) + arriving.transpose(0, 2, 1, 3).reshape(size, size)
    even = np.zeros((size, count), dtype=complex)
    even[np.arange(count) * len(m) + order, np.arange(count)] = 1.0
    own = np.linalg.solve(system, even)[np.arange(count) * len(m) + order].real
    out = rim * kve(1, rim) / kve(0, rim)
    back = rim * ive(1, rim) / ive(0, rim)
    found = 2.0 * np.pi * (out[:, None] * own - back[:, None] * (np.eye(count) - own))
    return np.asarray((found + found.T) / 2.0)


def _arriving(reduced: Array, rim: Array, angle: Array, m: NDArray[np.intp]) -> NDArray[np.complex128]:
    """Return what mode m of disc j makes of mode n at the rim of disc i, (i, j, n, m), its own rim's size being one."""
    with np.errstate(under="ignore"):
        decay = np.exp(-np.maximum(reduced - rim[:, None] - rim[None], 0.0))
    finite = np.where(np.isfinite(reduced), reduced, 1.0)
    bessel = {k: kve(k, finite) for k in range(2 * int(m[-1]) + 1)}
    inner = {k: ive(k, rim) for k in range(int(m[-1]) + 1)}
    outer = {k: kve(k, rim) for k in range(int(m[-1]) + 1)}
    turn = {k: np.exp(1j * k * angle) for k in range(-2 * int(m[-1]), 2 * int(m[-1]) + 1)}
    found = np.empty((*reduced.shape, len(m), len(m)), dtype=complex)
    off = ~np.eye(len(rim), dtype=bool)
    for a, n in enumerate(m):
        for b, k in enumerate(m):
            ratio = bessel[abs(n - k)] * inner[abs(n)][:, None] / outer[abs(k)][None]
            found[:, :, a, b] = np.where(off, (-1.0) ** n * ratio * decay * turn[k - n], 0.0)
    return found


def among_alike(G: Array, area_nm2: float, range_nm: float) -> Array:
    """Return the conductances of discs on a piece of a film that looks the same everywhere, so that nothing flows out
    of the piece: beside its discs only its own area keeps adatoms.

    What others would send is a background c0, the same all over the piece, at which all emission is what the area
    keeps: D area c0 / L2. Without loss the sum of all emission is zero; from half the piece away no more arrives than
    the range lets through.
    """
    sums, arriving = G.sum(axis=1), np.exp(-(area_nm2**0.5) / (2.0 * range_nm))
    return np.asarray(G - arriving * np.outer(sums, sums) / (area_nm2 / range_nm**2 + sums.sum()))
