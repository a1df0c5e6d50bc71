"""What is counted in one frame: how many of how many anions, sites and metal atoms are what."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from nanokiln.analysis.lattice.occupation import PHASES, Census, Labels, phases
from nanokiln.analysis.lattice.template_matching import FCC, HCP, match
from nanokiln.analysis.lattice.vacancies import cations_per_anion, count_sites, up_holes
from nanokiln.analysis.measured import Subject
from nanokiln.analysis.trajectory.trajectory import Snapshot

_Count = tuple[Subject, int, int]
FrameCounts = tuple[_Count, ...]  # what, how many of it, of how many


def count_frame(census: Census, snapshot: Snapshot, labels: Labels, periodic: NDArray[np.bool_]) -> FrameCounts:
    """Return what is counted in one frame: phases, stacking, vacancies, and ordered metal."""
    return tuple(_counted(census, snapshot, labels, periodic))


def phase_row(census: Census, n_atoms: int) -> NDArray[np.int8]:
    """Return the place in PHASES of every anion, -1 for other atoms, (n_atoms,)."""
    row = np.full(n_atoms, -1, dtype=np.int8)
    row[census.anions] = [PHASES.index(name) for name in phases(census)]
    return row


def _counted(census: Census, snapshot: Snapshot, labels: Labels, periodic: NDArray[np.bool_]) -> Iterator[_Count]:
    if len(census.anions):
        yield from _of_anions(census, labels)
        up = up_holes(census, labels, snapshot.cell, periodic)
        for found in count_sites(census, labels, cations_per_anion(labels), up):
            for region, part, whole in (
                ("inner", found.empty_inside, found.inside),
                ("surface", found.empty_surface, found.surface),
            ):
                yield Subject(quantity="vacancies", domain=found.domain, region=region), part, whole
    if labels.metal.any():  # counted in every frame, also once all of it has left
        metal = labels.metal & snapshot.present
        points = snapshot.positions[metal] - snapshot.origin
        kind = match(points, snapshot.cell, periodic).kind
        complete = labels.complete[metal]
        for stacking, name in ((FCC, "fcc metal"), (HCP, "hcp metal")):
            stacked = int(np.sum((kind == stacking) & complete))
            yield Subject(quantity="phase_share", phase=name), stacked, int(complete.sum())


def _of_anions(census: Census, labels: Labels) -> Iterator[_Count]:
    inner, domain, phase = labels.complete[census.anions], labels.domain[census.anions], phases(census)
    for name in PHASES:
        here = inner & (phase == name)
        yield Subject(quantity="phase_share", phase=name), int(here.sum()), int(inner.sum())
        for d in np.unique(labels.domain[labels.anion]):
            mine = domain == d
            what = Subject(quantity="phase_share", phase=name, domain=labels.names[d])
            yield what, int(np.sum(mine & here)), int(np.sum(inner & mine))
    for kind, name in ((HCP, "hcp"), (FCC, "fcc")):
        stacked = int(np.sum(inner & (census.match.kind == kind)))
        yield Subject(quantity="stacking_share", phase=name), stacked, int(inner.sum())
