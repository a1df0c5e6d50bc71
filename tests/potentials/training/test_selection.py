"""The grade of extrapolation: what was fitted is known, what was not is picked; its deviation is the posterior's."""

import ase
import numpy as np
import pytest

from nanokiln.potentials.basis.splines import Basis, Grid
from nanokiln.potentials.training.normal_equations import NormalEquations, prior, solve_with_factor
from nanokiln.potentials.training.selection import ExtrapolationGrade

BASIS = Basis(("Cd", "Se"), pair=Grid(0.6, 5.0, 8), bond=Grid(0.9, 3.6, 3), far=Grid(0.9, 5.0, 3))


def crystal(symbols: str, length_A: float, rng: np.random.Generator) -> ase.Atoms:
    corners = np.indices((2, 2, 2)).reshape(3, -1).T * length_A / 2
    atoms = ase.Atoms(symbols, corners + rng.normal(0, 0.1, (8, 3)), cell=[length_A] * 3, pbc=True)
    atoms.info = {"energy": 0.0, "stress": np.zeros(6)}
    atoms.arrays["forces"] = np.zeros((8, 3))
    return atoms


@pytest.fixture
def fitted() -> tuple[NormalEquations, list[ase.Atoms]]:
    rng = np.random.default_rng(0)
    cells = [crystal("CdSeCdSeSeCdSeCd", 5.4, rng) for _ in range(40)]
    equations = NormalEquations(BASIS)
    equations.add(cells)
    return equations, cells


def test_grade_is_the_posterior_deviation(fitted: tuple[NormalEquations, list[ase.Atoms]]) -> None:
    equations, cells = fitted
    extrapolation = ExtrapolationGrade(BASIS, solve_with_factor(equations)[1])
    covariance = np.linalg.inv(equations.matrix + prior(BASIS, np.diag(equations.matrix))[0])
    rows = BASIS.features(cells[0])[1].reshape(-1, BASIS.size)
    expected = np.sqrt(np.einsum("ij,jk,ik->i", rows, covariance, rows).mean())
    assert extrapolation.grade(cells[0], rows=24) == pytest.approx(expected, rel=1e-6)


def test_known_cells_are_left_and_unknown_ones_picked(fitted: tuple[NormalEquations, list[ase.Atoms]]) -> None:
    equations, cells = fitted
    extrapolation = ExtrapolationGrade(BASIS, solve_with_factor(equations)[1]).calibrated(cells)
    rng = np.random.default_rng(9)
    known = [crystal("CdSeCdSeSeCdSeCd", 5.4, rng) for _ in range(10)]
    unknown = [crystal("CdCdCdCdSeSeSeSe", 4.4, rng) for _ in range(4)]
    picked = extrapolation.pick([*known, *unknown], most=4)
    assert all(any(p is u for p in picked) for u in unknown)
    assert min(p.info["grade"] for p in picked) > max(extrapolation.grade(k) for k in known)
