from .coincidence import Coincidence, NoCoincidenceError, find_coincidences
from .crystal import Crystal, Grain, carve
from .elastic import out_of_plane_strain, relaxed_energy_GPa, stiffness_GPa
from .frame import Frame
from .indices import angle_deg, direction_indices, direction_vector, plane_indices, plane_normal, plane_spacing_A
from .phases import Phase, PhaseSpec, load_phase, phase_names
from .regions import (
    Cut,
    Ellipsoid,
    Placed,
    Polyhedron,
    Region,
    Rod,
    Slice,
    counted_volume_A3,
    meet,
    prism,
    regular_sides,
)
from .relation import OrientationRelation, RelationSpec, load_relation, oriented, relation_names

__all__ = [
    "Coincidence",
    "Crystal",
    "Cut",
    "Ellipsoid",
    "Frame",
    "Grain",
    "NoCoincidenceError",
    "OrientationRelation",
    "Phase",
    "PhaseSpec",
    "Placed",
    "Polyhedron",
    "Region",
    "RelationSpec",
    "Rod",
    "Slice",
    "angle_deg",
    "carve",
    "counted_volume_A3",
    "direction_indices",
    "direction_vector",
    "find_coincidences",
    "load_phase",
    "load_relation",
    "meet",
    "oriented",
    "out_of_plane_strain",
    "phase_names",
    "plane_indices",
    "plane_normal",
    "plane_spacing_A",
    "prism",
    "regular_sides",
    "relation_names",
    "relaxed_energy_GPa",
    "stiffness_GPa",
]
