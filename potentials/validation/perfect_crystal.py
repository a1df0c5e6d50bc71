"""What a potential makes of perfect crystals: lattice, equation of state, elastic constants, energies, surfaces."""

from collections.abc import Iterator

import numpy as np
from ase import Atoms, units
from ase.build import surface
from ase.eos import EquationOfState
from ase.formula import Formula
from numpy.typing import NDArray

from nanokiln.potentials.validation.measurement import KJ_MOL, Bench, Measurement, energy, relax

GPA = units.GPa
J_M2 = units.J / units.m**2


def compute_lattice(bench: Bench) -> Iterator[Measurement]:
    """Lattice constants of every relaxed crystal."""
    for name, atoms in bench.crystals.items():
        a, _, c, *angles = atoms.cell.cellpar()
        yield Measurement("lattice", name, "a", "A", float(a))
        if not np.isclose(a, c, rtol=1e-3) or angles[2] > 91:
            yield Measurement("lattice", name, "c", "A", float(c))
    for name, note in bench.notes.items():
        yield Measurement("lattice", name, "a", "A", None, note)


def energy_curve(bench: Bench, name: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return volumes (A^3 per atom) and energies (eV per atom) between -8 and +8 % of the volume, atoms relaxed."""
    start = bench.crystals[name]
    volumes, energies = [], []
    for ratio in np.linspace(0.92, 1.08, 7):
        atoms = bench.attach(start.copy())
        atoms.set_cell(start.cell * ratio ** (1 / 3), scale_atoms=True)
        relax(atoms, force_eV_A=0.02)
        volumes.append(atoms.get_volume() / len(atoms))
        energies.append(energy(atoms) / len(atoms))
    return np.array(volumes), np.array(energies)


def compute_equation_of_state(bench: Bench, name: str) -> Iterator[Measurement]:
    """Equilibrium volume and bulk modulus by Birch-Murnaghan through seven volumes."""
    volume, _, modulus = EquationOfState(*energy_curve(bench, name), eos="birchmurnaghan").fit()
    yield Measurement("equation of state", name, "V0", "A^3/atom", float(volume))
    yield Measurement("equation of state", name, "B", "GPa", float(modulus / GPA))


def elastic_tensor(bench: Bench, name: str, strain: float = 0.01) -> NDArray[np.float64]:
    """Return the 6 x 6 elastic constants (GPa, Voigt) by central differences of the stress, atoms relaxed.

    The strain is what atoms feel when warm: networks are rough on a finer scale (C44 of zincblende CdSe under CHGNet
    is 17 GPa at 0.4 %, 15 at 1 % and 9 at 2 %).
    """
    start = bench.crystals[name]
    tensor = np.zeros((6, 6))
    for column, (i, j) in enumerate([(0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1)]):
        for sign in (1, -1):
            deformation = np.eye(3)
            deformation[i, j] += sign * strain / 2
            deformation[j, i] += sign * strain / 2
            atoms = bench.attach(start.copy())
            atoms.set_cell(start.cell.array @ deformation, scale_atoms=True)
            relax(atoms, force_eV_A=0.0005)
            tensor[:, column] += sign * atoms.get_stress() / (2 * strain)
    return np.asarray((tensor + tensor.T) / 2 / GPA)


def compute_elastic(bench: Bench, name: str) -> Iterator[Measurement]:
    """The independent elastic constants of a cubic or hexagonal crystal, averaged over symmetry."""
    subject = bench.subjects.phases[name]
    if not subject.elastic:
        return
    C = elastic_tensor(bench, name)
    cubic = subject.cubic
    found = {
        "C11": np.mean(C.diagonal()[:3]) if cubic else (C[0, 0] + C[1, 1]) / 2,
        "C12": np.mean([C[0, 1], C[0, 2], C[1, 2]]) if cubic else C[0, 1],
        "C44": np.mean(C.diagonal()[3:]) if cubic else (C[3, 3] + C[4, 4]) / 2,
    }
    if not cubic:
        found |= {"C13": (C[0, 2] + C[1, 2]) / 2, "C33": C[2, 2]}
    for quantity, value in sorted(found.items()):
        yield Measurement("elastic constants", name, quantity, "GPa", float(value))


def compute_energies(bench: Bench) -> Iterator[Measurement]:
    """Differences of polymorphs, formation energies from the elements' crystals, and reaction energies."""
    for title, (one, other) in bench.subjects.polymorphs.items():
        if {one, other} <= set(bench.crystals):
            value = 1e3 * (bench.energy_eV(one) - bench.energy_eV(other))
            yield Measurement("polymorphs", title, "dE", "meV/formula", value)
    for name, subject in bench.subjects.phases.items():
        count = Formula(subject.formula).count()
        if len(count) == 1 or not {name, *count} <= set(bench.crystals):
            continue
        elements = sum(n * bench.element_eV(symbol) for symbol, n in count.items())
        yield Measurement("formation energy", name, "formation", "kJ/mol", (bench.energy_eV(name) - elements) / KJ_MOL)
    for title, reaction in bench.subjects.reactions.items():
        if set(reaction.phases) <= set(bench.crystals):
            value = sum(n * bench.energy_eV(phase) for phase, n in reaction.phases.items()) / KJ_MOL + reaction.gas
            yield Measurement("reaction energy", title, "dE", "kJ/mol", value)


def compute_surfaces(
    bench: Bench, name: str, layers: tuple[int, int] = (4, 6), vacuum_A: float = 6.0
) -> Iterator[Measurement]:
    """Relaxed surface energies of slabs of `layers`, the thicker one's with the thinner one's beside it; of a polar
    pair of faces the mean, which is all that a slab can tell."""
    crystal = bench.attach(bench.crystals[name].copy())
    bulk, subject = energy(crystal) / len(crystal), bench.subjects.phases[name]
    for indices in subject.surfaces:
        label, found = "(" + "".join(map(str, indices)) + ")", []
        if subject.hot:
            note = "not defined: a slab of a crystal that is no minimum falls below it"
            yield Measurement("surface energy", name, label, "J/m2", None, note)
            continue
        try:
            for count in layers:
                slab = bench.attach(cut_slab(crystal, indices, count, vacuum_A))
                relax(slab, force_eV_A=0.01, steps=600)
                area = float(np.linalg.norm(np.cross(slab.cell[0], slab.cell[1])))
                found.append((energy(slab) - len(slab) * bulk) / (2 * area) / J_M2)
        except RuntimeError as error:
            yield Measurement("surface energy", name, label, "J/m2", None, str(error))
            continue
        note = f"{layers[-1]} layers; {found[0]:.4g} of {layers[0]}"
        yield Measurement("surface energy", name, label, "J/m2", found[-1], note)


def cut_slab(crystal: Atoms, indices: tuple[int, int, int], layers: int, vacuum_A: float) -> Atoms:
    """Return a slab cut where its planes are farthest apart, wherever the crystal's origin lies."""
    across = np.array(indices) @ crystal.cell.reciprocal()
    heights = np.sort((crystal.positions @ across) % 1)  # in spacings of these planes
    gaps = np.diff(heights, append=heights[0] + 1)
    after = int(np.flatnonzero(gaps > gaps.max() - 1e-4)[0])  # of equally wide gaps the first within rounding
    moved = crystal.copy()
    moved.positions -= (heights[after] + gaps[after] / 2) * across / (across @ across)
    moved.wrap()
    return surface(moved, indices, layers, vacuum=vacuum_A, periodic=True)
