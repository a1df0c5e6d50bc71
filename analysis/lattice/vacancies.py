"""Vacancies: the cation sites of each domain that are empty, counted apart inside and at the surface."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nanokiln.analysis.lattice.occupation import Census, Labels, polarity
from nanokiln.analysis.lattice.sites import OCTAHEDRAL, TETRAHEDRAL

Index = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class SiteCount:
    """Cation sites of one domain: how many `inside` (all four anions with complete shells), and how many are empty."""

    domain: str
    inside: int
    empty_inside: int
    surface: int
    empty_surface: int

    @property
    def fraction(self) -> float:
        """Empty share of the inner sites; NaN where the domain has none."""
        return self.empty_inside / self.inside if self.inside else float("nan")


def cation_sites(census: Census, labels: Labels, per_anion: NDArray[np.float64], up: Index) -> Mask:
    """Return which holes are cation sites, from the cations per anion that each domain began with, (n_domains,).

    One per anion: the octahedral holes where most cations sit in these (PbSe), otherwise (CdSe) the tetrahedral holes
    of the polarity that most of them sit in. Two (Cu2Se): all tetrahedral holes. Three (Cu3P): the octahedral ones too.
    """
    domain = hole_domain(census, labels)
    tetrahedral, octahedral = census.holes.kind == TETRAHEDRAL, census.holes.kind == OCTAHEDRAL
    sites: Mask = np.zeros(len(domain), dtype=np.bool_)
    for index, filling in enumerate(per_anion):
        mine = domain == index
        held = mine & census.filled
        if (held & octahedral).sum() > (held & tetrahedral).sum() and filling < 1.5:
            sites = sites | (mine & octahedral)
        elif filling < 1.5:
            votes = int(up[mine & tetrahedral & census.filled].sum())
            majority = up == np.full_like(up, 1 if votes >= 0 else -1)
            sites = sites | (mine & tetrahedral & majority)
        elif filling < 2.5:
            sites = sites | (mine & tetrahedral)
        else:
            sites = sites | (mine & (tetrahedral | octahedral))
    return sites


def hole_domain(census: Census, labels: Labels) -> Index:
    """Return the domain of each hole: the one that most of its anions began in."""
    domains = np.sort(labels.domain[census.anions][census.holes.corners], axis=1)
    out: Index = domains[:, 1] if domains.size else np.empty(0, np.int64)
    return np.where((domains[:, 2] == domains[:, 3]) & (domains[:, 1] != domains[:, 0]), domains[:, 2], out)


def inside(census: Census, labels: Labels) -> Mask:
    """Return which holes have four anions whose shells were complete in the starting particle."""
    complete = labels.complete[census.anions][census.holes.corners]
    return np.asarray(complete.all(axis=1), dtype=np.bool_)


def count_sites(census: Census, labels: Labels, per_anion: NDArray[np.float64], up: Index) -> tuple[SiteCount, ...]:
    """Return the cation sites and the empty ones of every domain that has anions."""
    sites, domain, inner = (
        cation_sites(census, labels, per_anion, up),
        hole_domain(census, labels),
        inside(census, labels),
    )
    out = []
    for index, name in enumerate(labels.names):
        mine = sites & (domain == index)
        empty = mine & ~census.filled
        numbers = [int(np.sum(m)) for m in (mine & inner, empty & inner, mine & ~inner, empty & ~inner)]
        if (labels.anion & (labels.domain == index)).any():
            out.append(SiteCount(name, *numbers))
    return tuple(out)


def cations_per_anion(labels: Labels) -> NDArray[np.float64]:
    """Return the ratio of cations to anions that each domain began with, (n_domains,)."""
    n = len(labels.names)
    anions = np.bincount(labels.domain[labels.anion], minlength=n)
    return np.asarray(np.bincount(labels.domain[labels.cation], minlength=n) / np.maximum(anions, 1))


def up_holes(census: Census, labels: Labels, cell: NDArray[np.float64], periodic: Mask) -> Index:
    """Return the polarity of every hole along the model's stacking axis."""
    return polarity(census, labels.axis, cell, periodic)
