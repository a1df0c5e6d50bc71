"""Kinematic selected-area diffraction: the pattern, its spots, and what their indices are in a crystal."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy.fft import fftshift, next_fast_len, rfft2
from scipy.ndimage import maximum_filter

from nanokiln.analysis.microscope.calibrated_image import CalibratedImage, Raster
from nanokiln.analysis.microscope.instrument import REST_KEV, Exposure, Instrument, scattering_factor_A
from nanokiln.analysis.microscope.specimen import Specimen
from nanokiln.structures.crystals.phases import Phase, load_phase

Array = NDArray[np.float64]
GRID_A = 0.125  # of the projected atoms: what it folds back from beyond 7/A is below 2 % in amplitude
LONGEST_Q = 1.0  # 1/A


@dataclass(frozen=True)
class Spot:
    """A spot: q (1/angstrom, to the right and up) and its intensity, summed over its extent."""

    q: tuple[float, float]
    intensity: float

    @property
    def spacing_A(self) -> float:
        """Spacing of the planes behind it."""
        return float(1 / np.hypot(*self.q))

    @property
    def angle_deg(self) -> float:
        """Direction, counted from the right against the clock."""
        return float(np.degrees(np.arctan2(self.q[1], self.q[0])))


@dataclass(frozen=True)
class IndexedSpot:
    """A spot, the reflection that explains it, and how far off it lies in length (per cent) and direction (degrees)."""

    spot: Spot
    indices: tuple[int, int, int]
    length_off_percent: float
    angle_off_deg: float


def diffraction(
    specimen: Specimen, instrument: Instrument, exposure: Exposure, longest_q: float = LONGEST_Q
) -> CalibratedImage:
    """Return the kinematic pattern |F|^2 (A^2) up to a q, the mean over frames; counts where a dose is given.

    A flat Ewald sphere, no dynamical scattering. The support film adds its atoms' own scattering without its rings.
    """
    low, high = specimen.points_A[:, :2].min(axis=0), specimen.points_A[:, :2].max(axis=0)
    size = next_fast_len(int(np.ceil((2 * float((high - low).max()) + 40) / GRID_A)), real=True)
    middle = (low + high) / 2
    raster = Raster((size, size), GRID_A, (float(middle[0]) - GRID_A * size / 2, float(middle[1]) + GRID_A * size / 2))
    along = np.fft.fftfreq(size, GRID_A)
    rows, columns = np.flatnonzero(abs(along) <= longest_q), np.flatnonzero(np.fft.rfftfreq(size, GRID_A) <= longest_q)
    q = np.hypot(along[rows][:, None], np.fft.rfftfreq(size, GRID_A)[columns][None])
    # What sharing a point among pixels multiplies the amplitude by.
    shared = np.sinc(along[rows] * GRID_A)[:, None] ** 2 * np.sinc(along[columns] * GRID_A)[None] ** 2
    half = np.zeros(q.shape)
    for one in specimen.each():
        amplitude = np.zeros(q.shape, dtype=complex)
        for element in one.species:
            there = raster.project(one.points_A[one.elements == element])
            amplitude += scattering_factor_A(element, q) * rfft2(there, workers=1)[np.ix_(rows, columns)] / shared
        half += abs(amplitude) ** 2 / specimen.frames
    data = _whole(fftshift(half, axes=0), len(columns) - 1)
    step = float(along[1])
    n = len(columns) - 1
    image = CalibratedImage("diffraction", data, step, (-n * step, n * step), "A2", "1/A", "kinematic, flat sphere")
    return _exposed(image, specimen, instrument, exposure)


def _whole(half: Array, n: int) -> Array:
    """Return the pattern from its right half: it has a centre of inversion, and row 0 is the highest q."""
    # Rows of the raster run downwards: their frequency grows downwards as well, so that upwards is minus it.
    left = half[::-1, :0:-1]
    return np.concatenate([left, half], axis=1)[: 2 * n + 1]


def _exposed(image: CalibratedImage, specimen: Specimen, instrument: Instrument, exposure: Exposure) -> CalibratedImage:
    """Add the film and, at a dose, count: |F|^2 lambda^2 dq^2 is the cross section that a pixel takes."""
    q = np.hypot(image.rows[:, None], image.columns[None])
    film = instrument.film
    area = float(np.prod(np.ptp(specimen.points_A[:, :2], axis=0)))
    behind = film.atoms_per_A3 * 10 * exposure.film_nm * area
    data = image.data + behind * scattering_factor_A(film.element, q) ** 2
    if exposure.dose_per_A2 is None:
        return image.with_data(data)
    # f here is that of electrons at rest: m/m0 raises it to the microscope's energy.
    gamma = 1 + instrument.high_tension_kV / REST_KEV
    taken = (gamma * instrument.wavelength_A * image.pixel) ** 2
    return image.with_data(exposure.count(data * taken * exposure.dose_per_A2), unit="electrons")


def find_spots(pattern: CalibratedImage, weakest: float = 0.01, shortest_q: float = 0.12) -> tuple[Spot, ...]:
    """Return the spots brighter than a share of the brightest beyond the central beam, the brightest first.

    A spot lies at the centroid of its peak; it is as wide as the particle makes it, and summed over that.
    """
    q = np.hypot(pattern.rows[:, None], pattern.columns[None])
    data = np.where((q > shortest_q) & (q <= pattern.columns[-1]), pattern.data, 0.0)
    width = max(2, round(_central_width(pattern) / pattern.pixel))
    peaks = (data == maximum_filter(data, size=4 * width + 1)) & (data > weakest * data.max()) & (data > 0)
    spots = []
    for row, column in np.argwhere(peaks):
        r, c = (slice(max(int(n) - width, 0), int(n) + width + 1) for n in (row, column))
        mine = data[r, c]
        if mine.shape != (2 * width + 1, 2 * width + 1):
            continue
        sharp = np.where(mine > 0.3 * mine.max(), mine, 0.0)
        x = float((sharp.sum(axis=0) @ pattern.columns[c]) / sharp.sum())
        y = float((sharp.sum(axis=1) @ pattern.rows[r]) / sharp.sum())
        spots.append(Spot((x, y), float(mine.sum())))
    return tuple(sorted(spots, key=lambda spot: -spot.intensity))


def _central_width(pattern: CalibratedImage) -> float:
    """Return where the central beam has fallen to 5 % of its height: every spot has its shape."""
    middle = pattern.data.shape[0] // 2
    row = pattern.data[middle, pattern.data.shape[1] // 2 :]
    below = np.flatnonzero(row < 0.05 * row[0])
    return float(pattern.pixel * (below[0] if len(below) else 3))


def reflections(phase: Phase, longest_q: float = LONGEST_Q, weakest: float = 1e-3) -> tuple[NDArray[np.int64], Array]:
    """Return the indices (n, 3) of a crystal's reflections up to a q and their |F|^2, weaker ones left out."""
    reciprocal = np.linalg.inv(phase.lattice_A).T
    most = np.ceil(longest_q * np.linalg.norm(phase.lattice_A, axis=1)).astype(int)
    axes = [np.arange(-n, n + 1) for n in most]
    indices = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    q = np.linalg.norm(indices @ reciprocal, axis=1)
    indices, q = indices[(q > 1e-9) & (q <= longest_q)], q[(q > 1e-9) & (q <= longest_q)]
    phases = np.exp(2j * np.pi * indices @ phase.basis.T)
    factors = np.stack([scattering_factor_A(element, q) for element in phase.species], axis=1)
    strength = abs((factors * phases).sum(axis=1)) ** 2
    strong = strength > weakest * strength.max()
    return indices[strong], strength[strong]


def index_spots(
    spots: Sequence[Spot], phase: str | Phase, tolerance: float = 0.02, angle_deg: float = 1.5
) -> tuple[IndexedSpot, ...]:
    """Return the spots with their indices in a crystal that explains the most of them; none where none fits.

    Tried are all pairs of reflections that have the lengths of two bright spots and the angle between them; every
    other spot must then lie on the plane that these span, within tolerance of a reflection's place.
    """
    crystal = load_phase(phase) if isinstance(phase, str) else phase
    indices, _ = reflections(crystal)
    vectors = indices @ np.linalg.inv(crystal.lattice_A).T
    lengths = np.linalg.norm(vectors, axis=1)
    best: tuple[IndexedSpot, ...] = ()
    for first, second in combinations(spots[:6], 2):
        a, b = np.array(first.q), np.array(second.q)
        if abs(a[0] * b[1] - a[1] * b[0]) < 0.2 * np.hypot(*a) * np.hypot(*b):
            continue
        for frame in _frames(vectors, lengths, (a, b), tolerance, angle_deg):
            found = _explained(spots, indices, vectors @ frame.T, tolerance, angle_deg)
            if len(found) > len(best):
                best = found
        if len(best) == len(spots):
            break
    return best


def _frames(
    vectors: Array, lengths: Array, pair: tuple[Array, Array], tolerance: float, angle_deg: float
) -> list[Array]:
    """Return rotations (3, 3) that lay two reflections onto two spots, one for every zone, the best first."""
    size = [float(np.hypot(*one)) for one in pair]
    near = [np.flatnonzero(abs(lengths / one - 1) < tolerance) for one in size]
    if not all(len(one) for one in near):
        return []
    asked = np.degrees(np.arccos(np.clip(pair[0] @ pair[1] / size[0] / size[1], -1, 1)))
    # Reflections of a form are alike: the first of each length will do as the first of the pair.
    _, only = np.unique(np.round(lengths[near[0]], 4), return_index=True)
    cosines = (vectors[near[0]] @ vectors[near[1]].T) / lengths[near[0]][:, None] / lengths[near[1]][None]
    off = abs(np.degrees(np.arccos(np.clip(cosines, -1, 1))) - asked)
    chosen = near[0][only] if len(near[0]) > 60 else near[0]
    # The second spot lies to the left of the first (seen from the middle), or to its right.
    side = float(np.sign(pair[0][0] * pair[1][1] - pair[0][1] * pair[1][0]))
    pairs = [(i, j) for i in chosen for j in near[1][off[np.flatnonzero(near[0] == i)[0]] < angle_deg]]
    return [_rotation(vectors[i], side * vectors[j], pair[0]) for i, j in pairs[:400]]


def _rotation(first: Array, second: Array, spot: Array) -> Array:
    """Return the rotation that lays `first` along a spot and `second` to the left of it in the picture."""
    x = first / np.linalg.norm(first)
    z = np.cross(first, second)
    z /= np.linalg.norm(z)
    angle = np.arctan2(spot[1], spot[0])
    turn = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
    return np.asarray(turn @ np.array([x, np.cross(z, x), z]))


def _explained(
    spots: Sequence[Spot], indices: NDArray[np.int64], turned: Array, tolerance: float, angle_deg: float
) -> tuple[IndexedSpot, ...]:
    flat = abs(turned[:, 2]) < 0.02
    plane, names = turned[flat, :2], indices[flat]
    size, at = np.hypot(plane[:, 0], plane[:, 1]), np.degrees(np.arctan2(plane[:, 1], plane[:, 0]))
    out = []
    for spot in spots:
        length = 100 * (np.hypot(*spot.q) / size - 1)
        angle = (spot.angle_deg - at + 180) % 360 - 180
        close = (abs(length) < 100 * tolerance) & (abs(angle) < angle_deg)
        if close.any():
            k = int(np.flatnonzero(close)[np.argmin(abs(length[close]) + abs(angle[close]))])
            h = tuple(int(n) for n in names[k])
            out.append(IndexedSpot(spot, (h[0], h[1], h[2]), float(length[k]), float(angle[k])))
    return tuple(out)
