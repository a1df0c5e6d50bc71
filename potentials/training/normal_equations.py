"""Least squares for the student: normal equations summed cell by cell, a physical prior, one solve.

The normal equations of a set of cells are a matrix and a vector, so a new round of labels is one addition.
"""

import os
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import get_context

import ase
import numpy as np
import scipy.linalg
from ase.data import atomic_numbers
from ase.units import GPa
from numpy.typing import NDArray
from rich.progress import track

from nanokiln.potentials.basis.pod import Pod
from nanokiln.potentials.basis.pod_prior import pod_prior
from nanokiln.potentials.basis.splines import Basis, Grid
from nanokiln.potentials.training.dataset import origin_of

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

ENERGY_WEIGHT = 100.0  # per eV/atom of a cell of 48 atoms; errors of atoms add up like noise, so it grows as sqrt(N)
FORCE_WEIGHT = 1.0  # per eV/A
STRESS_WEIGHT = 100.0  # per eV/A^3
STRONG_FORCE_EV_A = 6.0  # forces well above this count less: they are collisions, not vibrations
# How much a cell counts by where it came from: random cells are further from what will be run than the student's own
# dynamics; cells near rest have small forces and would not count otherwise, but elastic constants and modes live there;
# gases of few atoms at full weight cost crystals their order; small strained cells are many and far from what is run;
# frames of a hot crystal whose framework changed its stacking are few and say what that costs; copper and its selenide
# beside CdSe, and frames of the runs that recipes make, are what the students are for; melts of any composition are far
# from it, and must only not lie too low.
TRUST = {"seed": 0.3, "rest": 2.0, "gas": 0.1, "small": 0.6, "stacking": 2.0, "exchange": 2.0, "melt": 0.7, "drop": 0.7}
# Of a cell with many elements the rows are long (descriptors of four elements: 6460 columns, of two: 512), and a sum
# takes their square: a share of its atoms, weighted up, stands for all of their forces.
FORCE_SHARE = {3: 0.6, 4: 0.3}
SMALLEST_SHARE = 12  # atoms
ROWS = 6000  # force components of cells that are summed at once
BLOCK = 2560  # rows of a sum that are added at once
CORE_A = 1.45  # below this no label reaches; the pair splines follow the screened nuclear repulsion


@dataclass
class NormalEquations:
    """X^T X and X^T y of weighted energies per atom, forces and stresses; (size, size) and (size).

    `trust` says how much a cell counts by where it came from.
    """

    basis: Basis | Pod
    trust: Mapping[str, float] = field(default_factory=TRUST.copy)
    matrix: Floats = field(init=False)
    vector: Floats = field(init=False)
    cells: int = 0

    def __post_init__(self) -> None:
        """Start from zero."""
        self.matrix = np.zeros((self.basis.size, self.basis.size))
        self.vector = np.zeros(self.basis.size)

    def add(
        self, cells: Iterable[ase.Atoms], description: str | None = None, processes: int = 1, rows_at_once: int = ROWS
    ) -> None:
        """Add labelled cells; those with the same elements are summed together, in the columns they touch.

        With a `description` a progress bar is shown; several `processes` sum side by side.
        """
        self.add_batches(batches_of(self.basis, cells, rows_at_once), description, processes)

    def add_batches(
        self, batches: Sequence[Sequence[ase.Atoms]], description: str | None = None, processes: int = 1
    ) -> None:
        """Add labelled cells batch after batch, as `add` does; to go on with more gives the same to the last bit."""
        summed = partial(_summed, self.basis, self.trust)
        with ExitStack() as stack:
            parts: Iterable[tuple[Ints, Floats, Floats]] = map(summed, batches)
            if processes > 1:
                os.environ.setdefault("OMP_NUM_THREADS", "1")
                workers = stack.enter_context(ProcessPoolExecutor(processes, get_context("spawn")))
                parts = workers.map(summed, batches)
            for columns, matrix, vector in track(parts, description or "", len(batches), disable=description is None):
                _add_block(self.matrix, columns, matrix)
                self.vector[columns] += vector
        self.cells += sum(map(len, batches))


def batches_of(basis: Basis | Pod, cells: Iterable[ase.Atoms], rows: int = ROWS) -> list[list[ase.Atoms]]:
    """Return the cells in lists of one set of elements each, of about so many force components."""
    done: list[list[ase.Atoms]] = []
    filling: dict[frozenset[int], list[ase.Atoms]] = defaultdict(list)
    filled: dict[frozenset[int], int] = defaultdict(int)
    for cell in cells:
        elements = frozenset(int(t) for t in basis.types_of(cell))
        filling[elements].append(cell)
        filled[elements] += 3 * len(_shared_out(basis, cell)[0])
        if filled[elements] > rows:
            done.append(filling.pop(elements))
            del filled[elements]
    return [*done, *filling.values()]


def _summed(basis: Basis | Pod, trust: Mapping[str, float], cells: Sequence[ase.Atoms]) -> tuple[Ints, Floats, Floats]:
    """Return the columns that cells of one set of elements touch, and X^T X and X^T y in these."""
    rows = [weighted_rows(basis, cell, trust) for cell in cells]
    X = np.concatenate([x for _, x, _ in rows])
    return rows[0][0], X.T @ X, X.T @ np.concatenate([y for _, _, y in rows])


def _add_block(matrix: Floats, columns: Ints, block: Floats) -> None:
    """Add a block to the matrix at these columns, some rows at a time: of many columns a copy is gigabytes."""
    for low in range(0, len(columns), BLOCK):
        matrix[np.ix_(columns[low : low + BLOCK], columns)] += block[low : low + BLOCK]


def given(basis: Basis | Pod, atoms: ase.Atoms) -> tuple[float, Floats, Floats]:
    """Return what the model has beside its coefficients: energy, forces and stress of the core under descriptors."""
    if isinstance(basis, Pod):
        return basis.core.of(atoms)
    return 0.0, np.zeros((len(atoms), 3)), np.zeros(6)


def weighted_rows(basis: Basis | Pod, atoms: ase.Atoms, trust: Mapping[str, float]) -> tuple[Ints, Floats, Floats]:
    """Return the columns that a labelled cell touches, its weighted rows in these and their targets: energy per atom,
    forces, stress."""
    columns, energy, forces, stress = basis.sparse_features(atoms)
    core_energy, core_forces, core_stress = given(basis, atoms)
    strength = np.linalg.norm(atoms.arrays["forces"], axis=1)
    per_atom = FORCE_WEIGHT / np.sqrt(1 + (strength / STRONG_FORCE_EV_A) ** 2)
    counts = trust.get(origin_of(atoms), 1.0)
    per_atom *= counts
    calm = counts * float(1 / np.sqrt(1 + (strength.max() / 8.0) ** 2))
    we, ws = ENERGY_WEIGHT * calm / np.sqrt(48 * len(atoms)), STRESS_WEIGHT * calm
    chosen, up = _shared_out(basis, atoms)
    per_atom, forces, left = up * per_atom[chosen], forces[chosen], (atoms.arrays["forces"] - core_forces)[chosen]
    X = np.concatenate(
        [
            we * energy[None],
            (per_atom[:, None, None] * forces).reshape(-1, len(columns)),
            ws * stress,
        ]
    )
    y: list[Floats] = [
        np.array([we * (atoms.info["energy"] - core_energy)]),
        (per_atom[:, None] * left).ravel(),
        ws * (np.asarray(atoms.info["stress"]) - core_stress),
    ]
    return columns, X, np.concatenate(y)


def _shared_out(basis: Basis | Pod, atoms: ase.Atoms) -> tuple[Ints, float]:
    """Return which atoms' forces are fitted, always the same of a cell, and how much more each counts."""
    share = FORCE_SHARE.get(len(set(atoms.numbers)), 1.0) if isinstance(basis, Pod) else 1.0
    count = round(share * len(atoms))
    if share == 1.0 or count < SMALLEST_SHARE:
        return np.arange(len(atoms)), 1.0
    seed = abs(round(1e6 * float(atoms.info["energy"])))
    return np.sort(np.random.default_rng(seed).permutation(len(atoms))[:count]), float(np.sqrt(len(atoms) / count))


def solve(equations: NormalEquations) -> Floats:
    """Return the coefficients (eV) that fit the labels under the prior."""
    return solve_with_factor(equations)[0]


def solve_with_factor(equations: NormalEquations) -> tuple[Floats, Floats]:
    """Return the coefficients (eV) and the lower Cholesky factor of the posterior's inverse covariance."""
    matrix, vector = prior(equations.basis, np.diag(equations.matrix))
    matrix += equations.matrix
    factor = scipy.linalg.cholesky(matrix, lower=True, overwrite_a=True, check_finite=False)
    return scipy.linalg.cho_solve((factor, True), equations.vector + vector, check_finite=False), factor


def prior(basis: Basis | Pod, seen: Floats) -> tuple[Floats, Floats]:
    """Return the prior's matrix and vector: smooth splines, a repulsive core, weak unseen triplets (see `pod_prior` for
    descriptors).

    `seen` is the diagonal of X^T X: a spline without data is pulled to the screened nuclei (pairs) or to zero
    (triplets), one with data left free.
    """
    if isinstance(basis, Pod):
        return pod_prior(basis, seen), np.zeros(basis.size)
    matrix, vector = np.zeros((basis.size, basis.size)), np.zeros(basis.size)
    n = len(basis.elements)
    matrix[range(n), range(n)] = 1e-4
    for i, j in basis.pairs:
        columns = basis.pair_columns[i, j] + np.arange(basis.pair.intervals)
        block, height, core = _pair_prior(basis.pair, basis.elements[i], basis.elements[j])
        pull = core + _unseen(seen[columns])
        matrix[np.ix_(columns, columns)] += block + np.diag(pull)
        vector[columns] += pull * height
    for block_index in range(len(basis.triplets)):
        columns, block = _triplet_prior(basis, block_index)
        matrix[np.ix_(columns, columns)] += block + np.diag(_unseen(seen[columns]))
    return matrix, vector


def _unseen(seen: Floats) -> Floats:
    return 0.5 / (1 + seen / 2)


def _pair_prior(grid: Grid, a: str, b: str) -> tuple[Floats, Floats, Floats]:
    """Second differences small (also across the cutoff, where the curve is zero), nuclei, and how they hold a core."""
    n, centres = grid.intervals, grid.centres_A()
    second = (np.eye(n, k=-1) - 2 * np.eye(n) + np.eye(n, k=1))[1:]
    second *= np.where(centres[1:] < 2.0, 0.1, 1.0)[:, None]
    core = 10.0 * (centres < CORE_A)
    height = np.minimum(0.5 * screened_repulsion_eV(a, b, centres), 60.0)
    return 0.1 * second.T @ second + 1e-3 * np.eye(n), height, np.asarray(core)


def _triplet_prior(basis: Basis, block: int) -> tuple[Ints, Floats]:
    """Second differences along the three distances between neighbouring splines of the block, and a ridge."""
    table = basis.block_columns(block)
    columns = np.unique(table[table >= 0])
    local = np.where(table >= 0, np.searchsorted(columns, table), -1)
    matrix = 1e-2 * np.eye(len(columns))
    for axis in range(3):
        moved = np.moveaxis(local, axis, 0)
        padded = np.concatenate([moved, np.full((1, *moved.shape[1:]), -2)])
        low, mid, high = padded[:-2].ravel(), padded[1:-1].ravel(), padded[2:].ravel()
        use = (low >= 0) & (mid >= 0) & (high != -1)
        rows = np.zeros((int(use.sum()), len(columns)))
        index = np.arange(len(rows))
        np.add.at(rows, (index, low[use]), 1.0)
        np.add.at(rows, (index, mid[use]), -2.0)
        inside = high[use] >= 0
        np.add.at(rows, (index[inside], high[use][inside]), 1.0)
        matrix += 0.3 * rows.T @ rows
    return columns, matrix


def screened_repulsion_eV(a: str, b: str, r_A: Floats) -> Floats:
    """Return the universal screened nuclear repulsion (Ziegler, Biersack, Littmark 1985) at distances r."""
    za, zb = atomic_numbers[a], atomic_numbers[b]
    x = r_A * (za**0.23 + zb**0.23) / 0.46850
    screening = 0.18175 * np.exp(-3.1998 * x) + 0.50986 * np.exp(-0.94229 * x)
    screening += 0.28022 * np.exp(-0.4029 * x) + 0.02817 * np.exp(-0.20162 * x)
    return np.asarray(14.399645 * za * zb / r_A * screening)


@dataclass(frozen=True)
class Errors:
    """Root mean squares of student minus teacher over a group of cells."""

    cells: int
    energy_meV_atom: float
    force_eV_A: float
    stress_GPa: float
    force_slope: float


def errors(basis: Basis | Pod, coefficients_eV: Floats, cells: Iterable[ase.Atoms]) -> Errors:
    """Compare predicted energies per atom, force components and stresses with the labels of the cells."""
    e, f, s, g = [], [], [], []
    for atoms in cells:
        energy, forces, stress = predicted_of(basis, coefficients_eV, atoms)
        e.append((energy - atoms.info["energy"]) / len(atoms))
        f.append(forces.ravel())
        g.append(atoms.arrays["forces"].ravel())
        s.append(stress - np.asarray(atoms.info["stress"]))
    predicted, true = np.concatenate(f), np.concatenate(g)
    slope = float(predicted @ true / max(true @ true, 1e-12))
    return Errors(len(e), 1e3 * _rms(np.array(e)), _rms(predicted - true), _rms(np.concatenate(s)) / GPa, slope)


def predicted_of(basis: Basis | Pod, coefficients_eV: Floats, atoms: ase.Atoms) -> tuple[float, Floats, Floats]:
    """Return energy (eV), forces (n, 3) in eV/A and stress (6) in eV/A^3 that the student gives a cell."""
    columns, energy, forces, stress = basis.sparse_features(atoms)
    core_energy, core_forces, core_stress = given(basis, atoms)
    c = coefficients_eV[columns]
    return core_energy + float(energy @ c), core_forces + forces @ c, core_stress + stress @ c


def _rms(x: Floats) -> float:
    return float(np.sqrt(np.mean(x**2)))
