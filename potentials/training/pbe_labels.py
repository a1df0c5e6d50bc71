"""First-principles labels: PBE energies, forces and stresses of small cells, computed with GPAW and kept as data.

GPAW lives outside the project's environment (Debian: `apt install gpaw gpaw-data`), so this file is also a script
that needs no more than ase, numpy and gpaw:

    OMP_NUM_THREADS=1 nice python3 potentials/training/pbe_labels.py CELLS.extxyz LABELS.extxyz

Every finished cell is appended at once; starting again goes on where it stopped. The next cell is always one of the
group with the fewest labels so far, so that any prefix of the file is balanced. `--kpoint-density` and `--group`
compute shipped cells again on a denser mesh, which tells how far the others are from its limit.
"""

import argparse
import math
import time
from collections import Counter
from collections.abc import Container
from pathlib import Path
from typing import Any

import numpy as np
from ase import Atoms
from ase.io import read, write
from ase.units import GPa

KPOINT_DENSITY_A = 1.8  # mesh points per inverse angstrom
# The settings of the first 57 cells, which these reproduce to 1e-6 eV, so that all sets join.
SETTINGS: dict[str, Any] = {
    "xc": "PBE",
    "plane_wave_cutoff_eV": 400.0,
    "kpoint_density_per_inverse_angstrom": KPOINT_DENSITY_A,
    "fermi_dirac_width_eV": 0.1,
    "density_convergence": 1e-5,
}
# Basis-set (Pulay) stress times volume, GPa A^3 per atom: the difference between the stress at a fixed number of plane
# waves and dE/dV at a fixed cutoff, measured on the group `volumes`; it adds up over the elements to about 10 %.
PULAY_GPA_A3 = {"Cd": 77.0, "Cu": 86.0, "P": 0.0, "Se": 11.0}
LABELS = Path(__file__).parents[1] / "data" / "labels" / "pbe.extxyz"


def load_labels(path: Path = LABELS) -> list[Atoms]:
    """Return the labelled cells: `info["energy_pbe"]` (eV), `info["stress_pbe"]` (eV/A^3, Voigt) and
    `arrays["forces_pbe"]` (eV/A), with `info["name"]` and `info["group"]`."""
    cells: list[Atoms] = read(path, ":")
    return cells


def corrected_stress(cell: Atoms) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return the stress (eV/A^3, Voigt, ASE's sign) of a labelled cell without its basis-set part."""
    part = sum(PULAY_GPA_A3[symbol] for symbol in cell.get_chemical_symbols()) * GPa / cell.get_volume()
    return np.asarray(cell.info["stress_pbe"] - part * np.array([1, 1, 1, 0, 0, 0]))


def label(cell: Atoms, log: Path | None = None, kpoint_density_A: float = KPOINT_DENSITY_A) -> Atoms:
    """Return a copy of `cell` with its PBE energy, forces and stress; raises GPAW's `KohnShamConvergenceError`."""
    from gpaw import KohnShamConvergenceError

    # The residual minimiser is 1.7 times faster and agrees to 2 meV/A; Davidson is the sturdy way out.
    try:
        return _solve(cell, "rmm-diis", log, kpoint_density_A)
    except KohnShamConvergenceError:
        return _solve(cell, "dav", log, kpoint_density_A)


def _solve(cell: Atoms, eigensolver: str, log: Path | None, kpoint_density_A: float) -> Atoms:
    from gpaw import GPAW, PW, FermiDirac

    work = Atoms(cell.numbers, positions=cell.positions, cell=cell.cell, pbc=True)
    work.calc = GPAW(
        mode=PW(SETTINGS["plane_wave_cutoff_eV"]),
        xc=SETTINGS["xc"],
        kpts={"density": kpoint_density_A, "gamma": True},
        occupations=FermiDirac(SETTINGS["fermi_dirac_width_eV"]),
        convergence={"density": SETTINGS["density_convergence"]},
        eigensolver=eigensolver,
        maxiter=80 if eigensolver == "rmm-diis" else 200,
        txt=None if log is None else str(log),
    )
    labelled = Atoms(cell.numbers, positions=cell.positions, cell=cell.cell, pbc=True, info=dict(cell.info))
    labelled.info["kpoint_density_A"] = kpoint_density_A
    labelled.info["energy_pbe"] = float(work.get_potential_energy())  # extrapolated to zero width
    labelled.arrays["forces_pbe"] = np.array(work.get_forces())
    labelled.info["stress_pbe"] = np.array(work.get_stress())
    return labelled


def next_cell(pending: list[Atoms], done: list[str]) -> Atoms:
    """Return the first cell of the group with the fewest labels in `done` (a list of group names)."""
    count = Counter(done)
    return min(pending, key=lambda cell: count[cell.info["group"]])


def compute(
    cells: Path,
    out: Path,
    log: Path | None = None,
    limit_s: float = math.inf,
    kpoint_density_A: float = KPOINT_DENSITY_A,
    groups: Container[str] | None = None,
) -> int:
    """Label the cells of `cells` (of some groups only) that `out` lacks, appending each; return how many.

    `cells` may grow meanwhile.
    """
    start, count, failed = time.monotonic(), 0, set[str]()
    while time.monotonic() - start < limit_s:
        done = load_labels(out) if out.exists() else []
        names = {cell.info["name"] for cell in done} | failed
        pending = [cell for cell in read(cells, ":") if cell.info["name"] not in names]
        pending = [cell for cell in pending if groups is None or cell.info["group"] in groups]
        if not pending:
            break
        cell = next_cell(pending, [cell.info["group"] for cell in done])
        began = time.monotonic()
        try:
            write(out, label(cell, log, kpoint_density_A), format="extxyz", append=True)
        except Exception as error:  # one cell that does not converge must not end a night of labels
            failed.add(cell.info["name"])
            print(f"{cell.info['name']}: not labelled: {error!r}", flush=True)
            continue
        count += 1
        left, wall_s = len(pending) - 1, time.monotonic() - began
        print(f"{cell.info['name']} ({len(cell)} atoms): {wall_s:.0f} s, {left} left", flush=True)
    return count


def main() -> None:
    """Run the labelling from the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("cells", type=Path, help="extxyz with info name and group per frame")
    parser.add_argument("labels", type=Path, help="extxyz to append to")
    parser.add_argument("--log", type=Path, help="file for GPAW's own output (overwritten per cell)")
    parser.add_argument("--limit-s", type=float, default=math.inf, help="start no cell after this wall time")
    parser.add_argument("--kpoint-density", type=float, default=KPOINT_DENSITY_A, help="mesh points per inverse A")
    parser.add_argument("--group", action="append", help="only cells of this group (may be given again)")
    told = parser.parse_args()
    count = compute(told.cells, told.labels, told.log, told.limit_s, told.kpoint_density, told.group)
    print(f"{count} cells labelled")


if __name__ == "__main__":
    main()
