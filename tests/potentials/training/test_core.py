"""The short-range core: whatever the temperature, atoms stay apart.

Two atoms that meet with the energy E along their line of centres turn where their pair energy is E. In a gas at T
a collision has more than n kT with probability exp(-n); some 10^4 collisions see 10 kT, and with n = 15 the distance
at which the pair energy is 15 kT bounds them all from below with a chance of 10^-3 to be wrong. Deep inside, the pair
energy must be that of the screened nuclei, or the bound would be as wrong as the potential.
"""

from itertools import combinations_with_replacement

import ase
import numpy as np
import pytest
from ase.units import kB
from numpy.typing import NDArray

from nanokiln.potentials.cards.card import Card, list_cards
from nanokiln.potentials.lammps.session import Session
from nanokiln.potentials.training.normal_equations import screened_repulsion_eV

GAS_K = 5000.0
LEVELS_OFF_EV = 60.0  # the fit caps the core at twice this, 140 kT of the gas, and bends towards the cap from here on
DISTILLED = [card for card in list_cards() if card.tier == "distilled"]


@pytest.fixture(params=DISTILLED, ids=lambda card: card.name)
def card(request: pytest.FixtureRequest) -> Card:
    return request.param


def running(card: Card, atoms: ase.Atoms, *commands: str) -> Session:
    """Return LAMMPS with the atoms in a periodic box under the card."""
    checked = "neigh_modify every 1 delay 0 check yes"
    return Session(atoms, card.elements, (*card.commands(card.elements), checked, *commands))


def pair_energies(card: Card, r_A: NDArray[np.float64]) -> dict[tuple[str, str], NDArray[np.float64]]:
    """Energy of two atoms alone at each distance, by LAMMPS itself; `pair_style pod` crashes without any neighbour."""
    out = {}
    apart_A = card.cutoff_A - 0.01 if over_a_core(card) else 9.0
    for pair in combinations_with_replacement(card.elements, 2):
        atoms = ase.Atoms(pair, [[5, 10, 10], [5 + apart_A, 10, 10]], cell=[20] * 3, pbc=True)
        energies = []
        with running(card, atoms, "run 0 post no") as session:
            for r in (apart_A, *r_A):
                session.execute(f"set atom 2 x {5 + r}")
                energies.append(session.run().energy_eV)
        out[pair] = np.array(energies[1:]) - energies[0]
    return out


def turning_point_A(r_A: NDArray[np.float64], energy_eV: NDArray[np.float64], available_eV: float) -> float:
    """The largest distance at which the pair energy is above what is available."""
    return float(r_A[np.flatnonzero(energy_eV > available_eV)[-1]])


def over_a_core(card: Card) -> bool:
    """Whether the form lies over a core of its own, rather than having one as a prior."""
    return card.pair_commands[0].startswith("pair_style hybrid/overlay")


def test_nothing_that_a_gas_reaches_falls_into_a_hole(card: Card) -> None:
    """Inside the distance at which the pair energy is 10 kT it stays above; deepest down the core takes over."""
    if not over_a_core(card):
        pytest.skip("its core is a prior on the form itself, which the next test holds to more")
    r = np.arange(0.7, 2.5, 0.05)
    for pair, energy in pair_energies(card, r).items():
        inside = r < turning_point_A(r, energy, 10 * kB * GAS_K)
        assert energy[inside].min() > 10 * kB * GAS_K, pair
        assert energy[0] > 0.5 * float(screened_repulsion_eV(*pair, r[:1])[0]), pair


def test_the_core_is_that_of_screened_nuclei_and_rises_all_the_way_in(card: Card) -> None:
    if over_a_core(card):
        pytest.skip("descriptors bend a pair's energy within its wall")
    r = np.arange(0.7, 2.5, 0.05)
    for pair, energy in pair_energies(card, r).items():
        inside = r < turning_point_A(r, energy, 15 * kB * GAS_K) + 0.01
        assert (np.diff(energy[inside]) <= 0.01).all(), f"{pair} attract each other in their core"  # flat at its top
        assert energy[0] > 200 * kB * GAS_K, pair
        deep = (r > 1.22) & (r < 1.38)
        nuclei = screened_repulsion_eV(*pair, r[deep])
        assert (energy[deep] < 1.2 * nuclei).all(), pair
        assert (energy[deep] > 0.8 * np.minimum(nuclei, LEVELS_OFF_EV)).all(), pair


def test_a_gas_at_5000_K_does_not_overlap(card: Card) -> None:
    length, each, rng = 20.0, 12, np.random.default_rng(4)
    positions: list[NDArray[np.float64]] = []
    while len(positions) < each * len(card.elements):
        new = rng.random(3) * length
        apart = np.array(positions).reshape(-1, 3) - new
        if (np.linalg.norm(apart - length * np.rint(apart / length), axis=1) > 2.8).all():
            positions.append(new)
    atoms = ase.Atoms(list(card.elements) * each, positions, cell=[length] * 3, pbc=True)
    bath = f"fix bath all langevin {GAS_K} {GAS_K} 0.1 7"
    start = (f"velocity all create {GAS_K} 5", "fix move all nve", bath, "timestep 0.001", "run 0 post no")
    first, second = np.triu_indices(len(atoms), 1)
    closest, hot = np.full(len(first), np.inf), []
    with running(card, atoms, *start) as session:
        for _ in range(1500):
            x = session.run(2, "pre no").positions_A
            apart = x[first] - x[second]
            closest = np.minimum(closest, np.linalg.norm(apart - length * np.rint(apart / length), axis=1))
            hot.append(session.thermo("temp"))
    assert np.mean(hot[500:]) == pytest.approx(GAS_K, rel=0.1)
    symbols = np.array(atoms.get_chemical_symbols())
    r = np.arange(0.7, 2.5, 0.01)
    for pair, energy in pair_energies(card, r).items():
        mine = np.array([sorted(two) == sorted(pair) for two in zip(symbols[first], symbols[second], strict=True)])
        assert closest[mine].min() > turning_point_A(r, energy, 15 * kB * GAS_K), pair
        assert closest[mine].min() < 3.0, "the gas must be dense enough to collide"
