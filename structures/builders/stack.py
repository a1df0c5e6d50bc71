"""Coherent periodic stacks and free plates: layers of two phases under one orientation relation."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nanokiln.structures.builders.assemble import assemble
from nanokiln.structures.builders.layers import (
    layer_bounds_A,
    lowered,
    period_A,
    period_in_A,
    side_cut_A,
    touching_rise_A,
)
from nanokiln.structures.builders.repair import RepairLog, repair
from nanokiln.structures.builders.specs import LayerSpec, PlateSpec, StackSpec, as_plain
from nanokiln.structures.crystals.coincidence import Coincidence, find_coincidences, plane_lattice_2d
from nanokiln.structures.crystals.crystal import Crystal, Grain, carve, centred, expected_count
from nanokiln.structures.crystals.elastic import out_of_plane_strain, relaxed_energy_GPa, stiffness_GPa
from nanokiln.structures.crystals.indices import plane_indices, plane_normal
from nanokiln.structures.crystals.phases import Phase, resolve_phase
from nanokiln.structures.crystals.regions import Polyhedron, prism, regular_sides
from nanokiln.structures.crystals.relation import OrientationRelation, resolve_relation
from nanokiln.structures.model import Model

Matrix = NDArray[np.float64]
UP = np.array([0.0, 0.0, 1.0])


def build_stack(spec: StackSpec) -> Model:
    """Build a coherent stack on the smallest common cell within the limits of the spec."""
    relation = resolve_relation(spec.relation)
    match = find_coincidences(relation, spec.max_strain, spec.max_area_A2, spec.max_twist_deg)[0]
    share = _film_share(spec, match)
    crystals = strained_crystals(match, share, spec.poisson)
    plane_cell = np.array(spec.repeats)[:, None] * common_cell_A(match, crystals[0])
    log = RepairLog()
    grains: list[Grain] = []
    for name, layer in zip(_layer_names(spec.layers), spec.layers, strict=True):
        crystal, thickness = _layer_crystal(relation, crystals, layer)
        if grains:
            crystal = crystal.moved(registry_shift_A(grains[-1], crystal, spec.registry, plane_cell))
        grain = log.start(carve(name, crystal, _cell_region(plane_cell, thickness)))
        grain = repair(grain, log, layer.stoichiometry or "as-cut", least_bonds=0)
        if grains:
            grain = grain.moved(touching_rise_A(grains[-1], grain, spec.touch, plane_cell) * UP)
        grains.append(grain)
    height = touching_rise_A(grains[-1], grains[0], spec.touch, plane_cell)
    if spec.along_z == "vacuum":
        height = float(grains[-1].positions_A()[:, 2].max()) + 10 * spec.vacuum_nm
    cell = np.zeros((3, 3))
    cell[:2, :2], cell[2, 2] = plane_cell, height
    notes: dict[str, Any] = {
        "spec": as_plain(spec),
        "coincidence": str(match),
        "film_share": share,
        "area_A2": float(abs(np.linalg.det(plane_cell))),
        "repair": log.to_notes(),
    }
    return assemble(spec.name, grains, notes, cell, periodic=(True, True, spec.along_z == "periodic"))


def build_plate(spec: PlateSpec) -> Model:
    """Build a free hexagonal plate: every layer unstrained, the same side faces through all of them."""
    relation = resolve_relation(spec.relation)
    substrate = Crystal.unstrained(relation.substrate, relation.substrate_lattice_A())
    film = Crystal.unstrained(relation.film, relation.film_lattice_A())
    sides, apothem = _side_faces(spec, substrate)
    log = RepairLog()
    grains: list[Grain] = []
    expected: dict[str, float] = {}
    for name, layer in zip(_layer_names(spec.layers), spec.layers, strict=True):
        crystal, thickness = _layer_crystal(relation, (substrate, film), layer)
        region = prism(sides, np.full(6, apothem), (0.0, thickness))
        if crystal.phase is not substrate.phase:
            crystal = centred(crystal, region, UP)
        expected[name] = expected_count(crystal, region)
        grain = log.start(carve(name, crystal, region))
        grain = repair(grain, log, layer.stoichiometry or spec.stoichiometry, spec.least_bonds)
        if grains:
            grain = grain.moved(touching_rise_A(grains[-1], grain, spec.touch) * UP)
        grains.append(grain)
    notes = {"spec": as_plain(spec), "across_A": 2 * apothem, "expected": expected, "repair": log.to_notes()}
    return assemble(spec.name, grains, notes, vacuum_A=10 * spec.vacuum_nm)


def _side_faces(spec: PlateSpec, substrate: Crystal) -> tuple[NDArray[np.float64], float]:
    """Return the six side normals and their distance from the axis: the cut between planes nearest to the request."""
    plane = plane_indices(spec.side_plane, substrate.phase)
    normal = plane_normal(substrate.lattice_A, plane)
    if abs(normal[2]) > 1e-6:
        raise ValueError(f"side_plane {spec.side_plane} is not upright on the layers: give one like (10-10) or (11-20)")
    apothem = side_cut_A(substrate.phase, plane, 5 * spec.across_nm)
    return regular_sides(6, float(np.degrees(np.arctan2(normal[1], normal[0])))), apothem


def strained_crystals(match: Coincidence, film_share: float, poisson: bool = False) -> tuple[Crystal, Crystal]:
    """Return substrate and film so that they share the common cell; the film carries `film_share` of the strain.

    A residual twist is a rigid turn of the film. With `poisson` each crystal relaxes along z to zero stress there.
    """
    relation = match.relation
    plain, film = relation.substrate_lattice_A(), relation.film_lattice_A()
    turn = np.radians(match.twist_deg)
    rotation = np.eye(3)
    rotation[:2, :2] = [[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]]
    reference = film @ rotation
    # The strain was measured before the turn; its axes turn with the film.
    strain = film_share * rotation[:2, :2].T @ match.strain @ rotation[:2, :2]
    film_cell = match.film_cell @ plane_lattice_2d(reference, relation, 1) @ (np.eye(2) + strain)
    back = np.linalg.solve(match.substrate_cell @ plane_lattice_2d(plain, relation, 0), film_cell)
    return (
        _deformed(relation.substrate, plain, back, poisson),
        _deformed(relation.film, reference, np.eye(2) + strain, poisson),
    )


def _deformed(phase: Phase, reference_A: Matrix, in_plane: NDArray[np.floating], poisson: bool) -> Crystal:
    change = np.eye(3)
    change[:2, :2] = in_plane
    if poisson and not np.allclose(in_plane, np.eye(2), atol=1e-9):
        strain = (in_plane + in_plane.T) / 2 - np.eye(2)
        change[2] += out_of_plane_strain(stiffness_GPa(phase, reference_A), strain) * [2.0, 2.0, 1.0]
    return Crystal(phase, reference_A @ change, reference_A, np.zeros(3))


def _film_share(spec: StackSpec, match: Coincidence) -> float:
    """Return the film's part of the mismatch: as given, or that of least elastic energy for these thicknesses."""
    if spec.film_share != "moduli":
        return spec.film_share
    relation = match.relation
    sides = ((relation.substrate, relation.substrate_lattice_A()), (relation.film, relation.film_lattice_A()))
    thickness = [0.0, 0.0]
    for layer in spec.layers:
        side = 0 if resolve_phase(layer.phase).name == relation.substrate.name else 1
        thickness[side] += _thickness_A(relation, side, layer)
    substrate, film = (
        height * relaxed_energy_GPa(stiffness_GPa(phase, lattice), match.strain)
        for height, (phase, lattice) in zip(thickness, sides, strict=True)
    )
    return substrate / (substrate + film)


def common_cell_A(match: Coincidence, substrate: Crystal) -> NDArray[np.float64]:
    """Return the vectors (2, 2) of the common cell on the substrate as it is strained."""
    return match.substrate_cell @ plane_lattice_2d(substrate.lattice_A, match.relation, 0)


def registry_shift_A(
    lower: Grain, upper: Crystal, registry: str, period: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    """Return the in-plane shift (3,) that sets the bottom plane of `upper`, which lies at z = 0, on top of `lower`.

    `atop` puts an atom right over one near the z axis, as a bond across the interface would; `deep` tries a grid of
    shifts and takes the one where the layers come closest.
    """
    patch = carve("probe", upper, prism(regular_sides(4), np.full(4, 12.0), (0.0, 4.0)))
    points = patch.positions_A()
    if registry == "atop":
        below = lower.positions_A()
        face = below[below[:, 2] > below[:, 2].max() - 0.1]
        floor = points[points[:, 2] < points[:, 2].min() + 0.1]
        shift = _nearest_axis(face) - _nearest_axis(floor)
        return np.asarray(shift * [1.0, 1.0, 0.0])
    steps = np.stack(np.meshgrid(np.arange(-3, 3.01, 0.5), np.arange(-3, 3.01, 0.5), [0.0]), axis=-1).reshape(-1, 3)
    rises = [round(touching_rise_A(lower, patch.moved(s), 1.0, period), 6) for s in steps]
    return np.asarray(steps[int(np.argmin(rises))])


def _nearest_axis(points: NDArray[np.float64]) -> NDArray[np.float64]:
    order = np.lexsort((points[:, 0], points[:, 1], np.round(np.hypot(points[:, 0], points[:, 1]), 3)))
    return np.asarray(points[order[0]])


def _layer_crystal(
    relation: OrientationRelation, crystals: tuple[Crystal, Crystal], layer: LayerSpec
) -> tuple[Crystal, float]:
    """Return the layer's crystal with its bottom cut at z = 0, and the layer's thickness."""
    side = 0 if resolve_phase(layer.phase).name == relation.substrate.name else 1
    crystal, plane = crystals[side], relation.planes[side]
    asked = _thickness_A(relation, side, layer)
    bottom, top = layer_bounds_A(crystal.phase, plane, asked, layer.bottom, layer.top)
    # Strain along z stretches the planes apart.
    stretch = period_in_A(crystal.lattice_A, plane) / period_A(crystal.phase, plane)
    return lowered(crystal, stretch * bottom), stretch * (top - bottom)


def _thickness_A(relation: OrientationRelation, side: int, layer: LayerSpec) -> float:
    if layer.thickness_nm:
        return 10 * layer.thickness_nm
    return (layer.periods or 1) * period_A((relation.substrate, relation.film)[side], relation.planes[side])


def _layer_names(layers: tuple[LayerSpec, ...]) -> list[str]:
    return [layer.name or f"{i}-{layer.phase}" for i, layer in enumerate(layers, start=1)]


def _cell_region(plane_cell: NDArray[np.float64], thickness: float) -> Polyhedron:
    """Return one in-plane cell between two heights, half open: an atom on one side face is not also on the other."""
    a, b = plane_cell
    outward = np.array([[a[1], -a[0]], [-b[1], b[0]]])
    outward /= np.linalg.norm(outward, axis=1)[:, None]
    outward *= -np.sign(np.einsum("ij,ij->i", outward, [b, a]))[:, None]
    depth = np.abs(np.einsum("ij,ij->i", outward, [b, a]))
    normals = np.zeros((6, 3))
    normals[:2, :2], normals[2:4, :2] = outward, -outward
    normals[4:, 2] = [1.0, -1.0]
    return Polyhedron(normals, np.array([0.0, 0.0, *depth, thickness, 0.0]))
