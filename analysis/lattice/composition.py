"""Composition along an axis: profiles, and the front between two elements."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nanokiln.analysis.measured import Series

THIN_A = 2.0
LAYERED = 0.4  # mean phase of the layers' wave, from which on there are layers


def layer_spacing_A(height_A: NDArray[np.float64]) -> float:
    """Return the distance of the layers that atoms form along an axis, between 2 and 4.5 A; 2 A where they form none.

    It is the length whose wave finds the atoms most alike in phase.
    """
    spacings = np.linspace(THIN_A, 4.5, 251)
    alike = abs(np.exp(2j * np.pi * height_A[None] / spacings[:, None]).mean(axis=1))
    best = int(np.argmax(alike))
    return float(spacings[best]) if alike[best] > LAYERED else THIN_A


def compute_profile(
    positions_A: NDArray[np.float64], elements: NDArray[np.str_], axis: int, width_A: float = THIN_A, stage: str = ""
) -> tuple[Series, ...]:
    """Return per element the atom fraction in slices of `width_A` along a Cartesian axis, with its binomial error.

    Positions count from the middle of the atoms, so that profiles of different frames can be laid over each other;
    a slice without atoms is NaN. `stage` says of which frame they are.
    """
    here = ~np.isnan(positions_A[:, axis])
    height = positions_A[here, axis]
    height = height - 0.5 * (height.min() + height.max())
    edges = np.arange(height.min() - 1e-6, height.max() + width_A, width_A)
    total = np.histogram(height, edges)[0]
    out = []
    for element in sorted(set(elements.tolist())):
        count = np.histogram(height[elements[here] == element], edges)[0]
        with np.errstate(invalid="ignore", divide="ignore"):
            share = count / total
            smoothed = (count + 1) / (total + 2)  # keeps the error of an empty or full slice above zero
            error = np.where(total > 0, np.sqrt(smoothed * (1 - smoothed) / total), np.nan)
        centres = 0.5 * (edges[1:] + edges[:-1])
        out.append(
            Series(
                f"{element} along axis {'xyz'[axis]}{stage and f', {stage} frame'}",
                "position_A",
                "A",
                centres,
                share,
                "",
                error,
                quantity="profile",
                species=element,
                stage=stage,
            )
        )
    return tuple(out)


@dataclass(frozen=True)
class ElementFront:
    """Where one element gives way to another along an axis: `height_A` with its `error_A`, and the share of the atoms
    that are `misplaced`, on the other's side."""

    height_A: float
    error_A: float
    misplaced: float


def find_front(height_A: NDArray[np.float64], is_upper: NDArray[np.bool_]) -> ElementFront | None:
    """Return the cut that parts two elements best, those of the upper one marked; None where one of them is missing.

    It leaves the fewest atoms on the wrong side, so that of those at the cut half are of each element. The height is
    the middle of all cuts as good as the best, the error half the range of those that are worse by one atom at most.

    >>> import numpy as np
    >>> from nanokiln.analysis.lattice.composition import find_front
    >>> find_front(np.array([0.0, 2.0, 4.0, 6.0]), np.array([False, False, True, True]))
    ElementFront(height_A=3.0, error_A=3.0, misplaced=0.0)
    """
    here = ~np.isnan(height_A)
    order = np.argsort(height_A[here], kind="stable")
    height, upper = height_A[here][order], is_upper[here][order]
    if not upper.any() or upper.all():
        return None
    # The k-th cut lies between the atoms k - 1 and k; the outermost ones reach to the outermost atoms.
    wrong = np.concatenate([[0], np.cumsum(upper)]) + np.concatenate([np.cumsum(~upper[::-1])[::-1], [0]])
    low, high = np.concatenate([height[:1], height]), np.concatenate([height, height[-1:]])
    best, near = wrong == wrong.min(), wrong <= wrong.min() + 1
    middle = 0.5 * (low[best].min() + high[best].max())
    reach = max(middle - low[near].min(), high[near].max() - middle)
    return ElementFront(float(middle), float(reach), float(wrong.min() / len(height)))
