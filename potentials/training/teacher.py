"""Teachers: ASE calculators that label cells."""

import warnings
from collections.abc import Callable, Iterator, Sequence

import ase
import numpy as np
from ase.calculators.calculator import Calculator
from ase.stress import full_3x3_to_voigt_6_stress

from nanokiln.structures.files import sha256


def chgnet() -> Calculator:
    """CHGNet 0.3.0 as it ships in the chgnet package (B. Deng et al., Nat. Mach. Intell. 5 (2023) 1031; BSD-3)."""
    from chgnet.model.dynamics import CHGNetCalculator

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return CHGNetCalculator(use_device="cpu")


def chgnet_pbe() -> Calculator:
    """CHGNet 0.3.0 fine-tuned on the project's PBE labels (see `finetune`); the weights ship with nanokiln."""
    from nanokiln.potentials.training.finetune import corrected

    return corrected()


TEACHERS: dict[str, Callable[[], Calculator]] = {"chgnet": chgnet, "chgnet-pbe": chgnet_pbe}


def signature(name: str) -> str:
    """Return what labels are signed with: the teacher's name and, for weights made here, the head of their checksum."""
    if name != "chgnet-pbe":
        return name
    from nanokiln.potentials.training.finetune import WEIGHTS

    return f"{name}:{sha256(WEIGHTS)[:8]}"


def load_teacher(name: str) -> Calculator:
    """Return a teacher by name, or any ASE calculator by its import path `package.module:factory`.

    Raises ValueError for an unknown name and ModuleNotFoundError when the extra `teacher` is not installed.
    """
    if name in TEACHERS:
        return TEACHERS[name]()
    if ":" in name:
        from importlib import import_module

        module, factory = name.split(":", 1)
        return getattr(import_module(module), factory)()
    raise ValueError(f"no teacher '{name}'; there are {', '.join(TEACHERS)}, or give package.module:factory")


def label(cells: Sequence[ase.Atoms], calculator: Calculator, strongest_eV_A: float = 40.0) -> Iterator[ase.Atoms]:
    """Yield each cell with `energy` (eV), `stress` (eV/A^3, ASE's sign, Voigt) in info and `forces` in arrays.

    Cells with a force above `strongest_eV_A` (collisions
    far outside what the teacher learnt) or on which the teacher fails are left out.
    """
    for cell in cells:
        atoms = ase.Atoms(cell.numbers, cell.positions, cell=cell.cell, pbc=True)
        atoms.wrap()
        try:
            calculator.calculate(atoms, properties=["energy", "forces", "stress"])
        except (ValueError, RuntimeError):
            continue
        forces = np.asarray(calculator.results["forces"], dtype=float)
        if not np.isfinite(forces).all() or np.abs(forces).max() > strongest_eV_A:
            continue
        atoms.info = {**cell.info, "energy": float(calculator.results["energy"])}
        stress = np.asarray(calculator.results["stress"], dtype=float)
        atoms.info["stress"] = full_3x3_to_voigt_6_stress(stress) if stress.shape == (3, 3) else stress
        atoms.arrays["forces"] = forces
        yield atoms
