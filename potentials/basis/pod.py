"""The accurate student's basis: proper orthogonal descriptors of two to five bodies, as `pair_style pod` of LAMMPS has.

The form is N. C. Nguyen's (Phys. Rev. B 107 (2023) 144103; J. Comput. Phys. 480 (2023) 112030): radial functions
that are the principal components of Bessel functions and inverse powers, times monomials of the bond's direction,
summed over the neighbours of each element. Products of two and three such sums, contracted to invariants, are the
descriptors of three and four bodies, products of two three-body ones those of five. LAMMPS gives descriptors and
their derivatives by position but no virial, hence this evaluation; a test holds the two against each other.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import combinations_with_replacement
from math import factorial

import ase
import numpy as np
from numba import njit
from numpy.typing import NDArray

from nanokiln.potentials.basis.core import Core
from nanokiln.potentials.basis.environments import Environments
from nanokiln.potentials.basis.splines import neighbours

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

BESSEL_SCALES = (1e-3, 2.0, 4.0)  # as in LAMMPS, where they cannot be set
SAMPLES = 2000  # distances at which LAMMPS samples the radial functions for their principal components


@dataclass(frozen=True)
class Pod:
    """Columns of the linear model, per element of the centre: its own energy, then 2-, 3-, 4- and 5-body descriptors.

    `pair` counts radial functions of pairs; `three`, `four` and `five` give radial functions and angular degree of
    the others, each no larger than the one before. With `environments` every kind of neighbourhood has coefficients
    of its own, kind after kind.
    """

    elements: tuple[str, ...]
    cutoff_A: float = 5.5
    inner_A: float = 1.0
    pair: int = 6
    three: tuple[int, int] = (5, 4)
    four: tuple[int, int] = (3, 2)
    five: tuple[int, int] = (3, 2)
    bessel: int = 4
    inverse: int = 8
    core: Core = field(default_factory=Core)
    environments: Environments | None = None

    @property
    def kinds(self) -> int:
        """How many kinds of neighbourhood have coefficients of their own."""
        return 1 if self.environments is None else self.environments.count

    @cached_property
    def radial(self) -> Floats:
        """Radial functions in terms of the sampled ones: (sampled, used), with LAMMPS' norm and signs."""
        r = np.linspace(self.inner_A + 1e-6, self.cutoff_A, SAMPLES)
        sampled = self.sampled(r)[0]
        _, vectors = np.linalg.eigh(sampled.T @ sampled / SAMPLES)
        vectors = vectors[:, ::-1]
        square = (sampled @ vectors) ** 2
        vectors = vectors / np.sqrt(0.5 * np.diff(r) @ (square[1:] + square[:-1]))
        vectors = vectors * np.where(np.diag(vectors) < 0, -1.0, 1.0)
        return np.ascontiguousarray(vectors[:, : max(self.pair, self.three[0])])

    def sampled(self, r_A: Floats) -> tuple[Floats, Floats]:
        """Return Bessel functions and inverse powers, both times the cutoff function, and their slopes: (n, kinds)."""
        span = self.cutoff_A - self.inner_A
        r = r_A - self.inner_A
        y = r / span
        inside = 1.0 - y**3
        squared = inside**2 + 1e-6
        cut = np.exp(1.0 - 1.0 / np.sqrt(squared))
        slope = -3.0 * y**2 * inside / span * cut / squared**1.5
        values, slopes = [], []
        for scale in BESSEL_SCALES:
            x = (1.0 - np.exp(-scale * y)) / (1.0 - np.exp(-scale))
            dx = scale / span * np.exp(-scale * y) / (1.0 - np.exp(-scale))
            for n in range(1, self.bessel + 1):
                norm, wave = np.sqrt(2.0 / span) / n, n * np.pi
                sine, cosine = np.sin(wave * x), np.cos(wave * x)
                values.append(norm * cut * sine / r)
                slopes.append(norm * (slope * sine / r - cut * sine / r**2 + wave * cut / r * cosine * dx))
        for n in range(1, self.inverse + 1):
            values.append(cut / r_A**n)
            slopes.append((slope - n * cut / r_A) / r_A**n)
        return np.stack(values, axis=1), np.stack(slopes, axis=1)

    @cached_property
    def monomials(self) -> tuple[tuple[int, int, int], ...]:
        """Powers of x, y and z of the angular functions, degree after degree in LAMMPS' order."""
        return tuple(
            (degree - z - y, y, z)
            for degree in range(self.three[1] + 1)
            for z in range(degree + 1)
            for y in range(degree - z + 1)
        )

    @cached_property
    def angular3(self) -> tuple[Ints, Floats]:
        """Degree of each monomial, and how often it counts in the scalar product of two bonds' powers."""
        degree = np.array([sum(m) for m in self.monomials])
        times = [factorial(sum(m)) / np.prod([factorial(p) for p in m]) for m in self.monomials]
        return degree, np.array(times)

    @cached_property
    def angular4(self) -> tuple[Ints, Floats]:
        """Terms of the four-body invariants: (n, 4) of invariant and three monomials, and their counts."""
        terms, counts = four_body_terms(self.four[1])
        at = {m: k for k, m in enumerate(self.monomials)}
        return np.array([[n, *(at[m] for m in three)] for n, three in terms]), np.array(counts, dtype=float)

    @cached_property
    def invariants4(self) -> int:
        """How many four-body invariants there are of the angular degree."""
        return int(self.angular4[0][:, 0].max()) + 1

    @cached_property
    def products(self) -> tuple[tuple[int, int], ...]:
        """Pairs of three-body descriptors (radial and angular index as one) whose product is a five-body one."""
        n = self.three[1] + 1
        count = n * self.three[0]
        return tuple(
            (a, b)
            for a in range(count)
            for b in range(a, count)
            if a % n + b % n <= self.five[1] and a // n + b // n < self.five[0]
        )

    def blocks(self, elements: int) -> tuple[int, int, int, int]:
        """Return the numbers of 2-, 3-, 4- and 5-body descriptors of one centre among so many elements."""
        pairs, triples = elements * (elements + 1) // 2, elements * (elements + 1) * (elements + 2) // 6
        three = (self.three[1] + 1) * self.three[0] * pairs
        four = self.invariants4 * self.four[0] * triples if self.four[0] else 0
        five = len(self.products) * pairs * (pairs + 1) // 2 if self.five[0] else 0
        return elements * self.pair, three, four, five

    @cached_property
    def size(self) -> int:
        """Number of columns."""
        return len(self.elements) * (1 + self.kinds * sum(self.blocks(len(self.elements))))

    def columns_of(self, elements: frozenset[int]) -> Ints:
        """Return the columns that a cell with only these element indices can touch, ascending."""
        n, mine = len(self.elements), sorted(elements)
        pairs = list(combinations_with_replacement(range(n), 2))
        pair_there = [set(p) <= elements for p in pairs]
        there = [np.repeat([e in elements for e in range(n)], self.pair)]
        there.append(np.repeat(pair_there, (self.three[1] + 1) * self.three[0]))
        if self.four[0]:
            triples = [set(t) <= elements for t in combinations_with_replacement(range(n), 3)]
            there.append(np.repeat(triples, self.invariants4 * self.four[0]))
        if self.five[0]:
            there.append(self._five_columns(np.array(pair_there)))
        per = np.concatenate([np.ones(1, dtype=bool), np.tile(np.concatenate(there), self.kinds)])
        return np.concatenate([e * len(per) + np.flatnonzero(per) for e in mine])

    def _five_columns(self, pair_there: NDArray[np.bool_]) -> NDArray[np.bool_]:
        table = five_body_table(self, len(pair_there))
        per = (self.three[1] + 1) * self.three[0]
        return np.asarray(pair_there[table[:, 0] // per] & pair_there[table[:, 1] // per])

    def types_of(self, atoms: ase.Atoms) -> Ints:
        """Return the element index of every atom; ValueError for an element outside the basis."""
        symbols = atoms.get_chemical_symbols()
        unknown = sorted(set(symbols) - set(self.elements))
        if unknown:
            raise ValueError(f"the basis covers {', '.join(self.elements)}, the cell also has {', '.join(unknown)}")
        return np.array([self.elements.index(s) for s in symbols], dtype=np.int64)

    def sparse_features(self, atoms: ase.Atoms) -> tuple[Ints, Floats, Floats, Floats]:
        """Return the columns that the cell's elements touch and, for these, what `features` returns."""
        types = self.types_of(atoms)
        present = sorted({int(t) for t in types})
        local = np.searchsorted(present, types)
        i, j, d, D = neighbours(atoms, self.cutoff_A)
        order = np.argsort(i, kind="stable")
        start = np.searchsorted(i[order], np.arange(len(atoms) + 1))
        j, d, D = j[order], d[order], np.ascontiguousarray(D[order])
        value, slope = (part @ self.radial for part in self.sampled(d))
        angles, turns = directions(np.array(self.monomials), D / d[:, None], d)
        degree, times = self.angular3
        terms, counts = self.angular4
        sizes = np.array(self.blocks(len(present)))
        columns = self.columns_of(frozenset(present))
        energy, forces = np.zeros(len(columns)), np.zeros((len(atoms), 3, len(columns)))
        virial = np.zeros((6, len(columns)))
        shape = np.array([self.pair, self.three[0], self.three[1] + 1, self.four[0], self.invariants4])
        five = five_body_table(self, len(present) * (len(present) + 1) // 2)
        axes, centroids = self.environments_of(present)
        _descriptors(
            local, start, j, D, D / d[:, None], value, slope, angles, turns, degree, times, terms, counts, five, shape,
            sizes, len(present), axes, centroids, energy, forces, virial,
        )  # fmt: skip
        volume = abs(atoms.cell.volume) if atoms.cell.rank == 3 else np.inf
        return columns, energy, forces, virial / volume

    def pair_descriptors(self, atoms: ase.Atoms) -> Floats:
        """Return the pair descriptors of every atom, neighbouring element after element: (n, elements x pair)."""
        types = self.types_of(atoms)
        i, j, d, _ = neighbours(atoms, self.cutoff_A)
        value = self.sampled(d)[0] @ self.radial[:, : self.pair]
        out = np.zeros((len(atoms), len(self.elements), self.pair))
        np.add.at(out, (i, types[j]), value)
        return out.reshape(len(atoms), -1)

    def environments_of(self, elements: Sequence[int]) -> tuple[Floats, Floats]:
        """Return axes and centroids of the neighbourhoods in a model of these elements, all zero for one kind."""
        if self.environments is None:
            return np.zeros((len(elements), 1, len(elements) * self.pair)), np.zeros((len(elements), 1, 1))
        axes, centroids = self.environments.arrays
        columns = np.concatenate([e * self.pair + np.arange(self.pair) for e in elements])
        mine = np.array(elements)
        return np.ascontiguousarray(axes[mine][:, :, columns]), np.ascontiguousarray(centroids[mine])

    def features(self, atoms: ase.Atoms) -> tuple[Floats, Floats, Floats]:
        """Return features of the energy (size), of the forces (n_atoms, 3, size) and of the virial stress (6, size)."""
        columns, *parts = self.sparse_features(atoms)
        full = [np.zeros((*part.shape[:-1], self.size)) for part in parts]
        for whole, part in zip(full, parts, strict=True):
            whole[..., columns] = part
        return full[0], full[1], full[2]


def five_body_table(pod: Pod, pairs: int) -> Ints:
    """Return the two three-body descriptors of each five-body one, in LAMMPS' order of the columns: (n, 2)."""
    if not pod.five[0]:
        return np.zeros((0, 2), dtype=np.int64)
    per = (pod.three[1] + 1) * pod.three[0]
    rows = [
        (first * per + a, second * per + b)
        for first in range(pairs)
        for a in dict.fromkeys(a for a, _ in pod.products)
        for second in range(first, pairs)
        for b in (y for x, y in pod.products if x == a)
    ]
    return np.array(rows, dtype=np.int64)


Monomial = tuple[int, int, int]


def four_body_terms(degree: int) -> tuple[list[tuple[int, tuple[Monomial, Monomial, Monomial]]], list[int]]:
    """Return the terms of the invariants (a.b)^p (a.c)^q (b.c)^s of three bonds, and how often each counts.

    LAMMPS has, to the degree of a in the first bond: 1; a.b; (a.b)^2, (a.b)(a.c); then those of degree 3 and higher,
    which are not needed here.
    """
    if degree > 2:
        raise ValueError("four-body angular degrees above 2 are not there")
    powers = [[(0, 0)], [(1, 0)], [(2, 0), (1, 1)]]
    found: dict[tuple[int, tuple[Monomial, Monomial, Monomial]], int] = {}
    for n, (p, q) in enumerate(pq for level in powers[: degree + 1] for pq in level):
        for chosen in np.ndindex(*(3,) * (p + q)):
            key = (n, (_power(chosen), _power(chosen[:p]), _power(chosen[p:])))
            found[key] = found.get(key, 0) + 1
    return list(found), list(found.values())


def _power(axes: tuple[int, ...]) -> Monomial:
    return axes.count(0), axes.count(1), axes.count(2)


def directions(powers: Ints, unit: Floats, d: Floats) -> tuple[Floats, Floats]:
    """Return each monomial of each bond's direction (bonds, monomials) and its derivative by the bond (.., 3)."""
    degree = powers.max()
    by_power = np.stack([unit**n for n in range(degree + 1)])  # (power, bond, axis)
    axis = [by_power[powers[:, x], :, x].T for x in range(3)]
    value = axis[0] * axis[1] * axis[2]
    partial = []
    for x in range(3):
        lowered = by_power[np.maximum(powers[:, x] - 1, 0), :, x].T * powers[:, x]
        partial.append(lowered * axis[(x + 1) % 3] * axis[(x + 2) % 3])
    by_unit = np.stack(partial, axis=2)
    along = np.einsum("nkx,nx->nk", by_unit, unit)
    return np.ascontiguousarray(value), (by_unit - along[:, :, None] * unit[:, None, :]) / d[:, None, None]


@njit(cache=True, fastmath=True)
def _descriptors(  # type: ignore[no-untyped-def]
    types, start, neighbour, D, unit, value, slope, angles, turns, degree, times, terms, counts, five, shape,
    sizes, elements, axes, centroids, energy, forces, virial,
):  # fmt: skip
    pair, radial3, angular3, radial4, angular4 = shape[0], shape[1], shape[2], shape[3], shape[4]
    n2, n3, n4, n5 = sizes[0], sizes[1], sizes[2], sizes[3]
    kinds, count_of = centroids.shape[1], n2 + n3 + n4 + n5
    per, monomials = 1 + kinds * count_of, angles.shape[1]
    pair_of = np.zeros((elements, elements), dtype=np.int64)
    triple_of = np.zeros((elements, elements, elements), dtype=np.int64)
    count, more = 0, 0
    for a in range(elements):
        for b in range(a, elements):
            pair_of[a, b] = pair_of[b, a] = count
            count += 1
            for c in range(b, elements):
                triple_of[a, b, c] = more
                more += 1
    for i in range(len(types)):
        first, last = start[i], start[i + 1]
        offset = types[i] * per
        energy[offset] += 1.0
        if last == first:
            continue
        total = np.zeros((elements, radial3, monomials))
        d = np.zeros(count_of)
        for x in range(first, last):
            for m in range(pair):
                d[types[neighbour[x]] * pair + m] += value[x, m]
            for m in range(radial3):
                for k in range(monomials):
                    total[types[neighbour[x]], m, k] += value[x, m] * angles[x, k]
        weight, change = _weights(d[:n2], axes[types[i]], centroids[types[i]])
        _invariants(
            total, d, n2, n3, radial3, angular3, radial4, angular4, degree, times, terms, counts, pair_of, triple_of
        )
        for c in range(n5):
            d[n2 + n3 + n4 + c] = d[n2 + five[c, 0]] * d[n2 + five[c, 1]]
        g, drift = np.zeros((3, count_of)), np.zeros((3, kinds))
        U = np.zeros((radial3, monomials, 3))
        for x in range(first, last):
            e = types[neighbour[x]]
            g[:] = 0.0
            for m in range(pair):
                for y in range(3):
                    g[y, e * pair + m] = slope[x, m] * unit[x, y]
            drift[:] = 0.0
            for k in range(kinds):
                for m in range(e * pair, (e + 1) * pair):
                    for y in range(3):
                        drift[y, k] += change[k, m] * g[y, m]
            for m in range(radial3):
                for k in range(monomials):
                    for y in range(3):
                        U[m, k, y] = slope[x, m] * unit[x, y] * angles[x, k] + value[x, m] * turns[x, k, y]
            for other in range(elements):
                twice = 2.0 if other == e else 1.0
                base = n2 + angular3 * radial3 * pair_of[e, other]
                for m in range(radial3):
                    for k in range(monomials):
                        part = twice * times[k] * total[other, m, k]
                        column = base + degree[k] + angular3 * m
                        for y in range(3):
                            g[y, column] += part * U[m, k, y]
            for q in range(len(terms)):
                k1, k2, k3 = terms[q, 1], terms[q, 2], terms[q, 3]
                for a in range(elements):
                    for b in range(a, elements):
                        for c in range(b, elements):
                            if a != e and b != e and c != e:
                                continue
                            base = n2 + n3 + terms[q, 0] + angular4 * radial4 * triple_of[a, b, c]
                            for m in range(radial4):
                                ta, tb, tc = total[a, m, k1], total[b, m, k2], total[c, m, k3]
                                column = base + angular4 * m
                                if a == e:
                                    for y in range(3):
                                        g[y, column] += counts[q] * tb * tc * U[m, k1, y]
                                if b == e:
                                    for y in range(3):
                                        g[y, column] += counts[q] * ta * tc * U[m, k2, y]
                                if c == e:
                                    for y in range(3):
                                        g[y, column] += counts[q] * ta * tb * U[m, k3, y]
            for c in range(n5):
                a, b = n2 + five[c, 0], n2 + five[c, 1]
                for y in range(3):
                    g[y, n2 + n3 + n4 + c] = d[a] * g[y, b] + d[b] * g[y, a]
            j = neighbour[x]
            for k in range(kinds):
                at = offset + 1 + k * count_of
                for y in range(3):
                    for c in range(count_of):
                        push = weight[k] * g[y, c] + drift[y, k] * d[c]
                        forces[i, y, at + c] += push
                        forces[j, y, at + c] -= push
                        virial[y, at + c] += push * D[x, y]
                for c in range(count_of):
                    push_y = weight[k] * g[1, c] + drift[1, k] * d[c]
                    push_x = weight[k] * g[0, c] + drift[0, k] * d[c]
                    virial[3, at + c] += push_y * D[x, 2]
                    virial[4, at + c] += push_x * D[x, 2]
                    virial[5, at + c] += push_x * D[x, 1]
        for k in range(kinds):
            for c in range(count_of):
                energy[offset + 1 + k * count_of + c] += weight[k] * d[c]


@njit(cache=True, fastmath=True)
def _weights(pairs, axes, centroids):  # type: ignore[no-untyped-def]
    """Return the weight of each kind for an atom's pair descriptors, and its derivatives by these (kinds, n)."""
    kinds, components = centroids.shape
    weight, change = np.ones(kinds), np.zeros((kinds, len(pairs)))
    if kinds == 1:
        return weight, change
    place = np.zeros(components)
    for c in range(components):
        for m in range(len(pairs)):
            place[c] += axes[c, m] * pairs[m]
    near = np.zeros(kinds)
    by_place = np.zeros((kinds, components))
    for k in range(kinds):
        square = 1e-20  # as in LAMMPS
        for c in range(components):
            square += (place[c] - centroids[k, c]) ** 2
        near[k] = 1.0 / square
        for c in range(components):
            by_place[k, c] = 2.0 * near[k] ** 2 * (centroids[k, c] - place[c])
    whole = near.sum()
    for k in range(kinds):
        weight[k] = near[k] / whole
    for c in range(components):
        mean = by_place[:, c].sum() / whole
        for k in range(kinds):
            turn = by_place[k, c] / whole - weight[k] * mean
            for m in range(len(pairs)):
                change[k, m] += turn * axes[c, m]
    return weight, change


@njit(cache=True, fastmath=True)
def _invariants(  # type: ignore[no-untyped-def]
    total, d, n2, n3, radial3, angular3, radial4, angular4, degree, times, terms, counts, pair_of, triple_of
):
    elements = total.shape[0]
    for a in range(elements):
        for b in range(a, elements):
            base = n2 + angular3 * radial3 * pair_of[a, b]
            for m in range(radial3):
                for k in range(total.shape[2]):
                    d[base + degree[k] + angular3 * m] += times[k] * total[a, m, k] * total[b, m, k]
            for c in range(b, elements):
                base4 = n2 + n3 + angular4 * radial4 * triple_of[a, b, c]
                for q in range(len(terms)):
                    for m in range(radial4):
                        d[base4 + terms[q, 0] + angular4 * m] += (
                            counts[q] * total[a, m, terms[q, 1]] * total[b, m, terms[q, 2]] * total[c, m, terms[q, 3]]
                        )
