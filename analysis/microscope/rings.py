"""Ring patterns: the powder of all orientations, the mean over directions of one pattern, and rings with indices."""

from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from scipy.signal import find_peaks

from nanokiln.analysis.microscope.instrument import scattering_factor_A
from nanokiln.analysis.microscope.specimen import Specimen
from nanokiln.analysis.microscope.spots import reflections
from nanokiln.structures.crystals.phases import Phase, load_phase

Array = NDArray[np.float64]
BIN_A = 0.01
MOST_PAIRS = 1e8


@dataclass(frozen=True, eq=False)
class RingProfile:
    """Intensity against q (1/angstrom), and what it was made from."""

    q: Array
    intensity: Array
    about: str


@dataclass(frozen=True)
class Ring:
    """A ring: its q (1/angstrom), its height above the curve around it, and the reflections of a crystal it may be."""

    q: float
    height: float
    indices: tuple[tuple[int, int, int], ...] = ()
    off_percent: float = float("nan")

    @property
    def spacing_A(self) -> float:
        """Spacing of the planes behind it."""
        return 1 / self.q


def powder(
    specimen: Specimen, longest_q: float = 1.0, steps: int = 1200, most_pairs: float = MOST_PAIRS
) -> RingProfile:
    """Return the pattern of many such particles in every orientation, by Debye's sum over pairs, per atom (A2).

    P. Debye, Ann. Phys. 351 (1915) 809. Of large particles evenly drawn atoms stand for all as the first of a pair.
    """
    q = np.linspace(0.08, longest_q, steps)
    species = specimen.species
    total = np.zeros(steps)
    for one in specimen.each():
        kind = np.searchsorted(np.array(species), one.elements)
        points = np.ascontiguousarray(one.points_A)
        drawn = max(1, int(min(len(points), most_pairs / len(points))))
        first = np.linspace(0, len(points) - 1, drawn).astype(np.int64)
        longest = float(np.linalg.norm(np.ptp(points, axis=0)))
        bins = int(longest / BIN_A) + 2
        pairs = _pair_counts(points, kind, first, len(species), bins, BIN_A) * (len(points) / drawn)
        total += _debye(q, pairs, [scattering_factor_A(name, q) for name in species], kind) / len(points)
    return RingProfile(q, total / specimen.frames, f"all orientations, {specimen.frames} frames")


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _pair_counts(
    points: Array, kind: NDArray[np.int64], first: NDArray[np.int64], kinds: int, bins: int, width: float
) -> Array:  # pragma: no cover
    out = np.zeros((kinds, kinds, bins))
    for i in first:
        x, y, z, a = points[i, 0], points[i, 1], points[i, 2], kind[i]
        for j in range(len(points)):
            if j != i:
                r = np.sqrt((points[j, 0] - x) ** 2 + (points[j, 1] - y) ** 2 + (points[j, 2] - z) ** 2)
                out[a, kind[j], int(r / width)] += 1.0
    return out


def _debye(q: Array, pairs: Array, factors: list[Array], kind: NDArray[np.int64]) -> Array:
    kinds, bins = len(factors), pairs.shape[2]
    used = np.flatnonzero(pairs.sum(axis=(0, 1)))
    r = (used + 0.5) * BIN_A if bins else np.zeros(0)
    out = np.zeros(len(q))
    for a in range(kinds):
        out += np.sum(kind == a) * factors[a] ** 2
    weights = pairs[:, :, used].reshape(kinds * kinds, -1)
    for low in range(0, len(q), 100):
        part = slice(low, low + 100)
        waves = np.sinc(2 * q[part, None] * r[None])
        summed = waves @ weights.T
        for a in range(kinds):
            for b in range(kinds):
                out[part] += factors[a][part] * factors[b][part] * summed[:, a * kinds + b]
    return out


def find_rings(profile: RingProfile, weakest: float = 0.03, smooth: float = 0.004) -> tuple[Ring, ...]:
    """Return the rings that stand out of the curve around them by a share of the strongest, from the inside out."""
    step = float(profile.q[1] - profile.q[0])
    curve = gaussian_filter1d(profile.intensity, max(smooth / step, 0.5))
    beyond = profile.q > 0.2
    weighted = np.where(beyond, curve, 0.0)
    peaks, told = find_peaks(weighted, prominence=weakest * weighted.max())
    rings = []
    for peak, height in zip(peaks, told["prominences"], strict=True):
        rings.append(Ring(_vertex(profile.q, curve, int(peak)), float(height)))
    return tuple(rings)


def _vertex(q: Array, curve: Array, peak: int) -> float:
    """Return the top of the parabola through a peak and its neighbours."""
    if not 0 < peak < len(curve) - 1:
        return float(q[peak])
    left, top, right = curve[peak - 1 : peak + 2]
    shift = 0.5 * (left - right) / (left - 2 * top + right) if left - 2 * top + right else 0.0
    return float(q[peak] + shift * (q[1] - q[0]))


def forms(
    phase: str | Phase, longest_q: float = 1.0, weakest: float = 0.02
) -> list[tuple[Array, float, tuple[int, int, int]]]:
    """Return (q, summed strength over q^2, indices) of every ring of a crystal's powder, from the inside out."""
    crystal = load_phase(phase) if isinstance(phase, str) else phase
    indices, strength = reflections(crystal, longest_q)
    q = np.linalg.norm(indices @ np.linalg.inv(crystal.lattice_A).T, axis=1)
    out = []
    for value in np.unique(np.round(q, 5)):
        mine = abs(q - value) < 2e-5
        told = max((tuple(int(n) for n in row) for row in indices[mine]), key=lambda hkl: (hkl, -abs(sum(hkl))))
        out.append((value, float(strength[mine].sum() / value**2), (told[0], told[1], told[2])))
    strongest = max(power for _, power, _ in out)
    return [one for one in out if one[1] > weakest * strongest]


def index_rings(rings: tuple[Ring, ...], phase: str | Phase, tolerance: float = 0.02) -> tuple[Ring, ...]:
    """Return the rings with the reflections of a crystal within a tolerance, the strongest first.

    Reflections that close make one ring: how far off it lies is told against their mean, weighted by strength.
    """
    known = forms(phase, weakest=0.01)
    out = []
    for ring in rings:
        near = sorted((one for one in known if abs(ring.q / one[0] - 1) < tolerance), key=lambda one: -one[1])
        there = sum(q * power for q, power, _ in near) / sum(power for _, power, _ in near) if near else np.nan
        out.append(Ring(ring.q, ring.height, tuple(hkl for _, _, hkl in near[:3]), float(100 * (ring.q / there - 1))))
    return tuple(out)
