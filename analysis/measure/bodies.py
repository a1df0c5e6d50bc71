"""Bodies after a run, beside the start: shape, grains, contacts of metals, and how domains lie to each other."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from itertools import combinations, product

import numpy as np
from numpy.typing import NDArray

from nanokiln.analysis.lattice.clusters import METAL_BOND_A, find_grains, shape_of
from nanokiln.analysis.lattice.occupation import Labels, complete_shells
from nanokiln.analysis.lattice.orientation import Lattice, angle_between, fit_lattice
from nanokiln.analysis.lattice.stacking import find_fault_planes
from nanokiln.analysis.lattice.template_matching import FCC, HCP, OTHER, match
from nanokiln.analysis.measured import Result
from nanokiln.analysis.trajectory.neighbours import nearest
from nanokiln.analysis.trajectory.trajectory import Snapshot, Trajectory
from nanokiln.structures.model import Domain, Model

Array = NDArray[np.float64]
_LAST = 6  # frames at the end over which shape and grains are averaged
_GRAIN_SHARE = 0.05  # of the metal's atoms: smaller ordered pieces are specks


def body_results(model: Model, trajectory: Trajectory, labels: Labels) -> tuple[Result, ...]:
    """Return rows `asphericity` and, by domain, `Rg_change` (%) of free bodies; `grains`, `fcc_metal`,
    `boundary_atoms` and `neck_growth` (A) of metals, their `twins`, `metal_faults` and `hcp_metal`, first and last, and
    `grown`, the copper of a phosphide that lies on the lattice of the metal; and `axis_angle` (deg) between the
    close-packed axes of domain and other, with the `plane_angle` of copper and Cu3P."""
    last = [trajectory.frame(i) for i in range(max(trajectory.n_frames - _LAST, 0), trajectory.n_frames)]
    out: list[Result] = []
    if not trajectory.periodic.any():
        out += _shapes(trajectory, labels, last)
    if labels.metal.any():
        out += _metals(trajectory, labels, last)
        out += _stacked(trajectory, labels, last)
        out += _grown(model, trajectory, labels, last)
    return (*out, *_axes(model, trajectory))


def _mean(name: str, values: list[float], unit: str, method: str, quantity: str, domain: str = "") -> Result:
    """Return the mean of the last frames; they repeat each other, so their scatter itself is the error."""
    error = float(np.std(values, ddof=1)) if len(values) > 1 else None
    method = f"{method}; last {len(values)} frames"
    value = float(np.mean(values))
    return Result(name, value, unit, "measured", error, method=method, quantity=quantity, domain=domain)


def _ends(name: str, first: float, values: list[float], unit: str, method: str, quantity: str) -> Iterator[Result]:
    """Yield what was found in the first frame, exact, and the mean of the last ones."""
    start = Result(f"{name}, first", first, unit, "measured", 0.0, method=method, quantity=quantity, stage="first")
    yield from (start, replace(_mean(f"{name}, last", values, unit, method, quantity), stage="last"))


def _shapes(trajectory: Trajectory, labels: Labels, last: list[Snapshot]) -> Iterator[Result]:
    first = trajectory.frame(0)
    whole = [shape_of(f.positions[f.present]).asphericity for f in last]
    yield _mean("asphericity", whole, "1", "all atoms", "asphericity")
    for index, name in enumerate(labels.names):
        mine = (labels.domain == index) & first.present
        if not all((mine & f.present).any() for f in last):
            continue  # all of the domain has left: nothing has no radius
        before = shape_of(first.positions[mine]).radius_of_gyration_A
        now = [shape_of(f.positions[mine & f.present]).radius_of_gyration_A for f in last]
        change = [100.0 * (radius / before - 1.0) for radius in now]
        title = f"change of the radius of gyration of {name}"
        yield _mean(title, change, "%", "all its atoms", "Rg_change", name)


def _metals(trajectory: Trajectory, labels: Labels, last: list[Snapshot]) -> list[Result]:
    found: dict[str, list[float]] = {"grains": [], "fcc_metal": [], "boundary_atoms": []}
    for frame in last:
        metal = labels.metal & frame.present
        positions = frame.positions[metal] - frame.origin
        kinds = match(positions, frame.cell, trajectory.periodic)
        grains = find_grains(positions, frame.cell, trajectory.periodic, kinds)
        large = [g for g in grains if len(g) > _GRAIN_SHARE * len(positions)]
        inner = complete_shells(positions, frame.cell, trajectory.periodic)
        found["grains"].append(float(len(large)))
        if inner.any():
            found["fcc_metal"].append(float(np.mean(kinds.kind[inner] == FCC)))
        # Atoms on no lattice are a boundary only where there are two grains to part.
        found["boundary_atoms"].append(float(np.sum(kinds.kind[inner] == OTHER)) * (len(large) > 1))
    about = {
        "grains": ("grains of metal", "ordered pieces above 5 % of its atoms; twins count as one grain"),
        "fcc_metal": ("fcc share of metal atoms with twelve neighbours", "template matching"),
        "boundary_atoms": ("atoms of grain boundaries", "twelve neighbours but on no lattice, 0 in a single grain"),
    }
    out = [_mean(about[key][0], values, "1", about[key][1], key) for key, values in found.items() if values]
    return [*out, *_neck(trajectory, labels, last)]


def _stacked(trajectory: Trajectory, labels: Labels, last: list[Snapshot]) -> Iterator[Result]:
    """Yield the twin planes, the stacking faults and the hcp share of the inner atoms of the metal."""
    found = []
    for frame in (trajectory.frame(0), *last):
        metal = labels.metal & frame.present
        positions = frame.positions[metal] - frame.origin
        kinds = match(positions, frame.cell, trajectory.periodic)
        planes = find_fault_planes(positions, frame.cell, trajectory.periodic, kinds)
        inner = complete_shells(positions, frame.cell, trajectory.periodic)
        hcp = float(np.mean(kinds.kind[inner] == HCP)) if inner.any() else 0.0
        found.append((float(len(planes.twins)), float(len(planes.faults)), hcp))
    twins, faults, hcp_share = (list(column) for column in zip(*found, strict=True))
    lone, rows = "lone hcp planes of seven atoms and more in the metal", "two and more such planes in a row"
    yield from _ends("twin planes of metal", twins[0], twins[1:], "planes", lone, "twins")
    yield from _ends("stacking faults of metal", faults[0], faults[1:], "faults", rows, "metal_faults")
    about = "metal atoms with twelve neighbours, template matching"
    yield from _ends("hcp share of metal", hcp_share[0], hcp_share[1:], "1", about, "hcp_metal")


def _grown(model: Model, trajectory: Trajectory, labels: Labels, last: list[Snapshot]) -> Iterator[Result]:
    """Yield how much copper of the phosphide lies on the fcc lattice of copper: the metal that has grown into it."""
    phosphides = [i for i, domain in enumerate(model.domains) if domain.phase.startswith("Cu3P")]
    copper = labels.metal | (labels.cation & (trajectory.elements == "Cu"))
    if not phosphides:
        return
    numbers = []
    for frame in (trajectory.frame(0), *last):
        mine = np.flatnonzero(copper & frame.present)
        kinds = match(frame.positions[mine] - frame.origin, frame.cell, trajectory.periodic).kind
        numbers.append(float(np.sum((kinds == FCC) & np.isin(labels.domain[mine], phosphides) & ~labels.metal[mine])))
    method = "copper of Cu3P whose twelve copper neighbours are those of fcc"
    yield from _ends("copper of the phosphide on fcc", numbers[0], numbers[1:], "atoms", method, "grown")


def _neck(trajectory: Trajectory, labels: Labels, last: list[Snapshot]) -> list[Result]:
    """How much wider the contact of two metal domains has become: radius of the disc of its atoms."""
    metals = [i for i in range(len(labels.names)) if np.any(labels.metal & (labels.domain == i))]
    if len(metals) != 2:
        return []
    one, other = (labels.metal & (labels.domain == i) for i in metals)

    def radius_A(frame: Snapshot) -> float:
        near = _touching(frame.positions[one], frame.positions[other]).sum()
        # Atoms of the densest plane, one per sqrt(3)/2 of the squared nearest distance.
        spacing = float(np.median(nearest(frame.positions[one], frame.cell, trajectory.periodic, 1)[:, 0]))
        return float(np.sqrt(near * 3**0.5 / 2 * spacing**2 / np.pi))

    start = radius_A(trajectory.frame(0))
    method = f"disc of the atoms of one in touch with the other, {start:.1f} A at the start"
    growth = [radius_A(f) - start for f in last]
    return [_mean("growth of the neck's radius", growth, "A", method, "neck_growth")]


def _touching(one_A: Array, other_A: Array) -> NDArray[np.bool_]:
    from scipy.spatial import cKDTree

    there = other_A[~np.isnan(other_A[:, 0])]
    distance = np.asarray(cKDTree(there).query(np.nan_to_num(one_A, nan=1e9))[0])
    return distance < METAL_BOND_A


def _axes(model: Model, trajectory: Trajectory) -> Iterator[Result]:
    if trajectory.periodic.any() and not np.allclose(model.atoms.cell.array, trajectory.cells[0], atol=0.05):
        return
    frame = trajectory.frame(-1)
    positions = model.atoms.positions + frame.displacements
    positions[~frame.present] = np.nan
    fits: list[tuple[Domain, Lattice]] = []
    for index, domain in enumerate(model.domains):
        with suppress(ValueError):
            fits.append((domain, fit_lattice(model, index, positions)))
    for (a, fit_a), (b, fit_b) in combinations(fits, 2):
        yield _axis_angle((a.name, fit_a), (b.name, fit_b))
        if {a.phase, b.phase} == {"Cu", "Cu3P"}:
            copper, phosphide = (fit_a, fit_b) if a.phase == "Cu" else (fit_b, fit_a)
            yield _planes(copper, phosphide)


def _axis_angle(one: tuple[str, Lattice], other: tuple[str, Lattice]) -> Result:
    axes = product(list(_close_packed(one[1].vectors_A)), list(_close_packed(other[1].vectors_A)))
    return Result(
        f"axis angle {one[0]} {other[0]}",
        min(angle_between(a, b) for a, b in axes),
        "deg",
        "measured",
        _tilt_deg(one[1], other[1]),
        method="normals of close-packed planes, last frame",
        quantity="axis_angle",
        domain=one[0],
        other=other[0],
    )


def _tilt_deg(*fits: Lattice) -> float | None:
    """Return the standard error of a direction of both lattices, from the jackknife of their vectors."""
    errors = [np.degrees(np.linalg.norm(f.error_vectors_A) / 3**0.5 / np.linalg.norm(f.vectors_A[2])) for f in fits]
    return None if np.isnan(errors).any() else float(np.hypot.reduce(errors))


def _close_packed(lattice: Array) -> Iterator[Array]:
    """Yield the normals of the close-packed planes: (001) of a hexagonal lattice, or the four {111} of a cubic one.

    Layers that glide over each other shear the vector c, but do not turn the planes.
    """
    lengths, normals = np.linalg.norm(lattice, axis=1), np.linalg.inv(lattice)
    if abs(lattice[0] @ lattice[1]) > 0.25 * lengths[0] * lengths[1]:
        yield np.asarray(normals[:, 2])
        return
    for signs in ((1, 1, 1), (-1, 1, 1), (1, -1, 1), (1, 1, -1)):
        yield np.asarray(normals @ np.array(signs))


def _planes(copper: Lattice, phosphide: Lattice) -> Result:
    """Return the smallest angle between a Cu(111) and a Cu3P(300) plane."""
    ones = [np.array(s) for s in ((1, 1, 1), (-1, 1, 1), (1, -1, 1), (1, 1, -1))]
    prism = [np.array(s) for s in ((1, 0, 0), (0, 1, 0), (1, -1, 0))]
    angle = min(
        angle_between(np.linalg.inv(copper.vectors_A) @ a, np.linalg.inv(phosphide.vectors_A) @ b)
        for a, b in product(ones, prism)
    )
    method = "smallest angle between planes Cu(111) and Cu3P(300), last frame"
    error = _tilt_deg(copper, phosphide)
    return Result("plane angle", angle, "deg", "measured", error, method=method, quantity="plane_angle")
