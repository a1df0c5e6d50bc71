"""The forms that are tried: each fit is linear least squares on the same labels with the same weights.

Each writes what LAMMPS reads into the task's folder and returns the commands that run it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import ase
import ase.io
import numpy as np
import scipy.linalg
from ase.calculators.singlepoint import SinglePointCalculator
from numpy.typing import NDArray

from nanokiln.potentials.basis.pod import Pod
from nanokiln.potentials.basis.splines import Basis, Grid
from nanokiln.potentials.basis.uf3_file import write_uf3
from nanokiln.potentials.lammps.dynamics import run_input
from nanokiln.potentials.lammps.session import Session
from nanokiln.potentials.training.neighbourhoods import with_kinds
from nanokiln.potentials.training.normal_equations import ENERGY_WEIGHT, FORCE_WEIGHT, prior
from nanokiln.potentials.training.student import pair_commands, save

Floats = NDArray[np.float64]
Commands = tuple[str, ...]


@dataclass(frozen=True)
class Task:
    """The same for every form: elements in the order of the types, cells to fit and cells held out, a folder."""

    elements: tuple[str, ...]
    train: list[ase.Atoms]
    held: list[ase.Atoms]
    folder: Path


@dataclass(frozen=True)
class Student:
    """A fit: pair commands, number of coefficients, and energies per atom that the pair style itself leaves out."""

    commands: Commands
    coefficients: int
    one_body_eV: tuple[float, ...] = ()


Fit = Callable[[Task], Student]


def rows(energy: Floats, forces: Floats, cell: ase.Atoms) -> tuple[Floats, Floats]:
    """Return weighted rows and targets of a cell from its features: energy (size), forces (n, 3, size)."""
    weight = ENERGY_WEIGHT / len(cell)
    X = np.concatenate([weight * energy[None], FORCE_WEIGHT * forces.reshape(-1, len(energy))])
    y = np.concatenate([[weight * cell.info["energy"]], FORCE_WEIGHT * cell.arrays["forces"].ravel()])
    return X, y


def fit_splines(task: Task, bond_A: float, intervals: int, pair_A: float = 6.0) -> Student:
    """Splines of one distance to `pair_A` and of three, the bonds to `bond_A` in `intervals` intervals."""
    far = 1.4 * bond_A
    step = (bond_A - 0.9) / intervals
    basis = Basis(
        task.elements, Grid(0.6, pair_A, 24), Grid(0.9, bond_A, intervals), Grid(0.9, far, round((far - 0.9) / step))
    )
    matrix, vector = np.zeros((basis.size, basis.size)), np.zeros(basis.size)
    for cell in task.train:
        X, y = rows(*basis.features(cell)[:2], cell)
        matrix += X.T @ X
        vector += X.T @ y
    smooth, pull = prior(basis, np.diag(matrix))
    coefficients = scipy.linalg.solve(matrix + smooth, vector + pull, assume_a="pos")
    write_uf3(basis, coefficients, task.folder / "trial.uf3", "trial of forms")
    commands = ("pair_style uf3 3", f"pair_coeff * * {task.folder}/trial.uf3 {' '.join(task.elements)}")
    return Student(commands, basis.size, tuple(coefficients[: len(task.elements)]))


def fit_descriptors(
    task: Task,
    three: tuple[int, int],
    four: tuple[int, int] = (3, 2),
    five: tuple[int, int] = (3, 2),
    kinds: int = 1,
    components: int = 2,
) -> Student:
    """The form that ships: descriptors of two to five bodies over a core, with coefficients for each kind of
    neighbourhood."""
    basis = Pod(task.elements, cutoff_A=5.5, pair=6, three=three, four=four, five=five)
    if kinds > 1:
        basis = with_kinds(basis, task.train, kinds, components)
    matrix, vector = np.zeros((basis.size, basis.size)), np.zeros(basis.size)
    for cell in task.train:
        energy, forces, _ = basis.core.of(cell)
        left = cell.copy()
        left.info["energy"], left.arrays["forces"] = cell.info["energy"] - energy, cell.arrays["forces"] - forces
        X, y = rows(*basis.features(cell)[:2], left)
        matrix += X.T @ X
        vector += X.T @ y
    matrix += prior(basis, np.diag(matrix).copy())[0]
    save(task.folder / "trial.npz", basis, scipy.linalg.solve(matrix, vector, assume_a="pos"))
    return Student(pair_commands(task.folder / "trial.npz", task.elements), basis.size)


def fit_pod(task: Task, pair: int, three: tuple[int, int], four: tuple[int, int] = (0, 0)) -> Student:
    """Proper orthogonal descriptors by `fitpod`: functions of pairs; radial and angular ones of 3 and 4 bodies."""
    (task.folder / "train").mkdir(exist_ok=True)
    ase.io.write(task.folder / "train" / "cells.xyz", list(map(_with_results, task.train)), format="extxyz")
    numbers = {"twobody_number_radial_basis_functions": pair}
    for name, (radial, angular) in {"three": three, "four": four}.items():
        numbers |= {f"{name}body_number_radial_basis_functions": radial, f"{name}body_angular_degree": angular}
    shape = {"species": " ".join(task.elements), "pbc": "1 1 1", "rin": 1.0, "rcut": 5.0, "onebody": 1}
    shape |= {"bessel_polynomial_degree": 4, "inverse_polynomial_degree": 8}
    data = {
        "file_format": "extxyz",
        "file_extension": "xyz",
        "path_to_training_data_set": '"train"',
        "fitting_weight_energy": ENERGY_WEIGHT,
        "fitting_weight_force": FORCE_WEIGHT,
        "fitting_regularization_parameter": 1e-10,
        "basename_for_output_files": "trial",
        "precision_for_pod_coefficients": 12,
    }
    for name, settings in {"shape.pod": {**shape, **numbers}, "data.pod": data}.items():
        (task.folder / name).write_text("".join(f"{key} {value}\n" for key, value in settings.items()))
    run_input(("units metal", "fitpod shape.pod data.pod"), task.folder, check=True)
    table = task.folder / "trial_coefficients.pod"
    count = int(table.read_text().split("model_coefficients:")[1].split()[0])
    names = f"{task.folder}/shape.pod {table} {' '.join(task.elements)}"
    return Student(("pair_style pod", f"pair_coeff * * {names}"), count)


def _with_results(cell: ase.Atoms) -> ase.Atoms:
    out = ase.Atoms(cell.numbers, cell.positions, cell=cell.cell, pbc=True)
    out.calc = SinglePointCalculator(out, energy=cell.info["energy"], forces=cell.arrays["forces"])
    return out


def fit_snap(task: Task, twojmax: int, cutoff_A: float = 5.0, chemical: bool = False) -> Student:
    """Linear SNAP on the bispectrum of `compute snap`; `chemical` tells the neighbours' elements apart explicitly."""
    n = len(task.elements)
    weights = [1.0 - 0.3 * i for i in range(n)]  # without `chemical`, elements differ by their weight only
    chem = f"chem {n} {' '.join(map(str, range(n)))} bnormflag 1" if chemical else ""
    numbers = f"{cutoff_A} 0.99363 {twojmax} {' '.join(['0.5'] * n)} {' '.join(map(str, weights))}"
    compute = f"compute snap all snap {numbers} rmin0 0 bzeroflag 1 quadraticflag 0 {chem}"
    found = _least_squares(task, compute, cutoff_A)
    per = (len(found) - n) // n
    lines = [f"{n} {per + 1}"]
    for i, (element, weight) in enumerate(zip(task.elements, weights, strict=True)):
        values = [found[n * per + i], *found[i * per : (i + 1) * per]]
        lines += [f"{element} 0.5 {weight}", *(f"{v:.15g}" for v in values)]
    coefficients, shape = task.folder / "trial.snapcoeff", task.folder / "trial.snapparam"
    coefficients.write_text("\n".join(lines) + "\n")
    flags = f"chemflag {int(chemical)}\nbnormflag {int(chemical)}\n"
    shape.write_text(
        f"rcutfac {cutoff_A}\ntwojmax {twojmax}\nrfac0 0.99363\nrmin0 0\nbzeroflag 1\nquadraticflag 0\n{flags}"
    )
    return Student(("pair_style snap", f"pair_coeff * * {coefficients} {shape} {' '.join(task.elements)}"), len(found))


def _least_squares(task: Task, compute: str, cutoff_A: float) -> Floats:
    """Solve for the bispectrum's coefficients, element after element, and then the elements' own energies."""
    parts = []
    for cell in task.train:
        with Session(cell, task.elements, (f"pair_style zero {cutoff_A}", "pair_coeff * *", compute)) as session:
            found = session.run().lmp.numpy.extract_compute("snap", 0, 2)
            table = np.array(found[: 1 + 3 * len(cell), :-1])
        bodies = np.zeros((len(table), len(task.elements)))
        bodies[0] = [cell.get_chemical_symbols().count(element) for element in task.elements]
        features = np.hstack([table, bodies])
        X, y = rows(features[0], features[1:].reshape(len(cell), 3, -1), cell)
        parts.append((X.T @ X, X.T @ y))
    matrix, vector = (np.sum(part, axis=0) for part in zip(*parts, strict=True))
    scale = np.sqrt(np.maximum(np.diag(matrix), 1e-12))  # bispectrum components differ by orders of magnitude
    damped = matrix / np.outer(scale, scale) + 1e-9 * np.eye(len(scale))
    return np.asarray(scipy.linalg.solve(damped, vector / scale, assume_a="pos") / scale)
