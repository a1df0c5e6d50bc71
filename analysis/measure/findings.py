"""Findings of a run as results: exchange, losses, lattices and faults, from the survey and the last frame."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, replace

import numpy as np
from numpy.typing import NDArray

from nanokiln.analysis.lattice.exchange import count_by_elements, crossings, find_replacements
from nanokiln.analysis.lattice.occupation import Labels, take_census
from nanokiln.analysis.lattice.orientation import Lattice, fit_lattice
from nanokiln.analysis.lattice.stacking import find_stacking
from nanokiln.analysis.lattice.vacancies import hole_domain
from nanokiln.analysis.measure.events import Events
from nanokiln.analysis.measure.heating_curve import Survey
from nanokiln.analysis.measured import Result, Subject
from nanokiln.analysis.trajectory.trajectory import Trajectory
from nanokiln.structures.model import Model

_LAST = 6  # censuses at the end over which places are looked for
_COUNT = "count in this run; Poisson error, at least one"


def exchange_results(
    survey: Survey, events: Events | None, labels: Labels, trajectory: Trajectory, lost: NDArray[np.int64]
) -> tuple[Result, ...]:
    """Return how many atoms left, how many sites changed hands, and what crossed the starting interfaces.

    Rows `lost` by species, `replaced` by species (who came) and other (who left), `crossed` by species, domain (from)
    and other (to), and `sites_known`, the share of the held cation places that can still be told. Sites are those of
    the lattice while it is there; of a lattice that is lost from the start there are none.
    """
    elements = trajectory.elements
    gone = [
        _count(f"{name} lost", int(np.sum(elements[lost] == name)), Subject(quantity="lost", species=name))
        for name in sorted(set(elements.tolist()))
    ]
    if events is None:
        return tuple(gone)
    found = (*_replaced(events, elements), *_crossed(survey, events, labels, elements))
    told = tuple(replace(row, method=f"{row.method}; {events.seen}") for row in found)
    return (*gone, *told, *_recognised(survey, len(events.cations.atom)))


def _recognised(survey: Survey, censuses: int) -> Iterator[Result]:
    """Yield how many of the places that cations held at the start are still told as such in the last censuses.

    Where layers have glided over each other they are not, and nobody is seen to move from or to them.
    """
    assert survey.tracker is not None
    occupation = survey.tracker.cations
    held = occupation.known[max(censuses - _LAST, 0) : censuses, occupation.atom[0] >= 0]
    if held.size:
        yield Result(
            "cation places of the start still told",
            float(held.mean()),
            "1",
            "measured",
            float(held.mean(axis=1).std(ddof=1)) if len(held) > 1 else 0.0,
            method=f"those that were held at first, last {len(held)} censuses with a lattice; error their scatter",
            quantity="sites_known",
        )


def _replaced(events: Events, elements: NDArray[np.str_]) -> Iterator[Result]:
    for occupation in (events.cations, events.anions):
        for (old, new), number in count_by_elements(find_replacements(occupation, elements), elements).items():
            what = Subject(quantity="replaced", species=new, other=old)
            yield _count(f"{old} replaced by {new}", number, what)


def _crossed(survey: Survey, events: Events, labels: Labels, elements: NDArray[np.str_]) -> Iterator[Result]:
    domain = hole_domain(survey.first, labels)
    for name, matrix in crossings(events.cations, domain, elements, len(labels.names), labels.domain).items():
        for i, j in np.argwhere(matrix > 0):
            here, there = labels.names[i], labels.names[j]
            what = Subject(quantity="crossed", species=name, domain=here, other=there)
            yield _count(f"{name} from {here} to {there}", int(matrix[i, j]), what)


def lattice_results(model: Model, trajectory: Trajectory) -> tuple[Result, ...]:
    """Return lattice constants, strain and turning of each domain in the last frame, and the faults of the stacking.

    Rows `a`, `c`, `strain_xx` (yy, zz) and `faults` by domain. A domain whose lattice can no longer be fitted has no
    entry, nor has any where the run turned the cell of the model.
    """
    if trajectory.periodic.any() and not np.allclose(model.atoms.cell.array, trajectory.cells[0], atol=0.05):
        return tuple(_faults(model, trajectory))
    last = trajectory.frame(-1)
    positions = model.atoms.positions + last.displacements
    positions[~last.present] = np.nan
    out: list[Result] = []
    for index, domain in enumerate(model.domains):
        with suppress(ValueError):
            out += _lattice_of(domain.name, fit_lattice(model, index, positions))
    return (*out, *_faults(model, trajectory))


def _lattice_of(domain: str, fit: Lattice) -> Iterator[Result]:
    method = f"least squares over {fit.used} atoms on their places; error by jackknife over eight blocks"
    for row, symbol in ((0, "a"), (2, "c")):
        length = float(np.linalg.norm(fit.vectors_A[row]))
        error = float(abs(fit.vectors_A[row] / length) @ fit.error_vectors_A[row])
        name = f"{symbol} of {domain}"
        yield Result(name, length, "A", "measured", error, method=method, quantity=symbol, domain=domain)
    for axis, label in enumerate(("xx", "yy", "zz")):
        value, error = float(fit.strain[axis, axis]), float(fit.error_strain[axis, axis])
        name, quantity = f"strain {domain} {label}", f"strain_{label}"
        yield Result(name, value, "1", "measured", error, method=method, quantity=quantity, domain=domain)


def _faults(model: Model, trajectory: Trajectory) -> Iterator[Result]:
    labels, last = Labels.of(model), trajectory.frame(-1)
    census = take_census(last, labels, trajectory.periodic)
    domain = labels.domain[census.anions]
    for index in np.unique(domain):
        mine, name = domain == index, labels.names[index]
        use = labels.complete[census.anions][mine]
        stacking = find_stacking(census.smoothed_A[mine], census.match.only(mine), labels.axis, use)
        if {"h", "c"} & set(stacking.sequence):
            method = f"layers along the close-packed axis nearest the stacking axis: {stacking.sequence}"
            title, n = f"stacking faults of {name}", float(stacking.n_faults)
            yield Result(title, n, "faults", "measured", 0.0, method=method, quantity="faults", domain=name)


def _count(name: str, number: int, what: Subject) -> Result:
    error = float(np.sqrt(max(number, 1)))
    return Result(name, float(number), "atoms", "measured", error, method=_COUNT, **asdict(what))
