"""The path between two minima: its height against the exact one, and the same from both sides."""

from typing import ClassVar

import numpy as np
import pytest
from ase import Atoms
from ase.calculators.calculator import Calculator, all_changes

from nanokiln.potentials.validation.pathways import find_pathway


class Valleys(Calculator):
    """One atom over a washboard along x with a wall in y and z: V = h sin^2(pi x/a) (1 + bend) + k (y^2 + z^2) / 2."""

    implemented_properties: ClassVar[list[str]] = ["energy", "forces"]
    height_eV, period_A, stiffness = 0.7, 3.0, 2.0

    def calculate(self, atoms=None, properties=("energy",), system_changes=all_changes) -> None:
        super().calculate(atoms, properties, system_changes)
        x, y, z = atoms.positions.T
        phase = np.pi * x / self.period_A
        # The valley bends in y, so that the straight line is not the path.
        off = y - 0.5 * np.sin(phase) ** 2
        energy = self.height_eV * np.sin(phase) ** 2 + 0.5 * self.stiffness * (off**2 + z**2)
        slope = np.pi / self.period_A * np.sin(2 * phase)
        forces = np.stack(
            [-self.height_eV * slope + self.stiffness * off * 0.5 * slope, -self.stiffness * off, -self.stiffness * z],
            1,
        )
        self.results = {"energy": float(energy.sum()), "forces": forces}


def atom(x: float) -> Atoms:
    return Atoms("Cu", positions=[(x, 0.0, 0.0)], cell=[20.0] * 3, calculator=Valleys())


def test_the_highest_image_climbs_to_the_saddle_of_a_bent_valley() -> None:
    found = find_pathway(atom(0.0), atom(3.0), Valleys(), images=5)
    assert found.barrier_eV == pytest.approx(0.7, abs=2e-3)
    assert found.backward_eV == pytest.approx(found.barrier_eV, abs=1e-6)
    assert found.saddle.positions[0, :2] == pytest.approx([1.5, 0.5], abs=0.03)
    assert found.residual_eV_A <= 0.05
    assert len(found.images) == len(found.energies_eV) == 7


def test_a_band_that_does_not_settle_is_refused() -> None:
    with pytest.raises(RuntimeError, match="after 2 steps"):
        find_pathway(atom(0.0), atom(3.0), Valleys(), images=5, steps=2)
