"""Which frames the student does not know yet: the posterior deviation of its forces, in units of the fit's noise."""

from collections.abc import Sequence
from dataclasses import dataclass

import ase
import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from nanokiln.potentials.training.student import Form

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class ExtrapolationGrade:
    """How far a cell lies outside the fitted ones: above 1 the student extrapolates.

    `factor` is the lower Cholesky factor of X^T X plus prior. A cell's grade is the root mean square
    deviation of its predicted forces under the posterior of the linear model, divided by `usual`,
    the 95th percentile among fitted cells.
    """

    basis: Form
    factor: Floats
    usual: float = 1.0

    def grade(self, atoms: ase.Atoms, rows: int = 24) -> float:
        """Return the grade of a cell, from `rows` of its force components at fixed random places."""
        forces = self.basis.features(atoms)[1].reshape(-1, self.basis.size)
        chosen = np.random.default_rng(len(forces)).permutation(len(forces))[:rows]
        z = scipy.linalg.solve_triangular(self.factor, forces[chosen].T, lower=True, check_finite=False)
        return float(np.sqrt((z**2).sum(axis=0).mean()) / self.usual)

    def calibrated(self, fitted: Sequence[ase.Atoms], cells: int = 100) -> "ExtrapolationGrade":
        """Return the measure whose unit is the 95th percentile of grades among up to `cells` fitted cells."""
        chosen = np.random.default_rng(0).permutation(len(fitted))[:cells]
        grades = [ExtrapolationGrade(self.basis, self.factor).grade(fitted[i]) for i in chosen]
        return ExtrapolationGrade(self.basis, self.factor, float(np.quantile(grades, 0.95)))

    def pick(self, frames: Sequence[ase.Atoms], most: int) -> list[ase.Atoms]:
        """Return the `most` worst-known frames in the order given, their `grade` in info."""
        grades = np.array([self.grade(frame) for frame in frames])
        chosen = sorted(np.argsort(-grades)[:most])
        for i in chosen:
            frames[i].info["grade"] = round(float(grades[i]), 2)
        return [frames[i] for i in chosen]
