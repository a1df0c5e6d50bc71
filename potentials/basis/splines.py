"""The student's basis: uniform clamped cubic B-splines of one distance (pairs) and of three (triplets).

The energy is linear in the coefficients, so energies, forces and virials of a cell are three arrays of
features, and fitting is least squares. The form is that of ultra-fast potentials (S. R. Xie, M. Rupp,
R. G. Hennig, npj Comput. Mater. 9 (2023) 162), which `pair_style uf3` of LAMMPS evaluates.
"""

from dataclasses import dataclass
from functools import cached_property
from itertools import combinations_with_replacement

import ase
import numpy as np
from numba import njit
from numpy.typing import NDArray
from pymatgen.optimization.neighbors import find_points_in_spheres

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Grid:
    """`intervals` equal intervals between `low_A` and `high_A`; the value and two derivatives vanish at `high_A`."""

    low_A: float
    high_A: float
    intervals: int

    @property
    def step_A(self) -> float:
        """Length of one interval."""
        return (self.high_A - self.low_A) / self.intervals

    def knots_A(self, intervals: int | None = None) -> Floats:
        """Return the clamped knot vector, lengthened to `intervals` intervals of the same step when given."""
        n = intervals or self.intervals
        line = self.low_A + self.step_A * np.arange(n + 1)
        return np.concatenate([[line[0]] * 3, line, [line[-1]] * 3])

    def stretched(self, factor: float) -> "Grid":
        """Return the grid that ends `factor` times as far out, of as many intervals of about the same length."""
        high_A = round(factor * self.high_A, 6)
        return Grid(self.low_A, high_A, round((high_A - self.low_A) / self.step_A))

    def centres_A(self) -> Floats:
        """Return where each of the `intervals` free splines has its weight (Greville abscissae)."""
        knots = self.knots_A()
        return np.array([knots[i + 1 : i + 4].mean() for i in range(self.intervals)])


@dataclass(frozen=True)
class Basis:
    """Columns of the linear model: one-body energies, then pair splines, then triplet splines.

    A triplet (i; j, k) has the centre's element first; `bond` spans r_ij and r_ik, `far` spans r_jk. With a `reach_A`
    per element, both end where the mean of the three elements' reaches puts them, at the same step: open crystals
    need their second neighbours whole, dense metals do not, and the cost grows as the sixth power.
    Triplets with equal neighbours share symmetric coefficients; splines that no triangle can reach are left out.
    """

    elements: tuple[str, ...]
    pair: Grid = Grid(0.6, 7.5, 30)
    bond: Grid = Grid(0.9, 4.5, 6)
    far: Grid = Grid(0.9, 6.3, 7)
    reach_A: tuple[float, ...] = ()

    @cached_property
    def pairs(self) -> tuple[tuple[int, int], ...]:
        """Element index pairs in column order."""
        return tuple(combinations_with_replacement(range(len(self.elements)), 2))

    @cached_property
    def triplets(self) -> tuple[tuple[int, int, int], ...]:
        """Element index triplets (centre, neighbour, neighbour) in column order."""
        n = range(len(self.elements))
        return tuple((i, j, k) for i in n for j, k in combinations_with_replacement(n, 2))

    @cached_property
    def pair_columns(self) -> Ints:
        """First column of each pair block, shape (n_elements, n_elements), symmetric."""
        n = len(self.elements)
        out = np.zeros((n, n), dtype=np.int64)
        for block, (i, j) in enumerate(self.pairs):
            out[i, j] = out[j, i] = n + block * self.pair.intervals
        return out

    @cached_property
    def triplet_grids(self) -> tuple[tuple[Grid, Grid], ...]:
        """Bond and far grid of each triplet block."""
        if not self.reach_A:
            return ((self.bond, self.far),) * len(self.triplets)
        stretch = [np.mean([self.reach_A[t] for t in triplet]) / self.bond.high_A for triplet in self.triplets]
        return tuple((self.bond.stretched(float(x)), self.far.stretched(float(x))) for x in stretch)

    @cached_property
    def triplet_columns(self) -> Ints:
        """Column of each triplet spline, -1 where there is none; (n_triplets, bond, bond, far) of the largest grids."""
        bonds, fars = zip(*self.triplet_grids, strict=True)
        m, n = max(g.intervals for g in bonds), max(g.intervals for g in fars)
        column = len(self.elements) + len(self.pairs) * self.pair.intervals
        out = np.full((len(self.triplets), m, m, n), -1, dtype=np.int64)
        for block, (_, j, k) in enumerate(self.triplets):
            reachable = _reachable(*self.triplet_grids[block])
            own = out[block][tuple(slice(size) for size in reachable.shape)]
            ordered = np.arange(len(reachable))[:, None] <= np.arange(len(reachable))
            mask = reachable & ordered[:, :, None] if j == k else reachable
            own[mask] = column + np.arange(mask.sum())
            column += int(mask.sum())
            if j == k:
                own[:] = np.maximum(own, own.transpose(1, 0, 2))
        return out

    def block_columns(self, block: int) -> Ints:
        """Return the columns of one triplet on its own grids, -1 where there is none; (bond, bond, far)."""
        bond, far = self.triplet_grids[block]
        return self.triplet_columns[block, : bond.intervals, : bond.intervals, : far.intervals]

    @cached_property
    def triplet_blocks(self) -> Ints:
        """Triplet block of (centre, j, k) in either order of the neighbours."""
        n = len(self.elements)
        out = np.zeros((n, n, n), dtype=np.int64)
        for block, (i, j, k) in enumerate(self.triplets):
            out[i, j, k] = out[i, k, j] = block
        return out

    @cached_property
    def size(self) -> int:
        """Number of columns."""
        return int(self.triplet_columns.max()) + 1

    def columns_of(self, elements: frozenset[int]) -> Ints:
        """Return the columns that a cell with only these element indices can touch, ascending."""
        mine = [np.array(sorted(elements), dtype=np.int64)]
        mine += [self.pair_columns[i, j] + np.arange(self.pair.intervals) for i, j in self.pairs if {i, j} <= elements]
        mine += [
            np.unique(c[c >= 0]) for t, c in zip(self.triplets, self.triplet_columns, strict=True) if set(t) <= elements
        ]
        return np.unique(np.concatenate(mine))

    def types_of(self, atoms: ase.Atoms) -> Ints:
        """Return the element index of every atom; ValueError for an element outside the basis."""
        symbols = atoms.get_chemical_symbols()
        unknown = sorted(set(symbols) - set(self.elements))
        if unknown:
            raise ValueError(f"the basis covers {', '.join(self.elements)}, the cell also has {', '.join(unknown)}")
        lookup = {element: index for index, element in enumerate(self.elements)}
        return np.array([lookup[s] for s in symbols], dtype=np.int64)

    def sparse_features(self, atoms: ase.Atoms) -> tuple[Ints, Floats, Floats, Floats]:
        """Return the columns that the cell's elements touch and, for these, what `features` returns."""
        columns = self.columns_of(frozenset(int(t) for t in self.types_of(atoms)))
        energy, forces, stress = self.features(atoms)
        return columns, energy[columns], forces[:, :, columns], stress[:, columns]

    def features(self, atoms: ase.Atoms) -> tuple[Floats, Floats, Floats]:
        """Return features of the energy (size), of the forces (n_atoms, 3, size) and of the virial stress (6, size).

        Stress is in ASE's sign and Voigt order, per volume; multiply each by the coefficients (eV).
        """
        types = self.types_of(atoms)
        i, j, d, D = neighbours(atoms, self.pair.high_A)
        order = np.argsort(i, kind="stable")
        start = np.searchsorted(i[order], np.arange(len(atoms) + 1))
        energy, forces, virial = np.zeros(self.size), np.zeros((len(atoms), 3, self.size)), np.zeros((6, self.size))
        np.add.at(energy, types, 1.0)
        args = types, start, j[order], d[order], np.ascontiguousarray(D[order])
        _pairs(*args, _numbers(self.pair), self.pair_columns, energy, forces, virial)
        grids = np.array([[_numbers(bond), _numbers(far)] for bond, far in self.triplet_grids])
        reach = max(bond.high_A for bond, _ in self.triplet_grids)
        _triplets(*args, reach, grids, self.triplet_blocks, self.triplet_columns, energy, forces, virial)
        volume = abs(atoms.cell.volume) if atoms.cell.rank == 3 else np.inf
        return energy, forces, virial / volume


def _numbers(grid: Grid) -> Floats:
    return np.array([grid.low_A, grid.high_A, grid.intervals])


def _reachable(bond: Grid, far: Grid) -> NDArray[np.bool_]:
    """Whether the support of a product spline holds any triangle; (bond, bond, far)."""
    a, c, m, n = bond.knots_A(), far.knots_A(), bond.intervals, far.intervals
    lo = a[:m][:, None, None], a[:m][None, :, None], c[:n][None, None, :]
    hi = a[4 : m + 4][:, None, None], a[4 : m + 4][None, :, None], c[4 : n + 4][None, None, :]
    return (hi[0] + hi[1] > lo[2]) & (hi[0] + hi[2] > lo[1]) & (hi[1] + hi[2] > lo[0])


def neighbours(atoms: ase.Atoms, cutoff_A: float) -> tuple[Ints, Ints, Floats, Floats]:
    """Return all ordered pairs closer than `cutoff_A`: index of an atom and of its neighbour, distance and vector (A).

    pymatgen's cell lists: on dense crystals a hundred times faster than ASE's, which took most of a fit.
    """
    cell = np.ascontiguousarray(atoms.cell.complete().array)
    positions, pbc = np.ascontiguousarray(atoms.positions), np.asarray(atoms.pbc, dtype=np.int64)
    i, j, image, d = find_points_in_spheres(positions, positions, r=cutoff_A, pbc=pbc, lattice=cell, tol=1e-8)
    others = d > 1e-8
    i, j, image, d = i[others], j[others], image[others], d[others]
    return i, j, d, positions[j] + image @ cell - positions[i]


@njit(cache=True)
def _spline(r, low, step, n, value, slope):  # type: ignore[no-untyped-def]
    """Fill the four splines that live at r and their derivatives; return the index of the first (Cox-de Boor)."""
    m = min(max(int((r - low) / step), 0), n - 1)
    t = np.empty(8)
    for q in range(8):
        t[q] = low + min(max(m - 3 + q, 0), n) * step
    quadratic = np.zeros(3)
    value[0] = 1.0
    for degree in range(1, 4):
        saved = 0.0
        for q in range(degree):
            right, left = t[4 + q] - r, r - t[4 + q - degree]
            part = value[q] / (right + left)
            value[q] = saved + right * part
            saved = left * part
        value[degree] = saved
        if degree == 2:
            for q in range(3):
                quadratic[q] = value[q]
    slope[0] = -3.0 * quadratic[0] / (t[4] - t[1])
    slope[1] = 3.0 * (quadratic[0] / (t[4] - t[1]) - quadratic[1] / (t[5] - t[2]))
    slope[2] = 3.0 * (quadratic[1] / (t[5] - t[2]) - quadratic[2] / (t[6] - t[3]))
    slope[3] = 3.0 * quadratic[2] / (t[6] - t[3])
    return m


@njit(cache=True)
def _pull(i, j, g, D, column, forces, virial):  # type: ignore[no-untyped-def]
    """Add the effect of an energy that grows by g per unit of the vector D from i to j, times D."""
    for x in range(3):
        forces[i, x, column] += g * D[x]
        forces[j, x, column] -= g * D[x]
        virial[x, column] += g * D[x] * D[x]
    virial[3, column] += g * D[1] * D[2]
    virial[4, column] += g * D[0] * D[2]
    virial[5, column] += g * D[0] * D[1]


@njit(cache=True)
def _pairs(types, start, neighbour, d, D, grid, columns, energy, forces, virial):  # type: ignore[no-untyped-def]
    low, high, n = grid[0], grid[1], int(grid[2])
    step = (high - low) / n
    value, slope = np.empty(4), np.empty(4)
    for i in range(len(types)):
        for x in range(start[i], start[i + 1]):
            if d[x] >= high or d[x] < low:
                continue
            j = neighbour[x]
            first = _spline(d[x], low, step, n, value, slope)
            for q in range(4):
                if first + q < n:
                    column = columns[types[i], types[j]] + first + q
                    energy[column] += value[q]
                    _pull(i, j, slope[q] / d[x], D[x], column, forces, virial)


@njit(cache=True)
def _triplets(types, start, neighbour, d, D, reach, grids, blocks, columns, energy, forces, virial):  # type: ignore[no-untyped-def]
    va, vb, vc = np.empty(4), np.empty(4), np.empty(4)
    sa, sb, sc = np.empty(4), np.empty(4), np.empty(4)
    e = np.empty(3)
    for i in range(len(types)):
        for x in range(start[i], start[i + 1]):
            if d[x] >= reach:
                continue
            for y in range(start[i], x):
                if d[y] >= reach:
                    continue
                block = blocks[types[i], types[neighbour[x]], types[neighbour[y]]]
                low, high, n = grids[block, 0, 0], grids[block, 0, 1], int(grids[block, 0, 2])
                if d[x] >= high or d[y] >= high or d[x] < low or d[y] < low:
                    continue
                a, b = (x, y) if types[neighbour[x]] <= types[neighbour[y]] else (y, x)
                j, k = neighbour[a], neighbour[b]
                e[:] = D[b] - D[a]
                r = np.sqrt(e[0] * e[0] + e[1] * e[1] + e[2] * e[2])
                far_low, far_high, far_n = grids[block, 1, 0], grids[block, 1, 1], int(grids[block, 1, 2])
                if r >= far_high or r < far_low:
                    continue
                table = columns[block]
                ia = _spline(d[a], low, (high - low) / n, n, va, sa)
                ib = _spline(d[b], low, (high - low) / n, n, vb, sb)
                ic = _spline(r, far_low, (far_high - far_low) / far_n, far_n, vc, sc)
                for p in range(min(4, n - ia)):
                    for q in range(min(4, n - ib)):
                        for s in range(min(4, far_n - ic)):
                            column = table[ia + p, ib + q, ic + s]
                            if column < 0:
                                continue
                            energy[column] += va[p] * vb[q] * vc[s]
                            _pull(i, j, sa[p] * vb[q] * vc[s] / d[a], D[a], column, forces, virial)
                            _pull(i, k, va[p] * sb[q] * vc[s] / d[b], D[b], column, forces, virial)
                            _pull(j, k, va[p] * vb[q] * sc[s] / r, e, column, forces, virial)
