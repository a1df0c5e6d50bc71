"""Tell the kinds of neighbourhood of a system's atoms apart, by what its labelled cells hold."""

from collections.abc import Sequence
from dataclasses import replace

import ase
import numpy as np

from nanokiln.potentials.basis.environments import find_environments
from nanokiln.potentials.basis.pod import Pod
from nanokiln.potentials.training.dataset import CALM_EV_A, origin_of

WILD = frozenset({"seed", "gas"})  # random cells hold neighbourhoods that no run has


def with_kinds(pod: Pod, cells: Sequence[ase.Atoms], kinds: int, components: int) -> Pod:
    """Return the form with coefficients of their own for `kinds` of neighbourhood, found in labelled cells.

    Cells of dynamics and crystals decide, or all where there are no others; the pair descriptors of each element's
    atoms are projected on their `components` principal axes. One kind returns the form as it is. Raises ValueError
    where an element has too few atoms.
    """
    if kinds == 1:
        return pod
    run = [cell for cell in cells if origin_of(cell) not in WILD and np.abs(cell.arrays["forces"]).max() < CALM_EV_A]
    described = [(pod.types_of(cell), pod.pair_descriptors(cell)) for cell in run or cells]
    types, pairs = (np.concatenate(part) for part in zip(*described, strict=True))
    samples = [pairs[types == element] for element in range(len(pod.elements))]
    for element, sample in zip(pod.elements, samples, strict=True):
        if len(sample) < kinds:
            raise ValueError(
                f"kinds: {kinds} kinds of neighbourhood are asked for, but the labelled cells hold {len(sample)} atoms "
                f"of {element}: add cells that hold it, or set kinds: 1"
            )
    return replace(pod, environments=find_environments(samples, kinds, components))
