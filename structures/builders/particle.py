"""Particles: crystals carved to shapes, grown on each other's faces, joined without a contact too close."""

from dataclasses import replace
from typing import Any

from nanokiln.structures.builders.assemble import assemble
from nanokiln.structures.builders.layers import touching_rise_A
from nanokiln.structures.builders.parts import Part, crystal_of, fill, frame_of, scatter
from nanokiln.structures.builders.repair import RepairLog, remove_contacts, repair
from nanokiln.structures.builders.shapes import scaled
from nanokiln.structures.builders.specs import ParticleSpec, PartSpec, as_plain
from nanokiln.structures.crystals.crystal import carve, centred, expected_count
from nanokiln.structures.crystals.indices import angle_deg, plane_normal
from nanokiln.structures.crystals.regions import Cut, Placed, Region, meet
from nanokiln.structures.crystals.relation import deviation_deg, resolve_relation
from nanokiln.structures.model import Model

# A contact below this share of `touch` is cleared where parts meet other than on their common face.
CLEAR = 0.9


def build_particle(spec: ParticleSpec) -> Model:
    """Build the parts in the order listed; each leaves room for those before it."""
    log = RepairLog()
    parts: dict[str, Part] = {}
    expected: dict[str, float] = {}
    todo = [_scaled(one, spec.scale) for one in spec.parts]
    for one in todo:
        parts[one.name] = _grow(one, parts, spec.touch, log, expected)
    for clusters in spec.clusters:
        for one in scatter(clusters, parts[clusters.host]):
            parts[one.name] = _grow(one, parts, spec.touch, log, expected)
    notes: dict[str, Any] = {"spec": as_plain(spec), "expected": expected, "repair": log.to_notes()}
    if warnings := [w for p in parts.values() for w in _warnings(p, parts)]:
        notes["warnings"] = warnings
    return assemble(spec.name, [p.grain for p in parts.values()], notes, vacuum_A=10 * spec.vacuum_nm)


def _grow(spec: PartSpec, parts: dict[str, Part], touch: float, log: RepairLog, expected: dict[str, float]) -> Part:
    """Carve one part, repair it, set it on its face and clear its contacts with the parts before it."""
    host = parts[spec.host] if spec.host else None
    frame = frame_of(spec, host)
    local, shape, heights = fill(spec, crystal_of(spec, host, frame).seen_from(frame), host)
    region: Region = Placed(shape, frame)
    rivals = [p.region for p in parts.values() if p is not host and meet(region, p.region)]
    region = Cut(region, rivals) if rivals else region
    crystal = local.seen_from(frame.inverse())
    crystal = centred(crystal, region, frame.axes[2] if spec.shape.flat or host or spec.keep_nm else None)
    expected[spec.name] = expected_count(crystal, region)
    grain = repair(log.start(carve(spec.name, crystal, region)), log, spec.stoichiometry, spec.least_bonds)
    if host:
        rise = touching_rise_A(host.grain.seen_from(frame), grain.seen_from(frame), touch) * frame.axes[2]
        grain, frame = grain.moved(rise), replace(frame, origin_A=frame.origin_A + rise)
    for other in parts.values():
        grain = remove_contacts(other.grain, grain, log, below=CLEAR * touch)
    return Part(spec, grain, Placed(shape, frame), frame, heights)


def _scaled(spec: PartSpec, factor: float) -> PartSpec:
    """Return a part with its shape and its place multiplied."""
    lengths = {"along_nm": spec.along_nm * factor, "centre_nm": tuple(factor * x for x in spec.centre_nm)}
    lift = None if spec.lift_nm is None else factor * spec.lift_nm
    keep = None if spec.keep_nm is None else tuple(factor * x for x in spec.keep_nm)
    return spec.model_copy(update={**lengths, "lift_nm": lift, "keep_nm": keep, "shape": scaled(spec.shape, factor)})


def _warnings(grown: Part, parts: dict[str, Part]) -> list[str]:
    """Return what a paper states about the relation of a part and the built lattices do not fulfil, to a degree."""
    if grown.spec.relation is None or grown.spec.host is None:
        return []
    relation = resolve_relation(grown.spec.relation)
    film, host = grown.grain.crystal.lattice_A, parts[grown.spec.host].grain.crystal.lattice_A
    said = []
    tilt = angle_deg(plane_normal(film, relation.planes[1]), grown.frame.axes[2])
    if tilt > 1.0:
        said.append(f"{grown.spec.name}: the plane of {relation.name} is {tilt:.1f} degrees from the face it grows on")
    for check in relation.checks:
        angle = deviation_deg(check, host, film)
        if angle > 1.0:
            said.append(
                f"{grown.spec.name}: {relation.name} says {check.kind} {check.substrate} of {relation.substrate.name} "
                f"and {check.film} of {relation.film.name} are parallel; they lie {angle:.2f} degrees apart"
            )
    return said
