"""Thermal expansion in the quasi-harmonic approximation, where every mode of the crystal is real."""

import warnings
from collections.abc import Iterator

import numpy as np
from phonopy import Phonopy, run_qha

from nanokiln.potentials.validation.measurement import Bench, Measurement, energy, relax
from nanokiln.potentials.validation.phonons import MESH, Floats, force_constants, imaginary_share

RATIOS = (0.99, 1.0, 1.015, 1.03, 1.045, 1.06)  # of the volume at rest: crystals grow
TEMPERATURES_K = np.arange(0.0, 701.0, 50.0)
BEYOND_K = 750.0  # finite differences take one temperature more
_ODD = (9, 9, 9)  # an even mesh of run_qha is shifted off the zone centre


class NoExpansionError(ValueError):
    """Why the quasi-harmonic approximation says nothing of a crystal."""


def expansion(bench: Bench, name: str) -> tuple[Floats, Floats]:
    """Return volume over that at rest, and linear expansion (1/K), at `TEMPERATURES_K`; the mean over directions.

    The cell grows evenly along all axes and its atoms relax; nan where it outgrows the volumes of `RATIOS`. Raises
    NoExpansionError where a mode is imaginary at one of them.
    """
    whole = bench.crystals[name]
    phonons, energies = [], []
    for ratio in RATIOS:
        crystal = bench.attach(whole.copy())
        crystal.set_cell(whole.cell * ratio ** (1 / 3), scale_atoms=True)
        relax(crystal, force_eV_A=0.003)
        energies.append(energy(crystal) / len(crystal))
        phonons.append(force_constants(bench, name, crystal))
        _all_real(phonons[-1], ratio)
    per_cell = np.array(energies) * len(phonons[0].primitive)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of volumes outside the range, which are left out below
        found = run_qha(phonons, [*TEMPERATURES_K, BEYOND_K], per_cell, mesh=_ODD, exclude_gamma_acoustic=True)
    grown = np.asarray(found.equilibrium_volumes) / phonons[RATIOS.index(1.0)].primitive.volume
    known = grown[: len(TEMPERATURES_K)] <= RATIOS[-1]
    slope = np.asarray(found.thermal_expansion)[: len(TEMPERATURES_K)] / 3
    return np.where(known, grown[: len(known)], np.nan), np.where(known, slope, np.nan)


def _all_real(phonons: Phonopy, ratio: float) -> None:
    phonons.run_mesh(MESH, is_gamma_center=True)
    if share := imaginary_share(phonons):
        raise NoExpansionError(
            f"not defined: {100 * share:.2g} % of the modes are imaginary at {ratio:g} of the volume"
        )


def compute_expansion(bench: Bench, name: str) -> Iterator[Measurement]:
    """Mean linear thermal expansion at 300 and 600 K, and how much longer the edges are at 300 K than at rest."""
    if not bench.subjects.phases[name].elastic:
        return
    try:
        grown, slope = expansion(bench, name)
    except NoExpansionError as why:
        yield Measurement("thermal expansion", name, "alpha 300 K", "1e-6/K", None, str(why))
        return
    edge = 100 * (np.cbrt(grown) - 1)
    for quantity, unit, curve, temperature_K in (
        ("alpha 300 K", "1e-6/K", 1e6 * slope, 300.0),
        ("alpha 600 K", "1e-6/K", 1e6 * slope, 600.0),
        ("edge at 300 K over rest", "%", edge, 300.0),
    ):
        value = float(curve[temperature_K == TEMPERATURES_K][0])
        outgrown = f"grows beyond {RATIOS[-1]:g} of its volume at rest"
        yield Measurement(
            "thermal expansion", name, quantity, unit, *((None, outgrown) if np.isnan(value) else (value,))
        )
