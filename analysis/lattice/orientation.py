"""Orientation and strain: one least-squares fit of each domain's lattice, from the labels of its atoms."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import polar
from scipy.spatial.transform import Rotation

from nanokiln.structures.model import Model

Array = NDArray[np.float64]
Index = NDArray[np.int64]

_STRAY_A = 1.6  # an atom further than this from its lattice place has left it
_ROUNDS = 5
_BLOCKS = 2  # per axis: eight blocks for the jackknife


@dataclass(frozen=True)
class Lattice:
    """A domain's lattice now: `vectors_A` (rows), `rotation` and `strain` (3, 3) against its unstrained reference.

    `strain` is the Biot strain U - 1 of the deformation R U in the laboratory frame before the rotation. `error_*` are
    jackknife standard errors over eight blocks of the crystal; `rms_A` is the scatter of the atoms about the lattice.
    """

    vectors_A: Array
    rotation: Array
    strain: Array
    error_vectors_A: Array
    error_strain: Array
    rms_A: float
    used: int

    @property
    def constants(self) -> tuple[Array, Array]:
        """Return a, b, c (angstrom) and alpha, beta, gamma (degrees)."""
        return _constants(self.vectors_A)

    def turned_by_deg(self) -> float:
        """Angle of the rotation, degrees."""
        return float(np.degrees(Rotation.from_matrix(self.rotation).magnitude()))


def _constants(vectors: Array) -> tuple[Array, Array]:
    length = np.linalg.norm(vectors, axis=1)
    cosine = [vectors[i] @ vectors[j] / (length[i] * length[j]) for i, j in ((1, 2), (0, 2), (0, 1))]
    return length, np.degrees(np.arccos(np.clip(cosine, -1, 1)))


def fit_lattice(model: Model, domain: int, positions_A: Array, use: NDArray[np.bool_] | None = None) -> Lattice:
    """Fit a domain's lattice to positions (n_atoms, 3), in one piece; NaN rows and strayed atoms are left out.

    Fits the anions (all atoms of a metal), or what `use` (n_atoms,) names. ValueError: fewer than twelve atoms, or less
    than half of them, are still on a common lattice, as in a domain that has melted or transformed.
    """
    crystal = model.domains[domain]
    labels = model.atoms.arrays
    wanted = (labels["sublattice"] != "cation") if use is None else use
    atoms = np.flatnonzero((labels["domain"] == domain) & wanted & ~np.isnan(positions_A[:, 0]))
    fractional = labels["cell_index"][atoms] + crystal.basis[labels["site"][atoms]]
    now = positions_A[atoms]
    keep = np.ones(len(atoms), dtype=bool)
    for _ in range(_ROUNDS):
        if keep.sum() < 12:
            raise ValueError(f"domain {crystal.name} has {int(keep.sum())} atoms on its lattice; a fit needs twelve")
        if np.linalg.matrix_rank(fractional[keep] - fractional[keep].mean(axis=0), tol=1e-6) < 3:
            raise ValueError(f"the labels of domain {crystal.name} lie in a plane; its lattice cannot be fitted")
        vectors, origin = _affine(fractional[keep], now[keep])
        residual = np.linalg.norm(now - origin - fractional @ vectors, axis=1)
        stay = residual < _STRAY_A
        if (stay == keep).all():
            break
        keep = stay if stay.sum() >= 12 else keep
    if keep.mean() < 0.5:
        raise ValueError(f"only {keep.mean():.0%} of domain {crystal.name} is still on its lattice; it has none to fit")
    samples = _jackknife(fractional[keep], now[keep])
    rotation, strain = _strain(vectors, crystal.reference_A)
    n = len(samples)
    if n < 2:  # too small to leave a block out: the errors are not known
        nowhere = np.full((3, 3), np.nan)
        rms = float(np.sqrt((residual[keep] ** 2).mean()))
        return Lattice(vectors, rotation, strain, nowhere, nowhere, rms, int(keep.sum()))
    spread = np.sqrt((n - 1) / n)
    strains = np.array([_strain(v, crystal.reference_A)[1] for v in samples])
    return Lattice(
        vectors,
        rotation,
        strain,
        spread * np.sqrt(((samples - samples.mean(0)) ** 2).sum(0)),
        spread * np.sqrt(((strains - strains.mean(0)) ** 2).sum(0)),
        float(np.sqrt((residual[keep] ** 2).mean())),
        int(keep.sum()),
    )


def _affine(fractional: Array, positions: Array) -> tuple[Array, Array]:
    design = np.column_stack([fractional, np.ones(len(fractional))])
    solution = np.linalg.lstsq(design, positions, rcond=None)[0]
    return np.asarray(solution[:3], dtype=np.float64), np.asarray(solution[3], dtype=np.float64)


def _strain(vectors: Array, reference: Array) -> tuple[Array, Array]:
    deformation = np.linalg.solve(reference, vectors).T
    rotation, stretch = polar(deformation)
    return rotation, stretch - np.eye(3)


def _jackknife(fractional: Array, positions: Array) -> Array:
    """Return the vectors with each of eight blocks of space left out: errors that neighbouring atoms share stay in."""
    middle = np.median(positions, axis=0)
    block = ((positions > middle) @ np.array([4, 2, 1])).astype(int)
    parts = [block != b for b in np.unique(block)]
    return np.array([_affine(fractional[p], positions[p])[0] for p in parts if p.sum() >= 12])


def angle_between(one: Array, other: Array) -> float:
    """Return the angle between two directions regardless of sign, degrees.

    >>> import numpy as np
    >>> from nanokiln.analysis.lattice import angle_between
    >>> round(angle_between(np.array([0, 0, 1.0]), np.array([0, 1.0, -1.0])))
    45
    """
    cosine = abs(one @ other) / (np.linalg.norm(one) * np.linalg.norm(other))
    return float(np.degrees(np.arccos(np.clip(cosine, 0, 1))))


def interface_roughness(
    positions_A: Array, lower: NDArray[np.bool_], upper: NDArray[np.bool_], axis: int, column_A: float = 6.0
) -> tuple[float, float, int]:
    """Return mean height and roughness (standard deviation, angstrom) of the interface between two sets of atoms, and
    from how many columns they come.

    The interface in each column of side `column_A` lies half-way between the highest of the lower set and the lowest of
    the upper set; columns without both are left out. NaN where there are fewer than four columns.
    """
    plane = [i for i in range(3) if i != axis]
    column = np.floor(positions_A[:, plane] / column_A)
    there = (lower | upper) & ~np.isnan(positions_A[:, 0])
    _, index = np.unique(column[there], axis=0, return_inverse=True)
    index = index.ravel()  # numpy 2.0 keeps an axis
    height, below = positions_A[there, axis], lower[there]
    n = int(index.max()) + 1 if len(index) else 0
    top, bottom = np.full(n, -np.inf), np.full(n, np.inf)
    np.maximum.at(top, index[below], height[below])
    np.minimum.at(bottom, index[~below], height[~below])
    both = np.isfinite(top) & np.isfinite(bottom)
    if both.sum() < 4:
        return float("nan"), float("nan"), int(both.sum())
    middle = 0.5 * (top[both] + bottom[both])
    return float(middle.mean()), float(middle.std(ddof=1)), len(middle)
