"""Teachers: ASE calculators that label cells."""

import os
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import ase
import numpy as np
from ase.calculators.calculator import Calculator
from ase.stress import full_3x3_to_voigt_6_stress

from nanokiln.potentials.cards.card import sha256

NEQUIX = "nequix-oam-1-pft"
NEQUIX_PATH = "NANOKILN_NEQUIX"  # environment variable: a weights file, where nothing may be downloaded
# The published weights and the package's conversion of them for torch are one teacher: both sign as the first.
NEQUIX_SHA256 = (
    "4ce693d68886512aab50c84ea2400efd68163e11155f7c7babe98e695177e809",
    "8ccd58dd40365d104e9d060df6823bab421f2ac8c36510e72d29485e2349cfa7",
)


def nequix() -> Calculator:
    """Nequix of OMat24, sAlex, MPtrj and phonons (T. Koker et al., arXiv 2508.16067 and 2601.07742; MIT) on one thread.

    The weights are the file that NANOKILN_NEQUIX names; without it the package's cache, filled from its own address at
    first use.
    """
    import torch
    from nequix.calculator import NequixCalculator

    torch.set_num_threads(1)
    given = os.environ.get(NEQUIX_PATH)
    path = None if given is None else _existing(Path(given))
    return NequixCalculator(model_name=NEQUIX, model_path=path, backend="torch", use_kernel=False)


def _existing(path: Path) -> Path:
    if not path.is_file():
        raise ValueError(f"{NEQUIX_PATH} names {path}, which is no file")
    return path


def nequix_weights() -> Path:
    """Return the weights file that `nequix` reads; ValueError when there is none yet."""
    given = os.environ.get(NEQUIX_PATH)
    if given is not None:
        return _existing(Path(given))
    cache = Path("~/.cache/nequix/models").expanduser()
    for path in (cache / f"{NEQUIX}.nqx", cache / f"{NEQUIX}.pt"):
        if path.is_file():
            return path
    raise ValueError(f"no weights of {NEQUIX}: load the teacher once, or let {NEQUIX_PATH} name the file")


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


TEACHERS: dict[str, Callable[[], Calculator]] = {"chgnet": chgnet, "chgnet-pbe": chgnet_pbe, "nequix": nequix}


def signature(name: str) -> str:
    """Return what labels are signed with: the teacher's name and the head of its weights' checksum where it has a file.

    A student may be fitted to labels that are there without the weights: then the published ones are meant.
    """
    if name == "nequix":
        try:
            found = sha256(nequix_weights())
        except ValueError:
            found = NEQUIX_SHA256[0]
        return f"{NEQUIX}:{(NEQUIX_SHA256[0] if found in NEQUIX_SHA256 else found)[:8]}"
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
