"""By region: mobility and vacancies apart for the interface, the shell and the core of the starting particle."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from nanokiln.analysis.lattice.vacancies import cation_sites, cations_per_anion, up_holes
from nanokiln.analysis.lattice.zones import find_regions
from nanokiln.analysis.measure.heating_curve import Survey
from nanokiln.analysis.measure.transport import Mobility
from nanokiln.analysis.measured import Result
from nanokiln.analysis.motion.diffusion import compute_diffusion
from nanokiln.structures.model import Model

Mask = NDArray[np.bool_]
Regions = Mapping[str, Mask]
_FEWEST = 12  # atoms or sites below which a region has no number of its own
_LAST = 6  # censuses at the end that are taken together


def regions_of(model: Model) -> Regions:
    """Return the regions of a model that part it: at least two with atoms enough to speak of, else none."""
    found = {name: mask for name, mask in find_regions(model).items() if mask.sum() >= _FEWEST}
    return found if len(found) > 1 else {}


def local_diffusion(mobility: Mobility, regions: Regions) -> tuple[Result, ...]:
    """Return `local_D` (cm2/s) of each mobile species in the hottest hold, by the region that its atoms began in."""
    window, rows = mobility.hottest, []
    if not window.is_long_enough:
        return ()
    for species, atoms in mobility.mobile.items():
        for region, mask in regions.items():
            mine = atoms[mask[atoms]]
            if len(mine) >= _FEWEST:
                name = f"D of {species} from the {region}{window.at}"
                found = compute_diffusion(mobility.displacements, mine, name, window.frames)
                found = replace(found, quantity="local_D", species=species, region=region, stage=window.stage)
                rows.append(mobility.told(window, replace(found, temperature_K=window.known_K)))
    return tuple(rows)


def local_vacancies(survey: Survey, mobility: Mobility, regions: Regions) -> tuple[Result, ...]:
    """Return `local_vacancies`, the empty share of the cation sites that the start and the end both have, by region.

    The last are the last six censuses before the lattice is lost, and the sites with it.
    """
    kept, labels, trajectory = survey.kept(mobility.order.until), mobility.labels, mobility.trajectory
    if survey.tracker is None or not regions or kept < 2:
        return ()
    first, periodic = survey.first, trajectory.periodic
    up = up_holes(first, labels, trajectory.cells[survey.frames[0]], periodic)
    sites = cation_sites(first, labels, cations_per_anion(labels), up)
    corners = first.anions[first.holes.corners]
    votes = np.stack([mask[corners].sum(axis=1) for mask in regions.values()])
    home = votes.argmax(axis=0)  # a tie goes to the region that is named first
    occupation = survey.tracker.cations
    empty, known = occupation.atom < 0, occupation.known
    late = slice(max(kept - _LAST, 1), kept)
    sites &= known[late].mean(axis=0) > 0.5  # the same sites, first and last
    rows: list[Result] = []
    for index, region in enumerate(regions):
        mine = sites & (home == index)
        if mine.sum() >= _FEWEST:
            for stage, censuses in (("first", slice(0, 1)), ("last", late)):
                rows += _share(empty[censuses][:, mine], known[censuses][:, mine], region, stage)
    return tuple(rows)


def _share(empty: Mask, known: Mask, region: str, stage: str) -> Iterator[Result]:
    told = int(known.sum())
    if not told:
        return
    sites = told / len(known)
    share = float((empty & known).sum()) / told
    smoothed = (share * sites + 1) / (sites + 2)
    yield Result(
        f"empty share of cation sites, {region}, {stage}",
        share,
        "1",
        "measured",
        float(np.sqrt(smoothed * (1 - smoothed) / sites)),
        method=f"{sites:.0f} sites of the first frame, {len(known)} censuses; error binomial over one",
        quantity="local_vacancies",
        region=region,
        stage=stage,
    )
