"""What a potential makes of defects: the energies of vacancies and interstitials."""

from collections.abc import Iterator

import numpy as np
from ase import Atoms

from nanokiln.potentials.training.label_cells import with_interstitial
from nanokiln.potentials.validation.measurement import Bench, Measurement, energy, relax

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
