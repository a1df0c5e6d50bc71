"""Minimum energy paths of elementary steps under any calculator."""

from dataclasses import dataclass

import numpy as np
from ase import Atoms
from ase.calculators.calculator import Calculator
from ase.mep import NEB
from ase.optimize import FIRE
from numpy.typing import NDArray

from nanokiln.potentials.validation.measurement import energy

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Pathway:
    """Images from one minimum to another along the minimum energy path, and the largest force left on them (eV/A)."""

    images: tuple[Atoms, ...]
    energies_eV: Array
    residual_eV_A: float

    @property
    def saddle(self) -> Atoms:
        """The highest image."""
        return self.images[int(np.argmax(self.energies_eV))]

    @property
    def barrier_eV(self) -> float:
        """Height of the highest image above the first one."""
        return float(self.energies_eV.max() - self.energies_eV[0])

    @property
    def backward_eV(self) -> float:
        """Height of the highest image above the last one."""
        return float(self.energies_eV.max() - self.energies_eV[-1])


def find_pathway(
    start: Atoms, end: Atoms, calculator: Calculator, images: int = 5, force_eV_A: float = 0.05, steps: int = 400
) -> Pathway:
    """Return the path between two relaxed ends by a nudged elastic band whose highest image climbs.

    G. Henkelman, B. P. Uberuaga, H. Jonsson, J. Chem. Phys. 113 (2000) 9901. Raises RuntimeError when the band
    keeps a force above `force_eV_A`.
    """
    band = [start, *(start.copy() for _ in range(images)), end]
    for image in band:
        image.calc = calculator
    chain = NEB(band, climb=False, allow_shared_calculator=True, method="improvedtangent")
    chain.interpolate("idpp" if images > 1 else "linear", mic=True)
    # A band far from its path climbs nowhere: it settles first.
    FIRE(chain, logfile=None).run(fmax=6 * force_eV_A, steps=steps // 2)
    chain.climb = True
    FIRE(chain, logfile=None).run(fmax=force_eV_A, steps=steps)
    residual = float(np.sqrt((chain.get_forces() ** 2).sum(axis=1).max()))
    if residual > force_eV_A:
        raise RuntimeError(f"the band keeps a force of {residual:.2f} eV/A after {steps} steps")
    return Pathway(tuple(image.copy() for image in band), np.array([energy(image) for image in band]), residual)
