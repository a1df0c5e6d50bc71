import numpy as np
import pytest
from ase import Atoms, units
from ase.calculators.calculator import Calculator, all_changes

from nanokiln.potentials.cards.card import load_card
from nanokiln.potentials.lammps.session import card_calculator
from nanokiln.potentials.validation.hops import Hop, find_hop, hop_prefactor, near, vineyard_prefactor
from nanokiln.potentials.validation.measurement import Bench
from nanokiln.potentials.validation.subjects import Subjects

WIDTH_A, HEIGHT_EV, BESIDE_EV_A2, SQUEEZE = 1.2, 0.5, 2.0, 3.0


class DoubleWell(Calculator):
    """Each atom by itself: h (x2/w2 - 1)2 along x; across, springs that are `SQUEEZE` times stiffer at the saddle."""

    implemented_properties = ("energy", "forces")

    def calculate(self, atoms=None, properties=("energy",), system_changes=all_changes) -> None:
        super().calculate(atoms, properties, system_changes)
        x, across = self.atoms.positions[:, 0], self.atoms.positions[:, 1:]
        u = (x / WIDTH_A) ** 2
        stiff = BESIDE_EV_A2 * (1 + (SQUEEZE - 1) * np.exp(-8 * u))
        square = (across**2).sum(axis=1)
        self.results["energy"] = float((HEIGHT_EV * (u - 1) ** 2 + stiff * square / 2).sum())
        slope = 4 * HEIGHT_EV * (u - 1) * x / WIDTH_A**2
        slope += square / 2 * BESIDE_EV_A2 * (SQUEEZE - 1) * np.exp(-8 * u) * -16 * x / WIDTH_A**2
        self.results["forces"] = -np.column_stack([slope, stiff[:, None] * across])


def test_prefactor_of_a_model_with_a_known_answer() -> None:
    """nu = sqrt(8 h / m w2) / 2 pi along the hop, times the ratio of the frequencies across, (1 / squeeze)."""
    bench = Bench(DoubleWell(), Subjects.load(("Cu",)))
    far = [[-WIDTH_A + 0.03, 0, 0.02]]  # where a relaxation may end
    start, saddle = (Atoms("Cu", p, cell=[20, 20, 20], pbc=True) for p in (far, [[0.02, 0.01, 0]]))
    found = hop_prefactor(bench, Hop(start, saddle, 0, HEIGHT_EV))
    along = np.sqrt(8 * HEIGHT_EV / WIDTH_A**2 * units._e / 1e-20 / (63.546 * units._amu)) / (2 * np.pi)
    stiffening = 1 + (SQUEEZE - 1) * np.exp(-8)
    assert found == pytest.approx(along * stiffening / SQUEEZE, rel=2e-3)


def test_prefactor_does_not_depend_on_the_axes_and_scales_with_mass() -> None:
    rng = np.random.default_rng(0)
    low, high = (m @ m.T + np.eye(6) for m in rng.normal(size=(2, 6, 6)))
    w, v = np.linalg.eigh(high)
    high = v @ np.diag([-w[0], *w[1:]]) @ v.T
    turn = np.kron(np.eye(2), np.linalg.qr(rng.normal(size=(3, 3)))[0])
    masses = np.array([63.5, 31.0])
    found = vineyard_prefactor(low, high, masses)
    assert vineyard_prefactor(turn @ low @ turn.T, turn @ high @ turn.T, masses) == pytest.approx(found)
    assert vineyard_prefactor(low, high, 4 * masses) == pytest.approx(found / 2)
    with pytest.raises(ValueError, match="0 falling directions at the minimum and 0 at the saddle"):
        vineyard_prefactor(low, low, masses)
    with pytest.raises(ValueError, match="1 falling directions at the minimum"):
        vineyard_prefactor(high, high, masses)


def test_copper_hops_as_published_with_a_frequency_of_phonons() -> None:
    """Mishin et al., Phys. Rev. B 63 (2001) 224106: 0.689 eV in a far larger cell; a prefactor below kT/h times ten."""
    bench = Bench(card_calculator(load_card("cu-eam")), Subjects.load(("Cu",)))
    hop = find_hop(bench, "Cu", "Cu")
    assert hop.barrier_eV == pytest.approx(0.689, abs=0.01)
    closest = near(hop, 3.0)
    assert hop.mover in closest and len(closest) < len(near(hop, 4.0)) < len(hop.start)
    found = hop_prefactor(bench, hop, reach_A=3.0)
    assert 1e12 < found < 2e13  # the highest phonon of copper has 7.5e12
