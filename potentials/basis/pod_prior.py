"""What a fit of descriptors assumes where labels are silent: small coefficients, and close atoms that follow the core.

Products of many close bonds have holes that no core of pairs outweighs: without `_crowds` atoms of a gas pass the walls
of their pairs and meet at 0.6 A, however many gases are labelled.
"""

from collections import defaultdict
from itertools import combinations, combinations_with_replacement

import ase
import numpy as np
from numpy.typing import NDArray

from nanokiln.potentials.basis.pod import Pod, five_body_table

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# Share of a descriptor's weight in the labels at which its coefficient is pulled to zero: smaller leaves the fit to
# rounding, larger costs accuracy (held-out forces of crystals by a tenth for every factor of ten).
RIDGE = 1e-9
# The same for how far the kinds of neighbourhood may lie from the mean of all kinds: mixtures of many elements
# have labels enough for one set of coefficients, not for one per kind.
APART = 1e-8
CLOSE_A = (1.03, 1.13, 1.23, 1.33, 1.43, 1.53)  # below what labels know, the pair shall feel the core and little else
SLACK_EV_A, SLACK_SHARE, FIRMNESS = 2.0, 0.1, 0.1  # how far off the core a close pair's force may be
CROWDS, CROWD_SIZES = 1500, (3, 12)  # random clusters in which atoms are that close, and of how many atoms
CROWD_A, CROWD_SPREAD = (
    (0.9, 1.7),
    (1.0, 2.2),
)  # shortest distance of a cluster; of each atom to one before, in units of it


def kinds(pod: Pod) -> Ints:
    """Return for every column which descriptor it is, elements aside."""
    n, three = len(pod.elements), (pod.three[1] + 1) * pod.three[0]
    counts = pod.blocks(n)
    out, used = list[Ints](), 1
    for size, count in zip((pod.pair, three, pod.invariants4 * pod.four[0]), counts, strict=False):
        out.append(used + np.tile(np.arange(size), count // max(size, 1)))
        used += size
    table = five_body_table(pod, n * (n + 1) // 2) % three
    out.append(used + table[:, 0] * three + table[:, 1])
    return np.tile(np.concatenate([np.zeros(1, dtype=np.int64), np.tile(np.concatenate(out), pod.kinds)]), n)


def pod_prior(pod: Pod, seen: Floats) -> Floats:
    """Return the prior's matrix for labels whose X^T X has the diagonal `seen`.

    Columns that differ by their elements alone share one scale, so that those of elements that hardly ever meet are
    pulled to zero; the elements' own energies are free.
    """
    kind = kinds(pod)
    scale = np.zeros(kind.max() + 1)
    np.maximum.at(scale, kind, seen)
    weight = np.maximum(scale[kind], 1e-12)
    matrix = np.diag(np.where(kind == 0, 1e-3, 1.0) * RIDGE * weight)
    if pod.kinds > 1:
        _hold_together(pod, matrix, weight)
    rows: dict[frozenset[int], list[Floats]] = defaultdict(list)
    for cell in (*_close_pairs(pod), *_crowds(pod)):
        rows[frozenset(int(t) for t in pod.types_of(cell))] += _pushes(pod, cell)
    for elements, pushes in rows.items():
        columns, X = pod.columns_of(elements), np.array(pushes)
        matrix[np.ix_(columns, columns)] += X.T @ X
    return matrix


def _hold_together(pod: Pod, matrix: Floats, weight: Floats) -> None:
    """Pull the mean over the kinds of neighbourhood to zero as before, and the single kinds to that mean."""
    per, kinds = sum(pod.blocks(len(pod.elements))), pod.kinds
    for element in range(len(pod.elements)):
        first = element * (1 + kinds * per) + 1 + np.arange(per)
        for a in range(kinds):
            for b in range(kinds):
                pull = (RIDGE - APART) / kinds + (APART if a == b else 0.0)
                matrix[first + a * per, first + b * per] = pull * weight[first]


def _pushes(pod: Pod, cell: ase.Atoms) -> list[Floats]:
    """Return, for each pair within the core's reach, the row of what descriptors add to the force along its axis."""
    forces = pod.sparse_features(cell)[2]
    out = []
    for i, j in combinations(range(len(cell)), 2):
        axis = cell.positions[j] - cell.positions[i]
        r = float(np.linalg.norm(axis))
        if r >= pod.core.outer_A:
            continue
        core = abs(float(pod.core.pair(int(cell.numbers[i]), int(cell.numbers[j]), np.array([r]))[1][0]))
        weight = FIRMNESS / (SLACK_EV_A + SLACK_SHARE * core)
        out.append(weight * (axis / r) @ (forces[j] - forces[i]) / 2)
    return out


def _close_pairs(pod: Pod) -> list[ase.Atoms]:
    """Return two atoms alone, of every pair of elements at every close distance."""
    return [
        ase.Atoms([a, b], [[0, 0, 0], [r, 0, 0]], cell=[30.0] * 3, pbc=True)
        for a, b in combinations_with_replacement(pod.elements, 2)
        for r in CLOSE_A
    ]


def _crowds(pod: Pod) -> list[ase.Atoms]:
    """Return random clusters of one to all elements, always the same, grown atom by atom at close distances."""
    rng, out = np.random.default_rng(0), []
    for _ in range(CROWDS):
        size, shortest = int(rng.integers(*CROWD_SIZES)), rng.uniform(*CROWD_A)
        places = [np.zeros(3)]
        while len(places) < size:
            step = rng.normal(size=3)
            step *= shortest * rng.uniform(*CROWD_SPREAD) / np.linalg.norm(step)
            new = places[rng.integers(len(places))] + step
            if min(np.linalg.norm(new - place) for place in places) >= shortest:
                places.append(new)
        kinds_there = rng.choice(pod.elements, int(rng.integers(1, len(pod.elements) + 1)), replace=False)
        out.append(ase.Atoms(list(rng.choice(kinds_there, size)), places, cell=[40.0] * 3, pbc=True))
    return out
