"""Findings of a run as results: exchange, losses, lattices and faults, from the survey and the last frame."""

import numpy as np
from numpy.typing import NDArray

from nanokiln.analysis.lattice.exchange import count_by_elements, crossings, find_replacements
from nanokiln.analysis.lattice.occupation import Labels, take_census
from nanokiln.analysis.lattice.orientation import fit_lattice
from nanokiln.analysis.lattice.stacking import find_stacking
from nanokiln.analysis.lattice.vacancies import hole_domain
from nanokiln.analysis.measure.heating_curve import Survey
from nanokiln.analysis.measured import Result
from nanokiln.analysis.trajectory.trajectory import Trajectory
from nanokiln.structures.model import Model

_COUNT = "count in this run; Poisson error, at least one"


def exchange_results(
    survey: Survey, labels: Labels, trajectory: Trajectory, lost: NDArray[np.int64]
) -> dict[str, Result]:
    """Return how many atoms left, how many sites changed hands, and what crossed the starting interfaces."""
    elements = trajectory.elements
    out = {
        f"lost_{name}": _count(f"{name} lost", int(np.sum(elements[lost] == name)))
        for name in sorted(set(elements.tolist()))
    }
    if survey.tracker is None or len(survey.frames) < 2:
        return out
    for occupation in (survey.tracker.cations, survey.tracker.anions):
        for change, number in count_by_elements(find_replacements(occupation, elements), elements).items():
            old, new = change.split("->")
            out[f"replaced_{old}_by_{new}"] = _count(f"{old} replaced by {new}", number)
    domain = hole_domain(survey.first, labels)
    for name, matrix in crossings(survey.tracker.cations, domain, elements, len(labels.names)).items():
        for i, j in np.argwhere(matrix > 0):
            here, there = labels.names[i], labels.names[j]
            out[f"crossed_{here}_to_{there}_{name}"] = _count(f"{name} from {here} to {there}", int(matrix[i, j]))
    return out


def lattice_results(model: Model, trajectory: Trajectory) -> dict[str, Result]:
    """Return lattice constants, strain and turning of each domain in the last frame, and the faults of the stacking.

    A domain whose lattice can no longer be fitted has no entry, nor has any where the run turned the cell of the model.
    """
    if trajectory.periodic.any() and not np.allclose(model.atoms.cell.array, trajectory.cells[0], atol=0.05):
        return _faults(model, trajectory)
    last = trajectory.frame(-1)
    positions = model.atoms.positions + last.displacements
    positions[~last.present] = np.nan
    out: dict[str, Result] = {}
    for index, domain in enumerate(model.domains):
        try:
            fit = fit_lattice(model, index, positions)
        except ValueError:
            continue
        method = f"least squares over {fit.used} atoms on their places; error by jackknife over eight blocks"
        for row, symbol in ((0, "a"), (2, "c")):
            length = float(np.linalg.norm(fit.vectors_A[row]))
            error = float(abs(fit.vectors_A[row] / length) @ fit.error_vectors_A[row])
            out[f"{symbol}_{domain.name}"] = Result(
                f"{symbol} of {domain.name}", length, "A", "measured", error, method=method
            )
        for axis, label in enumerate(("xx", "yy", "zz")):
            value, error = float(fit.strain[axis, axis]), float(fit.error_strain[axis, axis])
            name = f"strain_{domain.name}_{label}"
            out[name] = Result(name.replace("_", " "), value, "1", "measured", error, method=method)
    return out | _faults(model, trajectory)


def _faults(model: Model, trajectory: Trajectory) -> dict[str, Result]:
    labels, last = Labels.of(model), trajectory.frame(-1)
    census = take_census(last, labels, trajectory.periodic)
    if len(census.anions) == 0:
        return {}
    out = {}
    domain = labels.domain[census.anions]
    for index in np.unique(domain):
        mine, name = domain == index, labels.names[index]
        use = labels.complete[census.anions][mine]
        stacking = find_stacking(census.smoothed_A[mine], census.match.only(mine), labels.axis, use)
        if {"h", "c"} & set(stacking.sequence):
            method = f"layers along the close-packed axis nearest the stacking axis: {stacking.sequence}"
            n = float(stacking.n_faults)
            out[f"faults_{name}"] = Result(f"stacking faults of {name}", n, "faults", "measured", 0.0, method=method)
    return out


def _count(name: str, number: int) -> Result:
    return Result(name, float(number), "atoms", "measured", float(np.sqrt(max(number, 1))), method=_COUNT)
