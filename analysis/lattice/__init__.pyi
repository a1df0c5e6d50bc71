from .anion_lattice import smooth
from .clusters import Shape, find_clusters, find_grains, place_on_rod, shape_of
from .composition import ElementFront, compute_profile, find_front
from .exchange import (
    Replacement,
    cation_deficit,
    count_by_elements,
    crossings,
    find_replacements,
    lost_atoms,
    net_charge,
)
from .jumps import Hops, find_hops, jump_lengths, jump_rate
from .melting import Lindemann, compute_lindemann
from .occupation import Census, Labels, phases, polarity, take_census
from .orientation import Lattice, angle_between, fit_lattice, interface_roughness
from .sites import Holes, assign, find_holes
from .stacking import FaultPlanes, Stacking, find_fault_planes, find_stacking, stacking_axis
from .template_matching import Match, match, turns
from .tracking import AnionSites, Occupation, SiteTracker
from .transformation import Kissinger, Progress, compute_transformation, crossing_K, fit_kissinger
from .vacancies import SiteCount, cations_per_anion, count_sites
from .zones import find_regions

__all__ = [
    "AnionSites",
    "Census",
    "ElementFront",
    "FaultPlanes",
    "Holes",
    "Hops",
    "Kissinger",
    "Labels",
    "Lattice",
    "Lindemann",
    "Match",
    "Occupation",
    "Progress",
    "Replacement",
    "Shape",
    "SiteCount",
    "SiteTracker",
    "Stacking",
    "angle_between",
    "assign",
    "cation_deficit",
    "cations_per_anion",
    "compute_lindemann",
    "compute_profile",
    "compute_transformation",
    "count_by_elements",
    "count_sites",
    "crossing_K",
    "crossings",
    "find_clusters",
    "find_fault_planes",
    "find_front",
    "find_grains",
    "find_holes",
    "find_hops",
    "find_regions",
    "find_replacements",
    "find_stacking",
    "fit_kissinger",
    "fit_lattice",
    "interface_roughness",
    "jump_lengths",
    "jump_rate",
    "lost_atoms",
    "match",
    "net_charge",
    "phases",
    "place_on_rod",
    "polarity",
    "shape_of",
    "smooth",
    "stacking_axis",
    "take_census",
    "turns",
]
