"""Copper inside a layered crystal: atoms of the donor with chalcogens on all sides, first and last."""

from collections.abc import Iterator

import numpy as np
from scipy.spatial import cKDTree

from nanokiln.analysis.lattice.occupation import Labels
from nanokiln.analysis.measured import Result
from nanokiln.analysis.trajectory.trajectory import Trajectory
from nanokiln.structures.model import Model

LAYERED = frozenset({"Bi2Se3", "Bi2Te3"})
_SHELL_A = 3.2  # copper to selenium 2.4, to tellurium 2.6 A; the next shell lies beyond 3.9 A
_FEWEST = 4  # an atom on a face or an edge has three


def inserted_results(model: Model, trajectory: Trajectory, labels: Labels) -> tuple[Result, ...]:
    """Return `inserted`, donor atoms with four chalcogens within 3.2 A, first and last; none without a layered crystal.

    Every metal atom counts that is no cation of the crystal; a free particle only.
    """
    if not {domain.phase for domain in model.domains} & LAYERED or trajectory.periodic.any():
        return ()
    return tuple(_counted(trajectory, labels))


def _counted(trajectory: Trajectory, labels: Labels) -> Iterator[Result]:
    for stage, index in (("first", 0), ("last", -1)):
        frame = trajectory.frame(index)
        anions = frame.positions[labels.anion & frame.present]
        guests = frame.positions[labels.metal & frame.present]
        if len(anions) and len(guests):
            near = cKDTree(anions).query_ball_point(guests, _SHELL_A, return_length=True)
            inside = float(np.sum(np.asarray(near) >= _FEWEST))
            yield Result(
                f"copper inside the platelet, {stage}",
                inside,
                "atoms",
                "measured",
                float(np.sqrt(max(inside, 1.0))),
                method=f"atoms of the donor with {_FEWEST} chalcogens within {_SHELL_A} A; Poisson",
                quantity="inserted",
                species="Cu",
                stage=stage,
            )
