"""What one run, nanoseconds long, can say about the sandwiches (rows C) when it is judged by itself."""

import numpy as np
from numpy.typing import NDArray

from nanokiln.analysis.experiment.evidence import Evidence, answers
from nanokiln.analysis.experiment.verdict import Answer
from nanokiln.analysis.measured import Result
from nanokiln.structures.model import Domain

SANDWICH = frozenset({"CdSe-wz", "Cu3P"})
HELD_BACK = ("C5", "C7", "C8", "C9", "C10", "C11", "C12", "C13", "C14", "C17", "C18")


@answers(*HELD_BACK, of_run=True)
def _too_short(evidence: Evidence) -> Answer | None:
    if evidence.own is None:
        return None
    time_ps = evidence.own.origin.time_ps
    decades = np.log10(600.0 / max(time_ps * 1e-12, 1e-15))
    return Answer(
        reason=f"the fact took minutes, {decades:.0f} decades longer than the run's {time_ps:.3g} ps, in which no Cd "
        "or P has the time to evaporate; `nanokiln experiment` answers it by a kinetic model of minutes"
    )


@answers("C1", of_run=True)
def _parallel_axes(evidence: Evidence) -> Answer | None:
    axes = [_unit(domain.lattice_A[2]) for domain in _sandwich(evidence)]
    if len(axes) < 2:
        return None
    angles = [np.degrees(np.arccos(np.clip(abs(a @ axes[0]), 0.0, 1.0))) for a in axes]
    return Answer(
        (Result("largest_c_axis_angle_deg", float(max(angles)), "deg", "input", method="axes of the built domains"),)
    )


@answers("C2", of_run=True)
def _film_strain(evidence: Evidence) -> Answer | None:
    strains = [_in_plane_strain_percent(domain) for domain in _sandwich(evidence)]
    if not strains:
        return None
    worst = max(strains, key=abs)
    return Answer(
        (Result("film_strain_percent", worst, "%", "input", method="largest in-plane strain of a built domain"),),
        reason="the review does not print the formula of the relation, which is inferred here; the strain of its cell "
        "is stated",
    )


def _sandwich(evidence: Evidence) -> tuple[Domain, ...]:
    """Return the domains of the run's model if it is a sandwich, else none: a bare particle has no film."""
    domains = evidence.model.domains if evidence.model else ()
    return domains if {domain.phase for domain in domains} == SANDWICH else ()


def _unit(vector: NDArray[np.float64]) -> NDArray[np.float64]:
    return vector / np.linalg.norm(vector)


def _in_plane_strain_percent(domain: Domain) -> float:
    lengths = np.linalg.norm(domain.lattice_A[:2], axis=1) / np.linalg.norm(domain.reference_A[:2], axis=1)
    return float(100.0 * (lengths[np.argmax(abs(lengths - 1.0))] - 1.0))


ANSWERERS = (_too_short, _parallel_axes, _film_strain)
