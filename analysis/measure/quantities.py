"""The table of everything the analysis measures: definition, unit, error and source.

`python -m nanokiln.analysis.measure.quantities` prints it as README.md shows it.
"""

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Quantity:
    """One row: the function that computes it (module.name below nanokiln.analysis) and what it means."""

    function: str
    definition: str
    unit: str
    error: str
    source: str

    def resolve(self) -> Callable[..., Any]:
        """Return the function itself."""
        module, name = self.function.rsplit(".", 1)
        found: Callable[..., Any] = getattr(importlib.import_module(f"nanokiln.analysis.{module}"), name)
        return found


QUANTITIES = (
    Quantity(
        "motion.msd.compute_msd",
        "mean square displacement over all time origins, drift and rotation of each particle removed on its anions, "
        "box changes by fractional increments; any set of atoms and axes",
        "A2",
        "standard error over atoms",
        "Calandrini et al., EPJ Web Conf. 18 (2011) 201 (FFT)",
    ),
    Quantity(
        "motion.diffusion.compute_diffusion",
        "D from the power spectrum of displacement steps, as much of it as every slower part agrees with (half of that "
        "where it is not the whole), or from the number of hops where few atoms "
        "hopped; upper bound where too few moved beyond vibration, the motion is not diffusive yet, or frames are "
        "fewer than seventeen; never below three hops over atoms times time",
        "cm2/s",
        "the larger of GLS and bootstrap over atoms and atom x time-block cells; of counted hops the interval of a "
        "weighted Poisson sum",
        "Vestergaard et al., Phys. Rev. E 89 (2014) 022726; Bullerjahn et al., J. Chem. Phys. 153 (2020) 024116; "
        "Fay, Feuer, Stat. Med. 16 (1997) 791",
    ),
    Quantity(
        "motion.ramp.compute_ramp",
        "Ea and D0 (and D at any T) from one heating ramp or staircase: Gaussian likelihood of the steps with variance "
        "2 integral D(T) dt and vibration proportional to T; refused where longer steps say less",
        "eV; cm2/s",
        "the larger of likelihood curvature and sandwich over atoms",
        "Huber, Proc. 5th Berkeley Symp. 1 (1967) 221 (sandwich)",
    ),
    Quantity(
        "measure.isotherms.isotherm_results",
        "Ea and D0 from three or more holds of one phase; refused across phases and where no line fits",
        "eV; cm2/s",
        "weighted fit, widened by the scatter about the line",
        "standard",
    ),
    Quantity(
        "motion.van_hove.compute_van_hove",
        "self part of the van Hove function, 4 pi r2 Gs(r, t), over all time origins",
        "1/A",
        "over atoms",
        "van Hove, Phys. Rev. 95 (1954) 249",
    ),
    Quantity(
        "measure.hopping.hopping_results",
        "settled changes of site of each species in each hold, per atom and time, and their mean length; visits "
        "shorter than two censuses and moves between tetrahedra that share a face do not count; a lower bound above "
        "0.05 per census",
        "hops; 1/ps; A",
        "Poisson, wider where atoms differ; of the length over hops",
        "definition",
    ),
    Quantity(
        "measure.heating_curve.compute_structure",
        "share of complete-shell anions in each phase, vacant share of inner and of surface cation sites per domain, "
        "in bins of temperature",
        "1",
        "binomial over the anions or sites of one frame",
        "this project",
    ),
    Quantity(
        "lattice.template_matching.match",
        "fcc or hcp stacking of a sublattice by polyhedral template matching, rmsd cutoff 0.20; a match with an rmsd "
        "above 0.10 counts only with four neighbours that continue its lattice",
        "kind per point",
        "99 % right at 0.25 A noise per axis, below 0.5 % in a random packing",
        "Larsen et al., Modelling Simul. Mater. Sci. Eng. 24 (2016) 055007 (mdapy)",
    ),
    Quantity(
        "lattice.occupation.phases",
        "wz, zb, antifluorite, filled hcp (Cu3P), rocksalt, bare or disordered: stacking of each anion and filled "
        "share of the eight tetrahedral holes around it (half below 0.68, full above)",
        "phase per anion",
        "as template_matching.match",
        "this project",
    ),
    Quantity(
        "lattice.sites.find_holes",
        "tetrahedral and octahedral holes of the anion lattice of this frame, after its noise is averaged out by its "
        "own templates",
        "places",
        "exact to 0.35 A of noise per axis in bulk crystals",
        "this project",
    ),
    Quantity(
        "lattice.vacancies.count_sites",
        "cation sites by domain: one per anion (holes of the majority polarity), two (tetrahedral) or three "
        "(octahedral too), each held by at most one cation; inner sites have four complete-shell anions",
        "sites",
        "exact to 0.3 A of noise per axis",
        "this project",
    ),
    Quantity(
        "lattice.exchange.find_replacements",
        "events in which an atom of one element took the site of another's, by vacancy (the site stood empty) or "
        "kick-out (it never did); for cations and anions",
        "events",
        "Poisson",
        "this project",
    ),
    Quantity(
        "lattice.exchange.crossings",
        "changes of an atom from a site of one starting domain to one of another; there and back are two, from a "
        "contact site home is none",
        "atoms",
        "Poisson",
        "this project",
    ),
    Quantity(
        "measure.findings.exchange_results",
        "share of the cation places held at the start that can still be told at the end: what is not seen where layers "
        "have moved over each other",
        "1",
        "scatter of the last six censuses",
        "definition",
    ),
    Quantity(
        "lattice.departures.moved_only",
        "which change of site is one: the atom moved by more than 0.45 anion spacings away from more than half of the "
        "anions around its site, turning taken away, stays two censuses, and both sites are there; none in a lattice "
        "that is lost",
        "occupation",
        "relaxing, sliding and turning interfaces count none, planted exchanges at every interface all",
        "this project",
    ),
    Quantity(
        "measure.inserted.inserted_results",
        "donor atoms with four or more chalcogens of a layered crystal within 3.2 A, first and last",
        "atoms",
        "Poisson",
        "this project",
    ),
    Quantity(
        "lattice.exchange.lost_atoms",
        "atoms gone from the file or in a loose piece of fewer than twelve",
        "atoms",
        "Poisson",
        "definition",
    ),
    Quantity(
        "measure.balance.balance_results",
        "sum of formal charges of each domain, first and last, and x of its Cu(2-x)Se or Cu(3-x)P, surface included; a "
        "cation belongs to the domain of its site",
        "e; 1",
        "scatter of the last six censuses; Poisson in what is missing",
        "definition",
    ),
    Quantity(
        "lattice.orientation.fit_lattice",
        "lattice vectors, rotation and Biot strain of a domain from the labels of its anions, strayed atoms left out; "
        "refused where less than half are on a lattice",
        "A; 1",
        "jackknife over eight blocks of space",
        "polar decomposition",
    ),
    Quantity(
        "measure.boundaries.boundary_results",
        "standard deviation of the height of the face between two domains over columns of 6 A, and where the cations "
        "or metal atoms of one give way to those of the other (Pb to Cd), first and last",
        "A",
        "as if columns were independent; of a front to where one atom more is on the wrong side",
        "definition",
    ),
    Quantity(
        "lattice.orientation.angle_between",
        "angle between directions of two domains, sign ignored",
        "deg",
        "none",
        "definition",
    ),
    Quantity(
        "lattice.stacking.find_stacking",
        "layers along the close-packed axis named h or c by the majority of their anions; faults are runs "
        "of the other kind",
        "faults",
        "exact at 0.25 A noise per axis",
        "Hirth, Lothe, Theory of Dislocations (1982), ch. 10-11 (I1, I2, E; intrinsic, extrinsic, twin)",
    ),
    Quantity(
        "lattice.stacking.find_fault_planes",
        "twin planes (lone hcp planes of seven atoms and more) and stacking faults (two and more in a row) of an fcc "
        "metal in any orientation, first and last; an extrinsic fault counts as two twins",
        "planes; faults",
        "scatter of the last six frames; exact at 0.15 A noise per axis",
        "Hirth, Lothe, Theory of Dislocations (1982), ch. 10",
    ),
    Quantity(
        "lattice.melting.compute_lindemann",
        "rms fluctuation of the distance to first neighbours over its mean; molten above 0.15 by two errors",
        "1",
        "over atoms",
        "Lindemann, Phys. Z. 11 (1910) 609",
    ),
    Quantity(
        "measure.pieces.piece_results",
        "clusters of each metal of twelve atoms and more in the last frame, the largest, those at tips (last 15 % of "
        "the length at either end) and sides of a rod, its atoms in none; ordered pieces of the anion lattice above "
        "5 % of it; separate bodies, first and last",
        "clusters; atoms; grains",
        "none: a count",
        "definition",
    ),
    Quantity(
        "lattice.clusters.find_grains",
        "sets of matched neighbours that expect at least eight common neighbours",
        "anions",
        "none: a count",
        "this project",
    ),
    Quantity(
        "lattice.clusters.shape_of",
        "radius of gyration, axes of the equal ellipsoid, aspect ratio, asphericity",
        "A; 1",
        "none",
        "Rudnick, Gaspari, J. Phys. A 19 (1986) L191",
    ),
    Quantity(
        "measure.by_region.local_diffusion",
        "D in the hottest hold of the atoms that began at the interface, in the shell or in the core, each 5 A deep",
        "cm2/s",
        "as motion.diffusion.compute_diffusion",
        "definition",
    ),
    Quantity(
        "measure.by_region.local_vacancies",
        "empty share of the starting cation sites of interface, shell and core, first and last",
        "1",
        "binomial over the sites of one census",
        "this project",
    ),
    Quantity(
        "measure.conversion.conversion_results",
        "temperature at which 10 % (onset) or 50 % (midpoint) of a domain's complete-shell anions have left the phase "
        "that most began in, by isotonic regression; one run",
        "K",
        "none: one run; a lower bound where it was not reached",
        "this project",
    ),
    Quantity(
        "lattice.transformation.compute_transformation",
        "mean onset or midpoint over the replicas of a study; a lower bound where one of them did not get there",
        "K",
        "95 % by Student's t over replicas; none from fewer than three",
        "definition",
    ),
    Quantity(
        "measure.pooled.pool_rows",
        "D, Ea and jump rates over the replicas of a study, weighted by their errors",
        "as the rows",
        "the wider of the errors of the runs and of their scatter by Student's t",
        "standard",
    ),
    Quantity(
        "lattice.transformation.fit_kissinger",
        "activation energy from transformation temperatures at several rates; other rates carry the decades "
        "that they cross",
        "eV",
        "redrawn temperatures, widened by the scatter about the line",
        "Kissinger, Anal. Chem. 29 (1957) 1702",
    ),
    Quantity(
        "lattice.composition.compute_profile",
        "atom fraction of each element in slices along an axis",
        "1",
        "binomial",
        "definition",
    ),
    Quantity(
        "measure.bodies.body_results",
        "asphericity, change of the radius of gyration, grains, fcc and hcp share and boundary atoms of metals, copper "
        "of a phosphide that lies on fcc, growth of the neck of two, angle between close-packed planes of two domains",
        "1; %; A; deg; atoms",
        "scatter of the last six frames; of angles the jackknife of the lattices",
        "this project",
    ),
)


def as_markdown() -> str:
    """Return the table as Markdown, one row per quantity."""
    rows = ["| function | definition | unit | error | source |", "|---|---|---|---|---|"]
    rows += [f"| `{q.function}` | {q.definition} | {q.unit} | {q.error} | {q.source} |" for q in QUANTITIES]
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    print(as_markdown(), end="")
