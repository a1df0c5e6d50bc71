"""What one run, nanoseconds long, can say about the rows of the experiment."""

import numpy as np
from numpy.typing import NDArray

from nanokiln.analysis.experiment.evidence import Evidence, answers
from nanokiln.analysis.experiment.facts import Answer
from nanokiln.analysis.measure.run import Analysis
from nanokiln.analysis.measured import Result
from nanokiln.structures.model import Domain

HELD_BACK = ("C5", "C7", "C8", "C9", "C10", "C11", "C12", "C13", "C14", "C17", "C18")


@answers(*HELD_BACK)
def _too_short(evidence: Evidence) -> Answer | None:
    if evidence.analysis is None:
        return None
    time_ps = (
        float(np.ptp(evidence.analysis.series["temperature"].x)) if "temperature" in evidence.analysis.series else 0.0
    )
    decades = np.log10(600.0 / max(time_ps * 1e-12, 1e-15))
    return Answer(
        reason=f"the run covers {time_ps:.3g} ps, the fact took minutes, {decades:.0f} decades longer, and in "
        "molecular dynamics no Cd or P leaves; the minutes clock (`nanokiln experiment`) answers this row"
    )


@answers("C1")
def _parallel_axes(evidence: Evidence) -> Answer | None:
    if evidence.analysis is None:
        return None
    axes = [_unit(domain.lattice_A[2]) for domain in _hexagonal(evidence.analysis)]
    if len(axes) < 2:
        return None
    angles = [np.degrees(np.arccos(np.clip(abs(a @ axes[0]), 0.0, 1.0))) for a in axes]
    return Answer(
        (Result("largest_c_axis_angle_deg", float(max(angles)), "deg", "input", method="axes of the built domains"),)
    )


@answers("C2")
def _film_strain(evidence: Evidence) -> Answer | None:
    if evidence.analysis is None:
        return None
    strains = [_in_plane_strain_percent(domain) for domain in _hexagonal(evidence.analysis)]
    if not strains:
        return None
    worst = max(strains, key=abs)
    return Answer(
        (Result("film_strain_percent", worst, "%", "input", method="largest in-plane strain of a built domain"),),
        reason="relation S1 is inferred, for the review has lost the formula; the strain of the cell is stated",
    )


def _hexagonal(analysis: Analysis) -> list[Domain]:
    return [domain for domain in analysis.model.domains if domain.phase in ("CdSe-wz", "Cu3P")]


def _unit(vector: NDArray[np.float64]) -> NDArray[np.float64]:
    return vector / np.linalg.norm(vector)


def _in_plane_strain_percent(domain: Domain) -> float:
    lengths = np.linalg.norm(domain.lattice_A[:2], axis=1) / np.linalg.norm(domain.reference_A[:2], axis=1)
    return float(100.0 * (lengths[np.argmax(abs(lengths - 1.0))] - 1.0))
