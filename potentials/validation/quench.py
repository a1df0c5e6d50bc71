"""A crystal that is no minimum as it is built: brought to rest from hot frames of it, the same for every potential.

Cubic Cu2Se puts its copper on the sites of fluorite, which hot copper leaves; what it comes to lie in is lower.
"""

import argparse
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from ase import Atoms
from ase.formula import Formula
from ase.io import read, write

from nanokiln.potentials.cards.card import DATA, Card, load_card
from nanokiln.potentials.lammps.dynamics import deck, dynamics
from nanokiln.potentials.lammps.session import card_calculator
from nanokiln.potentials.validation.measurement import KJ_MOL, Bench, Measurement, energy, relax
from nanokiln.potentials.validation.subjects import Subjects

HOT_K, REPEAT = 700.0, (2, 2, 2)
SETTLE_PS, FRAME_PS, FRAMES, STEPS_PER_PS = 6, 2, 4, 500


def compute_quench(bench: Bench, name: str) -> Iterator[Measurement]:
    """How far hot frames of a crystal, edges and atoms brought to rest, lie from the built one: mean and lowest, and
    the enthalpy of formation of the lowest, which misses by as much less as the built one is no minimum."""
    subject = bench.subjects.phases[name]
    if not subject.hot:
        return
    formula = Formula(subject.formula).count()
    built, resting = bench.energy_eV(name), []
    for frame in read(DATA / "validation" / subject.hot, ":"):
        relax(bench.attach(frame), cell=True, force_eV_A=0.02, steps=600)
        resting.append(energy(frame) * sum(formula.values()) / len(frame))
    note = f"{len(resting)} frames of {len(frame)} atoms held at {HOT_K:g} K"
    lower = (np.array(resting) - built) / KJ_MOL
    yield Measurement("quench", name, "mean over the built crystal", "kJ/mol", float(lower.mean()), note)
    yield Measurement("quench", name, "lowest over the built crystal", "kJ/mol", float(lower.min()), note)
    elements = sum(n * bench.element_eV(symbol) for symbol, n in formula.items())
    formed = float((min(resting) - elements) / KJ_MOL)
    yield Measurement("quench", name, "formation of the lowest", "kJ/mol", formed, note)


def hot_frames(card: Card, crystal: Atoms, folder: Path) -> list[Atoms]:
    """Return frames of a crystal under a card, held at `HOT_K` and no pressure, 2 ps apart after 6 ps."""
    elements = tuple(sorted(set(crystal.get_chemical_symbols())))
    start = (
        f"velocity all create {2 * HOT_K} 4711 mom yes rot no",
        f"fix move all npt temp {HOT_K} {HOT_K} 0.1 iso 0 0 1.0",
    )
    steps = STEPS_PER_PS * (SETTLE_PS + FRAME_PS * (FRAMES - 1))
    commands = deck(elements, card.commands(elements), start, steps, STEPS_PER_PS * FRAME_PS)
    return dynamics(crystal.repeat(REPEAT), commands, folder, limit_s=3600)[SETTLE_PS // FRAME_PS :]


def main() -> None:
    """Write the hot frames of a crystal, as they are kept with the package."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("card", help="name of a potential, as cd-cu-p-se-pod")
    parser.add_argument("crystal", help="of data/validation/crystals.yaml, as Cu2Se")
    parser.add_argument("out", type=Path, help="extxyz to write")
    told = parser.parse_args()
    card = load_card(told.card)
    crystal = Bench(card_calculator(card), Subjects.load(card.elements), card).crystals[told.crystal]
    with tempfile.TemporaryDirectory(prefix="nanokiln-") as folder:
        frames = hot_frames(card, crystal, Path(folder))
    bare = [Atoms(f.numbers, np.round(f.positions, 4), cell=np.round(f.cell.array, 4), pbc=True) for f in frames]
    write(told.out, bare, format="extxyz")


if __name__ == "__main__":
    main()
