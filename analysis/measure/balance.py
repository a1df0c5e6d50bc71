"""The balance of each domain: its formal charge, and the copper that its compound lacks, before and after.

A cation belongs to the domain of the site that it holds; one on its way stays with the domain it was last in, and so
does one whose site only got another name, as those of a contact do when its layers glide.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from nanokiln.analysis.lattice.exchange import CHARGE, cation_deficit, formal_charges, net_charge
from nanokiln.analysis.lattice.occupation import Labels
from nanokiln.analysis.lattice.vacancies import hole_domain
from nanokiln.analysis.measure.events import Events
from nanokiln.analysis.measure.heating_curve import Survey
from nanokiln.analysis.measure.transport import Mobility
from nanokiln.analysis.measured import Result

Index = NDArray[np.int64]
_LAST = 6  # censuses at the end over which the scatter is taken


def balance_results(survey: Survey, mobility: Mobility, events: Events | None) -> tuple[Result, ...]:
    """Return `charge` (e) of every domain and `deficit` (x of Cu(2-x)Se, Cu(3-x)P) of those of copper, first and last.

    The last are the last six censuses before the lattice is lost; atoms that left belong nowhere by then.
    """
    kept, labels, elements = survey.kept(mobility.order.until), mobility.labels, mobility.trajectory.elements
    if events is None:
        return ()
    domain = domains_now(survey, events, labels)
    late = domain[max(kept - _LAST, 1) :].copy()
    late[:, mobility.lost] = -1
    charge = formal_charges(elements, labels.metal)
    rows: list[Result] = []
    for index, name in enumerate(labels.names):
        own = elements[(labels.domain == index) & labels.cation]
        anions = elements[(labels.domain == index) & labels.anion]
        rows += _charge(charge, domain[:1], (index, name, "first"))
        rows += _charge(charge, late, (index, name, "last"))
        if len(anions) and np.mean(own == "Cu") > 0.5:
            anion = max(set(anions.tolist()), key=anions.tolist().count)
            for stage, where in (("first", domain[0]), ("last", late[-1])):
                rows += _deficit(elements[where == index], anion, name, stage)
    return tuple(rows)


def domains_now(survey: Survey, events: Events, labels: Labels) -> Index:
    """Return the domain of every atom at every census of the events, (n_censuses, n_atoms)."""
    home, seats = hole_domain(survey.first, labels), events.cations.atom
    out = np.empty((len(seats), len(labels.domain)), dtype=np.int64)
    now = labels.domain.copy()
    for census, row in enumerate(seats):
        held = row >= 0
        now[row[held]] = home[held]
        out[census] = now
    return out


def _charge(charge: NDArray[np.float64], domain: Index, columns: tuple[int, str, str]) -> Iterator[Result]:
    index, name, stage = columns
    totals = np.array([net_charge(charge, row, index + 1)[index] for row in domain])
    if np.isfinite(totals).all():
        yield Result(
            f"formal charge of {name}, {stage}",
            float(totals.mean()),
            "e",
            "measured",
            float(totals.std(ddof=1)) if len(totals) > 1 else 0.0,
            method=f"sum of formal charges, {len(totals)} censuses; error their scatter",
            quantity="charge",
            domain=name,
            stage=stage,
        )


def _deficit(elements: NDArray[np.str_], anion: str, name: str, stage: str) -> Iterator[Result]:
    if anion not in CHARGE:
        return
    full = -CHARGE[anion] / CHARGE["Cu"]
    x, error = cation_deficit(elements, "Cu", anion, full)
    if np.isfinite(x):
        yield Result(
            f"x of Cu({full:g}-x){anion} in {name}, {stage}",
            x,
            "1",
            "measured",
            error,
            method="copper missing per anion, surface included; error Poisson in what is missing, at least one atom",
            quantity="deficit",
            species="Cu",
            domain=name,
            stage=stage,
        )
