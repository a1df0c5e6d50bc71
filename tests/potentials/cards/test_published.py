"""The published cards compute what their authors published, and have the faults that they confess."""

import ase
import numpy as np
import pytest
from ase.build import bulk
from ase.filters import FrechetCellFilter
from ase.optimize import BFGS

from nanokiln.potentials.cards.card import load_card
from nanokiln.potentials.lammps.session import card_calculator
from nanokiln.potentials.validation.measurement import Bench
from nanokiln.potentials.validation.perfect_crystal import elastic_tensor
from nanokiln.potentials.validation.subjects import Subjects

FCC = [[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]]


@pytest.fixture(scope="module")
def alloy() -> Bench:
    return Bench(card_calculator(load_card("cu-au-eam")), Subjects.load(("Au", "Cu")))


@pytest.fixture(scope="module")
def bop() -> Bench:
    told = Subjects.load(("Cd", "Se")).phases
    return Bench(card_calculator(load_card("cdse-bop")), Subjects(phases={k: told[k] for k in ("CdSe-wz", "CdSe-zb")}))


def test_copper_and_gold_are_those_of_foiles_baskes_daw(alloy: Bench) -> None:
    """Phys. Rev. B 33 (1986) 7983: lattice and cohesion are input, elastic constants its table of the pure metals."""
    published = {"Cu": (3.615, -3.54, [167, 124, 76]), "Au": (4.08, -3.93, [183, 159, 45])}
    for element, (a, cohesion, elastic) in published.items():
        assert alloy.crystals[element].cell.cellpar()[0] == pytest.approx(a, abs=2e-4)
        assert alloy.energy_eV(element) == pytest.approx(cohesion, abs=1e-4)
        C = elastic_tensor(alloy, element)
        assert [C[0, 0], C[0, 1], C[3, 3]] == pytest.approx(elastic, rel=0.01)


def relaxed(bench: Bench, atoms: ase.Atoms) -> ase.Atoms:
    bench.attach(atoms)
    BFGS(FrechetCellFilter(atoms), logfile=None).run(fmax=1e-3, steps=200)
    return atoms


def mixing_meV(bench: Bench, atoms: ase.Atoms) -> float:
    elements = sum(bench.energy_eV(symbol) for symbol in atoms.get_chemical_symbols())
    return float(1e3 * (atoms.get_potential_energy() - elements) / len(atoms))


def test_the_alloys_are_as_wrong_as_the_card_says(alloy: Bench) -> None:
    cu3au = relaxed(alloy, ase.Atoms("AuCu3", scaled_positions=FCC, cell=[3.75] * 3, pbc=True))
    assert cu3au.cell.cellpar()[0] == pytest.approx(3.753, abs=2e-3)
    assert mixing_meV(alloy, cu3au) == pytest.approx(-50.7, abs=0.2)  # experiment about -74
    layers = [FCC[0], FCC[3], FCC[1], FCC[2]]
    energies = []
    for ratio in np.arange(0.93, 0.7, -0.04):  # from L1_0 along the Bain path to B2 at 1/sqrt(2), at fixed volume
        edge = (57.5 / ratio) ** (1 / 3)
        path = ase.Atoms("Cu2Au2", scaled_positions=layers, cell=[edge, edge, ratio * edge], pbc=True)
        energies.append(mixing_meV(alloy, alloy.attach(path)))
    assert (np.diff(energies) < 0).all(), "L1_0 would be a minimum: correct the card"


def test_bond_order_cdse(bop: Bench) -> None:
    assert bop.crystals["CdSe-wz"].cell.cellpar()[[0, 2]] == pytest.approx([4.271, 6.993], abs=2e-3)
    zb, wz = bop.energy_eV("CdSe-zb"), bop.energy_eV("CdSe-wz")
    assert wz / 2 == pytest.approx(-2.521, abs=2e-3)
    assert 1e3 * (zb - wz) == pytest.approx(-0.65, abs=0.05)


def test_bond_order_forces_are_the_derivative_of_its_energy(bop: Bench) -> None:
    atoms = bulk("CdSe", "zincblende", a=6.05, cubic=True)
    atoms.rattle(0.1, seed=2)
    bop.attach(atoms)
    force, at = atoms.get_forces()[3, 1], atoms.positions[3, 1]
    energies = []
    for step in (1e-4, -1e-4):
        atoms.positions[3, 1] = at + step
        energies.append(atoms.get_potential_energy())
    assert force == pytest.approx((energies[1] - energies[0]) / 2e-4, abs=2e-3)
