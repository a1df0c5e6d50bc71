"""What a potential makes of defects: vacancies, interstitials and the hop of an atom into a vacancy."""

from collections.abc import Iterator

import numpy as np
from ase import Atoms
from ase.mep import NEB
from ase.optimize import FIRE

from nanokiln.potentials.labelcells import with_interstitial
from nanokiln.potentials.validate_crystals import Bench, Measurement, energy, relax

SMALLEST_A = 8.0


def supercell(crystal: Atoms) -> Atoms:
    """Return the crystal repeated until every period is 8 A or more."""
    return crystal.repeat([int(np.ceil(SMALLEST_A / length)) for length in crystal.cell.lengths()])


def compute_defects(bench: Bench, name: str) -> Iterator[Measurement]:
    """Relaxed vacancy and interstitial energies against the elements' crystals, neutral cells of 8 A or more."""
    subject = bench.subjects.phases[name]
    wanted = [(symbol, -1) for symbol in subject.vacancies] + [(symbol, 1) for symbol in subject.interstitials]
    if not wanted:
        return
    perfect = supercell(bench.crystals[name])
    whole = energy(bench.attach(perfect))
    for symbol, sign in wanted:
        quantity = f"{'vacancy' if sign < 0 else 'interstitial'} {symbol}"
        if symbol not in bench.crystals:
            reason = f"no crystal of {symbol} to compare with"
            yield Measurement("defect energy", name, quantity, "eV", None, reason)
            continue
        cell = vacancy(perfect, symbol)[0] if sign < 0 else interstitial(perfect, symbol)
        try:
            relax(bench.attach(cell), force_eV_A=0.03)
        except RuntimeError as error:
            yield Measurement("defect energy", name, quantity, "eV", None, str(error))
            continue
        value = energy(cell) - whole - sign * bench.element_eV(symbol)
        yield Measurement("defect energy", name, quantity, "eV", value)


def vacancy(perfect: Atoms, symbol: str) -> tuple[Atoms, int]:
    """Return the cell without its first atom of `symbol`, and the index that this atom had."""
    index = perfect.get_chemical_symbols().index(symbol)
    out = perfect.copy()
    del out[index]
    return out, index


def interstitial(perfect: Atoms, symbol: str) -> Atoms:
    """Return the cell with an atom of `symbol` in its roomiest place, found among random points of a fixed seed."""
    return with_interstitial(perfect, symbol, np.random.default_rng(0))


def hop_barrier(bench: Bench, name: str, symbol: str, images: int = 3) -> float:
    """Return the barrier (eV) of the nearest `symbol` atom's hop into a vacancy, climbing-image NEB.

    Raises RuntimeError when an end or the band does not relax.
    """
    perfect = supercell(bench.crystals[name])
    start, index = vacancy(perfect, symbol)
    others = [atom.index for atom in start if atom.symbol == symbol]
    vectors = perfect.get_distances(index, [i + (i >= index) for i in others], mic=True, vector=True)
    nearest = int(np.argmin(np.linalg.norm(vectors, axis=1)))
    end = start.copy()
    # Move to the image of the hole next to the atom, so that the band does not cross the cell.
    end.positions[others[nearest]] -= vectors[nearest]
    for cell in (start, end):
        relax(bench.attach(cell), force_eV_A=0.03)
    band = [start, *(start.copy() for _ in range(images)), end]
    for image in band[1:-1]:
        bench.attach(image)
    chain = NEB(band, climb=True, allow_shared_calculator=True, method="improvedtangent")
    chain.interpolate(mic=True)
    if not FIRE(chain, logfile=None).run(fmax=0.08, steps=150):
        raise RuntimeError("the band did not relax in 150 steps")
    energies = [energy(image) for image in band]
    return max(energies) - energies[0]


def compute_hops(bench: Bench, name: str) -> Iterator[Measurement]:
    """Barriers of hops into a vacancy, for the elements named as hopping."""
    for symbol in bench.subjects.phases[name].hops:
        quantity = f"{symbol} into a vacancy"
        try:
            yield Measurement("hop barrier", name, quantity, "eV", hop_barrier(bench, name, symbol))
        except RuntimeError as error:
            yield Measurement("hop barrier", name, quantity, "eV", None, str(error))
