"""What one run, nanoseconds long, can say about the rows of the experiment."""

import numpy as np
from numpy.typing import NDArray

from nanokiln.analysis.answers import Evidence, answers
from nanokiln.analysis.experiment import Answer
from nanokiln.analysis.pipeline import Analysis
from nanokiln.analysis.result import Result
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


@answers("C3")
def _domain_edges(evidence: Evidence) -> Answer | None:
    analysis = evidence.analysis
    if analysis is None or not {"profile_after_Cd", "profile_after_Cu"} <= set(analysis.series):
        return None
    model, axis = analysis.model, analysis.model.stacking_axis
    height = model.atoms.positions[:, axis]
    mine = model.atoms.arrays["phase"] == "Cu3P"
    if not mine.any():
        return None
    built = np.array([height[mine].min(), height[mine].max()])
    cadmium, copper = analysis.series["profile_after_Cd"], analysis.series["profile_after_Cu"]
    # The plate may have drifted, so both edge pairs are measured from their own centre.
    edges = _crossings(copper.x, np.nan_to_num(copper.y) - np.nan_to_num(cadmium.y))
    if len(edges) < 2:
        return Answer(reason="the last composition profile has no two edges between Cu and Cd")
    offset = abs((edges[-1] - edges[0]) - (built[1] - built[0])) / 2.0
    cell_A = float(np.linalg.norm(_hexagonal(analysis)[0].lattice_A[2]))
    return Answer(
        (
            Result(
                "worst_edge_offset_cells",
                float(offset / cell_A),
                "cells",
                "measured",
                method="edges where the Cu and Cd profiles of the last frame cross, against the built domain",
            ),
        )
    )


@answers("C4")
def _wurtzite_kept(evidence: Evidence) -> Answer | None:
    analysis = evidence.analysis
    if analysis is None or "phase_wz" not in analysis.series:
        return None
    curve = analysis.series["phase_wz"]
    below = curve.x <= 573.15
    if not below.any():
        return Answer(reason="the run has no frame at or below 300 C")
    first, last = int(np.argmin(curve.x)), int(np.flatnonzero(below)[np.argmax(curve.x[below])])
    if not curve.y[first] > 0:
        return Answer(reason="no wurtzite was recognised at the start of the run")
    # Cu3P counts among the anions too, so what is judged is how much of the wurtzite at the start is left.
    left = float(curve.y[last] / curve.y[first])
    error = None if curve.error is None else float(np.hypot(*curve.error[[first, last]]) / curve.y[first])
    method = f"wurtzite at {curve.x[last]:.0f} K over that at {curve.x[first]:.0f} K, polyhedral template matching"
    result = Result("wurtzite_fraction_300C", left, "", "measured", error, method=method)
    return Answer((result,), reason="structure from the run; the conversion of minutes from the clock")


def _hexagonal(analysis: Analysis) -> list[Domain]:
    return [domain for domain in analysis.model.domains if domain.phase in ("CdSe-wz", "Cu3P")]


def _unit(vector: NDArray[np.float64]) -> NDArray[np.float64]:
    return vector / np.linalg.norm(vector)


def _in_plane_strain_percent(domain: Domain) -> float:
    lengths = np.linalg.norm(domain.lattice_A[:2], axis=1) / np.linalg.norm(domain.reference_A[:2], axis=1)
    return float(100.0 * (lengths[np.argmax(abs(lengths - 1.0))] - 1.0))


def _crossings(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return where a sampled curve crosses zero, by linear interpolation."""
    at = np.flatnonzero(np.sign(y[:-1]) * np.sign(y[1:]) < 0)
    return x[at] - y[at] * (x[at + 1] - x[at]) / (y[at + 1] - y[at])
