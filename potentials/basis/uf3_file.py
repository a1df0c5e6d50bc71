"""Write fitted splines as the files of LAMMPS' `pair_style uf3`.

What LAMMPS expects beyond its manual: no leading and three trailing coefficients trimmed, a cutoff of the
far distance of exactly twice the bond cutoff (the knots go on, with coefficients of zero), no one-body energy.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nanokiln.potentials.basis.splines import Basis, Grid

Floats = NDArray[np.float64]


def triplet_grid(basis: Basis, block: int, coefficients_eV: Floats) -> Floats:
    """Return the coefficients of one triplet on its full grid, zero where no spline is: (bond, bond, far)."""
    columns = basis.block_columns(block)
    return np.where(columns >= 0, coefficients_eV[np.maximum(columns, 0)], 0.0)


def write_uf3(basis: Basis, coefficients_eV: Floats, path: Path, title: str) -> None:
    """Write pair and triplet blocks; `coefficients_eV` has one entry per column of the basis.

    A pair is counted once from either side in the features, as in LAMMPS, so the numbers pass unchanged.
    """
    head = f"#UF3 POT UNITS: metal DATE: 2026-11-22 AUTHOR: nanokiln CITATION: {title}"
    lines: list[str] = []
    for i, j in basis.pairs:
        first = basis.pair_columns[i, j]
        values = np.concatenate([coefficients_eV[first : first + basis.pair.intervals], np.zeros(3)])
        knots = basis.pair.knots_A()
        lines += [head, f"2B {basis.elements[i]} {basis.elements[j]} 0 3 nk", f"{basis.pair.high_A} {len(knots)}"]
        lines += [_row(knots), str(len(values)), _row(values), "#"]
    for block, triplet in enumerate(basis.triplets):
        lines += [head, f"3B {' '.join(basis.elements[t] for t in triplet)} 0 3 nk"]
        lines += _triplet_block(*basis.triplet_grids[block], triplet_grid(basis, block, coefficients_eV))
    path.write_text("\n".join(lines) + "\n")


def _triplet_block(bonds: Grid, fars: Grid, grid: Floats) -> list[str]:
    top = 2 * bonds.high_A
    intervals = int(np.ceil((top - fars.low_A) / fars.step_A - 1e-9))
    bond, far = bonds.knots_A(), fars.knots_A(intervals)
    far[-4:] = top
    full = np.zeros((len(bond) - 4, len(bond) - 4, len(far) - 4))
    full[: grid.shape[0], : grid.shape[1], : grid.shape[2]] = grid
    cutoffs = f"{top} {bonds.high_A} {bonds.high_A} {len(far)} {len(bond)} {len(bond)}"
    shape = " ".join(str(n) for n in full.shape)
    return [cutoffs, _row(far), _row(bond), _row(bond), shape, *(_row(r) for plane in full for r in plane), "#"]


def _row(values: Floats) -> str:
    return " ".join(f"{v:.12g}" for v in values)
