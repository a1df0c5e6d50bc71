"""Parts of a particle: how each lies, the face it grows on, the region it fills."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from nanokiln.structures.builders.layers import choose_cuts, layer_bounds_A
from nanokiln.structures.builders.shapes import PrismShape, Shape, region_of
from nanokiln.structures.builders.specs import ClustersSpec, PartSpec
from nanokiln.structures.crystals.crystal import Crystal, Grain
from nanokiln.structures.crystals.frame import Frame
from nanokiln.structures.crystals.indices import Indices, angle_deg, direction_indices, plane_indices, plane_normal
from nanokiln.structures.crystals.phases import Phase, resolve_phase
from nanokiln.structures.crystals.regions import Region, Slice
from nanokiln.structures.crystals.relation import oriented, resolve_relation

OVER = np.diag([1.0, -1.0, -1.0])
Z = np.array([0.0, 0.0, 1.0])
Heights = tuple[float, float]


@dataclass(frozen=True, eq=False)
class Part:
    """A part as built: grain and region in the laboratory, its frame, and its lowest and highest z in that frame."""

    spec: PartSpec
    grain: Grain
    region: Region
    frame: Frame
    z_A: tuple[float, float]


def frame_of(spec: PartSpec, host: Part | None) -> Frame:
    """Return a part's frame: where a person put it, or the face it grows on."""
    if host is None:
        return Frame.along(np.array(spec.axis), 10 * np.array(spec.centre_nm), spec.turn_deg)
    return face_frame(host, spec)


def face_frame(host: Part, spec: PartSpec) -> Frame:
    """Return the frame of a face of a built part: z outward, x that of the part (along its axis on a side face)."""
    if spec.face == "side":
        around = np.radians(_facing(host.spec.shape, spec.around_deg))
        out = np.array([np.cos(around), np.sin(around), 0.0])
        local = Frame(np.array([Z, np.cross(out, Z), out]), host.spec.shape.side_A() * out + 10 * spec.along_nm * Z)
    else:
        height = host.z_A[1] if spec.face == "top" else host.z_A[0]
        local = Frame(np.eye(3) if spec.face == "top" else OVER, height * Z)
    return host.frame.inner(local).inner(Frame.along(Z, np.zeros(3), spec.turn_deg))


def crystal_of(spec: PartSpec, host: Part | None, frame: Frame) -> Crystal:
    """Return the part's crystal as it lies in the laboratory, its origin at the frame's."""
    phase = resolve_phase(spec.phase)
    if host and spec.relation:
        lattice = resolve_relation(spec.relation).film_on(host.grain.crystal.lattice_A)
    elif spec.random_orientation is not None:
        lattice = phase.lattice_A @ Rotation.random(rng=spec.random_orientation).as_matrix()
    else:
        lattice = oriented(phase.lattice_A, *_laid_on(spec, phase)) @ frame.axes
    return Crystal.unstrained(phase, lattice).moved(frame.origin_A)


def fill(spec: PartSpec, crystal: Crystal, host: Part | None) -> tuple[Crystal, Region, Heights]:
    """Return crystal, region and heights of a part, all in its own frame; flat ends lie between atomic planes."""
    shape, plane = spec.shape, _plane_across(spec, crystal)
    low, high = shape.heights_A()
    start = 0.0
    if plane is not None:
        start, end = layer_bounds_A(crystal.phase, plane, high - low, spec.bottom, spec.top)
        if shape.flat:
            low, high = (start - end) / 2, (end - start) / 2
    if host:
        lift = -low if shape.flat else _lift(spec, host)
        low, high = low + lift, high + lift
    region = region_of(shape, crystal.phase, crystal.lattice_A, (low, high))
    if not shape.flat:
        region = _sliced(spec, region, (low + high) / 2, host)
        low, high = (float(corner[2]) for corner in region.bounds_A())
    if plane is not None and (shape.flat or host):
        crystal = crystal.moved((low - start - crystal.origin_A[2]) * Z)
    elif plane is not None and spec.keep_nm:
        crystal = crystal.moved((high - choose_cuts(crystal.phase, plane, spec.top)[0].height_A) * Z)
    return crystal, region, (low, high)


def _sliced(spec: PartSpec, region: Region, middle: float, host: Part | None) -> Region:
    low, high = (float(corner[2]) for corner in region.bounds_A())
    if spec.keep_nm:
        low, high = max(low, middle + 10 * spec.keep_nm[0]), min(high, middle + 10 * spec.keep_nm[1])
    return Slice(region, (max(low, 0.0) if host else low, high))


def _lift(spec: PartSpec, host: Part) -> float:
    """Return the height of a round part's centre: as asked, or where the face cuts it to the face's own size."""
    if spec.lift_nm is not None:
        return 10 * spec.lift_nm
    return float(np.sqrt(max(spec.shape.side_A() ** 2 - host.spec.shape.side_A() ** 2, 0.0)))


def _laid_on(spec: PartSpec, phase: Phase) -> tuple[Indices, Indices]:
    """Return the plane and the direction a person laid along z and x, or the usual ones."""
    plane = spec.plane or ("(0001)" if phase.hexagonal else "(001)")
    direction = spec.direction or ("[11-20]" if phase.hexagonal else "[100]")
    return plane_indices(plane, phase), direction_indices(direction, phase)


def _plane_across(spec: PartSpec, crystal: Crystal) -> Indices | None:
    """Return the crystal plane normal to z in the part's frame, None when no plane was laid there."""
    if spec.random_orientation is not None:
        return None
    plane = resolve_relation(spec.relation).planes[1] if spec.relation else _laid_on(spec, crystal.phase)[0]
    return plane if angle_deg(plane_normal(crystal.lattice_A, plane), Z) < 0.5 else None


def _facing(shape: Shape, around_deg: float) -> float:
    """Return the angle of the side face nearest to an angle; a round side faces everywhere."""
    if not isinstance(shape, PrismShape):
        return around_deg
    step = 360.0 / shape.sides
    return shape.first_deg + step * round((around_deg - shape.first_deg) / step)


def scatter(clusters: ClustersSpec, host: Part) -> list[PartSpec]:
    """Return small spheres at random places on the side of a part, no two closer than the gap.

    A ValueError when there is no room for them all.
    """
    random = np.random.default_rng(clusters.seed)
    side, (low, high) = host.spec.shape.side_A(), host.z_A
    placed: list[tuple[NDArray[np.float64], float]] = []
    out: list[PartSpec] = []
    for _ in range(1000 * clusters.count):
        if len(out) == clusters.count:
            return out
        diameter = float(random.uniform(*clusters.diameters_nm))
        along = float(random.uniform(low + 5 * diameter, high - 5 * diameter))
        around = _facing(host.spec.shape, float(random.uniform(0, 360)))
        centre = np.array([side * np.cos(np.radians(around)), side * np.sin(np.radians(around)), along])
        room = 5 * diameter + 10 * clusters.gap_nm
        if any(np.linalg.norm(centre - c) < room + 5 * d for c, d in placed):
            continue
        placed.append((centre, diameter))
        number = len(out) + 1
        out.append(
            PartSpec.model_validate(
                {
                    "name": f"{clusters.name}-{number}",
                    "phase": clusters.phase,
                    "shape": {"kind": "sphere", "diameter_nm": diameter},
                    "host": clusters.host,
                    "face": "side",
                    "around_deg": around,
                    "along_nm": along / 10,
                    "lift_nm": 0.5 * diameter * (1 - 2 * clusters.sunk) if clusters.sunk < 0.5 else 0.0,
                    "random_orientation": 1000 * clusters.seed + number,
                }
            )
        )
    raise ValueError(
        f"no room for {clusters.count} clusters {clusters.name} on {clusters.host}: ask for fewer or smaller"
    )
