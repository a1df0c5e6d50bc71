"""What a fit of descriptors assumes where labels are silent: small coefficients, and pairs that follow the core."""

from itertools import combinations_with_replacement

import ase
import numpy as np
from numpy.typing import NDArray

from nanokiln.potentials.basis.pod import Pod, five_body_table

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# Share of a descriptor's weight in the labels at which its coefficient is pulled to zero: smaller leaves the fit to
# rounding, larger costs accuracy (held-out forces of crystals by a tenth for every factor of ten).
RIDGE = 1e-9
CLOSE_A = (1.03, 1.13, 1.23, 1.33, 1.43, 1.53)  # below what labels know, the pair shall feel the core and little else
SLACK_EV_A, SLACK_SHARE, FIRMNESS = 2.0, 0.1, 0.1  # how far off the core a close pair's force may be


def kinds(pod: Pod) -> Ints:
    """Return for every column which descriptor it is, elements aside."""
    n, three = len(pod.elements), (pod.three[1] + 1) * pod.three[0]
    counts = pod.blocks(n)
    out, used = [np.zeros(1, dtype=np.int64)], 1
    for size, count in zip((pod.pair, three, pod.invariants4 * pod.four[0]), counts, strict=False):
        out.append(used + np.tile(np.arange(size), count // max(size, 1)))
        used += size
    table = five_body_table(pod, n * (n + 1) // 2) % three
    out.append(used + table[:, 0] * three + table[:, 1])
    return np.tile(np.concatenate(out), n)


def pod_prior(pod: Pod, seen: Floats) -> Floats:
    """Return the prior's matrix for labels whose X^T X has the diagonal `seen`.

    Columns that differ by their elements alone share one scale, so that those of elements that hardly ever meet are
    pulled to zero; the elements' own energies are free.
    """
    kind = kinds(pod)
    scale = np.zeros(kind.max() + 1)
    np.maximum.at(scale, kind, seen)
    matrix = np.diag(RIDGE * np.maximum(scale[kind], 1e-12))
    own = np.flatnonzero(kind == 0)
    matrix[own, own] *= 1e-3
    for cell, weight in _close_pairs(pod):
        columns, _, forces, _ = pod.sparse_features(cell)
        row = weight * forces[1, 0]
        matrix[np.ix_(columns, columns)] += np.outer(row, row)
    return matrix


def _close_pairs(pod: Pod) -> list[tuple[ase.Atoms, float]]:
    out = []
    for a, b in combinations_with_replacement(pod.elements, 2):
        for r in CLOSE_A:
            cell = ase.Atoms([a, b], [[0, 0, 0], [r, 0, 0]], cell=[30.0] * 3, pbc=True)
            za, zb = cell.numbers
            force = abs(float(pod.core.pair(int(za), int(zb), np.array([r]))[1][0]))
            out.append((cell, FIRMNESS / (SLACK_EV_A + SLACK_SHARE * force)))
    return out
