"""Polyhedral template matching on one sublattice: which anions are stacked hcp, which fcc.

Larsen, Schmidt, Schiotz, Modelling Simul. Mater. Sci. Eng. 24 (2016) 055007, as implemented by mdapy.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RMSD_CUTOFF = 0.20
OTHER, FCC, HCP = 0, 1, 2
_FEW = 14  # a template needs twelve neighbours


@dataclass(frozen=True)
class Match:
    """Per point: `kind` (OTHER, FCC or HCP), `rmsd` to its template, neighbour `distance_A`, `quaternion` (w x y z)."""

    kind: NDArray[np.int64]
    rmsd: NDArray[np.float64]
    distance_A: NDArray[np.float64]
    quaternion: NDArray[np.float64]


def match(
    positions: NDArray[np.float64],
    cell: NDArray[np.float64],
    periodic: NDArray[np.bool_],
    rmsd_cutoff: float = RMSD_CUTOFF,
) -> Match:
    """Match each point's twelve neighbours to the fcc and hcp templates; fewer than 14 points match nothing."""
    n = len(positions)
    if n < _FEW:
        return Match(np.zeros(n, dtype=np.int64), np.full(n, np.inf), np.zeros(n), np.zeros((n, 4)))
    import polars as pl
    from mdapy.box import Box
    from mdapy.polyhedral_template_matching import PolyhedralTemplateMatching

    table = pl.DataFrame({axis: np.ascontiguousarray(positions[:, i], dtype=float) for i, axis in enumerate("xyz")})
    box = Box(np.ascontiguousarray(cell), boundary=[int(p) for p in periodic])
    ptm = PolyhedralTemplateMatching("fcc-hcp", table, box, rmsd_threshold=rmsd_cutoff)
    ptm.compute()
    out = ptm.output[:n]
    return Match(out[:, 0].astype(np.int64), out[:, 2], out[:, 3], out[:, 4:8])
