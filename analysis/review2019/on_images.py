"""Rows answered as the microscopist did: on images of models that stand for what the row speaks of.

What is imaged is built at published cells, so these numbers say what an instrument would have shown of such a
particle and how little it could have missed, not that the particle came to be.
"""

from functools import cache

import ase
import numpy as np
from numpy.typing import NDArray

from nanokiln.analysis.experiment.evidence import Evidence, answers
from nanokiln.analysis.experiment.verdict import Answer
from nanokiln.analysis.measured import Result
from nanokiln.analysis.microscope.detection import DetectionLimit, detection_limit
from nanokiln.analysis.microscope.element_map import element_maps, line_scan, xray_counts
from nanokiln.analysis.microscope.extents import crossings_A, outlines
from nanokiln.analysis.microscope.instrument import Exposure, load_instrument
from nanokiln.analysis.microscope.phase_match import match_spacings
from nanokiln.analysis.microscope.rings import RingProfile, find_rings, powder
from nanokiln.analysis.microscope.specimen import mount
from nanokiln.analysis.microscope.spots import diffraction, find_spots
from nanokiln.analysis.microscope.z_contrast import haadf
from nanokiln.analysis.review2019.starting_state import CANDIDATES, built
from nanokiln.structures.crystals.phases import load_phase
from nanokiln.structures.model import Model

Array = NDArray[np.float64]
PAIRS = 2e7
SPHERE_NM = 7.0
# Published cells of Cu2Se and of Cu1.8Se (angstrom), as in rows D2 and D3 of the crystals.
RICH_A, POOR_A = (5.84, 5.859), (5.74, 5.76)
BUILT_AT = "built at published cells, copper taken out at random"


def selenide_ball(a_A: float, x: float = 0.0, diameter_nm: float = SPHERE_NM) -> ase.Atoms:
    """Return a sphere of Cu(2-x)Se with a lattice constant; its Se are the same whatever that is."""
    crystal = load_phase("Cu2Se")
    cell_A = float(crystal.lattice_A[0, 0])
    atoms = crystal.atoms().repeat(int(np.ceil(10 * diameter_nm / cell_A)) + 1)
    atoms.positions -= atoms.positions.mean(axis=0)
    atoms = atoms[np.linalg.norm(atoms.positions, axis=1) < 5 * diameter_nm]
    copper = np.flatnonzero(np.array(atoms.get_chemical_symbols()) == "Cu")
    gone = np.random.default_rng(0).choice(copper, round(x / 2 * len(copper)), replace=False)
    del atoms[gone]
    atoms.positions *= a_A / cell_A
    return atoms


@cache
def ring_spacings_A(a_A: float, x: float) -> tuple[float, ...]:
    """Return the spacings of the rings of such spheres in every orientation."""
    return _spacings(powder(mount([selenide_ball(a_A, x)], "ball"), most_pairs=PAIRS))


def _spacings(profile: RingProfile) -> tuple[float, ...]:
    return tuple(ring.spacing_A for ring in find_rings(profile))


@cache
def spot_lattice_A(a_A: float, x: float) -> float:
    """Return the lattice constant that the innermost strong spots along [001] of one such sphere tell: (220)."""
    pattern = diffraction(mount([selenide_ball(a_A, x)], "ball", "z"), load_instrument(), Exposure())
    spots = [spot for spot in find_spots(pattern) if abs(spot.spacing_A / (a_A / 8**0.5) - 1) < 0.1]
    return float(8**0.5 * np.mean([spot.spacing_A for spot in spots]))


@answers("C6")
def _rings_of_the_product(_: Evidence) -> Answer:
    """Match the rings of spheres of the product, its cell as uncertain as published, to every candidate."""
    table = match_spacings(ring_spacings_A(RICH_A[0], 0.0), CANDIDATES, powder=True)
    residuals = {one.phase: one.residual_percent for one in table.matches}
    own = float(np.hypot(residuals.pop("Cu2Se"), 100 * (RICH_A[1] / RICH_A[0] - 1)))
    best = min(residuals, key=lambda phase: residuals[phase])
    method = f"rings of 7 nm spheres of Cu2Se in every orientation; own residual {own:.2f} %, the next best is {best}"
    result = Result("next_over_best_residual", residuals[best] / own, "", "thermochemistry", method=method)
    return Answer((result,), reason=f"on the image: {table.sentence}")


@answers("D2")
def _shrinking_lattice(_: Evidence) -> Answer:
    """Read the lattice constant off the spots of single spheres, with and without a tenth of their copper."""
    rich, poor = ([spot_lattice_A(a, x) for a in cells] for cells, x in ((RICH_A, 0.0), (POOR_A, 0.2)))
    slopes = sorted(((poor[0] - rich[1]) / 0.2, (poor[1] - rich[0]) / 0.2))
    off = max(abs(seen / a - 1) for seen, a in zip((*rich, *poor), (*RICH_A, *POOR_A), strict=True))
    method = f"(220) spots of single 7 nm spheres along [001], {BUILT_AT}; spots tell a to {100 * off:.2f} %"
    value, interval = float(np.mean(slopes)), (slopes[0], slopes[1])
    return Answer((Result("da_dx_A", value, "A", "thermochemistry", interval=interval, method=method),))


@answers("D3")
def _rings_move_out(_: Evidence) -> Answer:
    """Compare every ring of an ensemble of spheres that lost 5 % of their copper with those that did not."""
    middle = [(rich + poor) / 2 for rich, poor in ((RICH_A[1], POOR_A[0]), (RICH_A[0], POOR_A[1]))]
    shifts = []
    for rich, poor in zip((RICH_A[1], RICH_A[0]), middle, strict=True):
        before, after = np.array(ring_spacings_A(rich, 0.0)), np.array(ring_spacings_A(poor, 0.1))
        pairs = [(d, after[np.argmin(abs(after / d - 1))]) for d in before]
        shifts.append(float(min(100 * (d / moved - 1) for d, moved in pairs)))
    method = f"the ring that moves least, of 7 nm spheres in every orientation, x = 0 against 0.1, {BUILT_AT}"
    interval = (min(shifts), max(shifts))
    name = "smallest_peak_shift_percent"
    return Answer((Result(name, float(np.mean(shifts)), "%", "thermochemistry", interval=interval, method=method),))


@answers("E4")
def _donors_on_images(_: Evidence) -> Answer:
    """Measure the outline of a donor on HAADF images before and after it gave 5 to 10 % of its copper."""
    before = _diameter_nm(RICH_A[0], 0.0)
    poor = ((RICH_A[0] + POOR_A[1]) / 2, 0.1), (POOR_A[0], 0.2)
    changes = sorted(300 * (_diameter_nm(a, x) / before - 1) for a, x in poor)
    method = (
        f"outlines of 7 nm spheres on HAADF images, pixel 0.02 nm ({3 * 2 / before:.1f} % of the volume), {BUILT_AT}"
    )
    interval = (changes[0], changes[1])
    name = "donor_volume_change_percent"
    return Answer((Result(name, float(np.mean(changes)), "%", "thermochemistry", interval=interval, method=method),))


def _diameter_nm(a_A: float, x: float) -> float:
    image = haadf(mount([selenide_ball(a_A, x)], "ball", "1,0.3,0.2"), load_instrument(), Exposure())
    return outlines(image)[0].area_diameter_nm


def limit_in(model: Model, element: str, places: int) -> DetectionLimit:
    """Return the limit for an element that could have so many places in a particle, at the instrument's map dose."""
    instrument = load_instrument()
    symbols = np.array(model.atoms.get_chemical_symbols())
    there = {str(one): float(np.sum(symbols == one)) for one in np.unique(symbols)} | {element: float(places)}
    return detection_limit(element, there, instrument, Exposure(instrument.map_dose_per_A2))


def _count(model: Model, element: str) -> int:
    return int(np.sum(np.array(model.atoms.get_chemical_symbols()) == element))


@answers("C9", "C11", "E3")
def _limits_of_maps(_: Evidence) -> Answer | None:
    """Say what a map of the whole particle could miss, where the review assumed 5 %."""
    sandwich, rod = built("cdse-cu3p-cdse-10nm"), built("cdse-rod")
    if sandwich is None or rod is None:
        return None
    limits = {
        f"{element} of a {what}": limit_in(model, element, _count(model, element))
        for element, what, model in (
            ("Cd", "10 nm sandwich", sandwich),
            ("P", "10 nm sandwich", sandwich),
            ("Cd", "rod", rod),
        )
    }
    told = ", ".join(f"{name} above {100 * one.share:.2g} %" for name, one in limits.items())
    dose = next(iter(limits.values())).dose_per_A2
    found = tuple(
        Result(f"detection_limit_{name}", one.share, "", "thermochemistry", method=one.sentence)
        for name, one in limits.items()
    )
    reason = (
        f"the review assumed that 5 % can be seen; X-ray maps of {dose:.0e} electrons per A2 show {told}, "
        "to the factor of 1.5 that ionisation is known to"
    )
    return Answer(found, reason=reason)


@answers("C3")
def _edges_on_a_line_scan(_: Evidence) -> Answer | None:
    """Scan the built sandwich as the review did, with counts, and compare the edges with those of a perfect scan."""
    if (model := built("cdse-cu3p-cdse-10nm")) is None:
        return None
    instrument, specimen = load_instrument(), mount([model.atoms], model.name, "x", model.stacking_axis)
    maps = element_maps(specimen, 2.0, 10.0)
    true = crossings_A(line_scan(maps), "Cd", "Cu")
    widths = []
    for seed in range(20):
        counts = xray_counts(maps, instrument, Exposure(instrument.map_dose_per_A2, seed=seed))
        seen = crossings_A(line_scan(counts).smoothed(10.0), "Cd", "Cu")
        if len(seen) > 1:
            widths.append((seen[-1] - seen[0] - (true[-1] - true[0])) / 2)
    cell_A = float(np.linalg.norm(load_phase("CdSe-wz").lattice_A[2]))
    if len(widths) < 10 or len(true) < 2:
        return Answer(reason="line scans of the built sandwich do not show two edges at this dose")
    spread = float(np.std(widths) / cell_A)
    reason = (
        f"on line scans of a built sandwich (1 nm, {instrument.map_dose_per_A2:.0e} electrons per A2) an edge "
        f"is told to {spread:.2f} cells, so that a shift below {2 * spread:.1g} cells would not be seen"
    )
    return Answer((Result("edge_error_cells", spread, "cells", "thermochemistry", method=reason),), reason=reason)


@answers("E2")
def _maps_at_the_start(_: Evidence) -> Answer | None:
    """Say how much copper a map of the rods could hide before heating."""
    if (rod := built("cdse-rod")) is None:
        return None
    limit = limit_in(rod, "Cu", 2 * _count(rod, "Cd"))
    reason = (
        f"on X-ray maps, Cu in a rod shows above {100 * limit.share:.2g} % of its places ({limit.dose_per_A2:.0e} e/A2)"
    )
    return Answer((Result("detection_limit_Cu", limit.share, "", "thermochemistry", method=reason),), reason=reason)


def close_packed(sequence: str, across_A: float = 60.0) -> ase.Atoms:
    """Return a disc of Cu2Se whose Se layers follow a sequence of A, B and C, each Se with a Cu above and one below."""
    a_A = RICH_A[0]
    step, height = a_A / 2**0.5, a_A / 3**0.5
    grid = np.arange(-int(across_A / step), int(across_A / step) + 1)
    i, j = (one.ravel() for one in np.meshgrid(grid, grid, indexing="ij"))
    plane = np.stack([step * (i + 0.5 * j), step * 3**0.5 / 2 * j], axis=1)
    shift = {name: n * np.array([0.0, step / 3**0.5]) for n, name in enumerate("ABC")}
    symbols: list[str] = []
    points: list[Array] = []
    for layer, name in enumerate(sequence):
        flat = plane + shift[name]
        flat = flat[np.hypot(flat[:, 0], flat[:, 1]) < across_A / 2]
        for element, up in (("Se", 0.0), ("Cu", 0.75), ("Cu", -0.75)):
            points.append(np.column_stack([flat, np.full(len(flat), height * (layer + up))]))
            symbols += [element] * len(flat)
    return ase.Atoms(symbols, np.concatenate(points))


def faulted(layers: int, share: float, seed: int = 0) -> str:
    """Return a stacking sequence that turns its sense at a share of its layers."""
    random, sense, at = np.random.default_rng(seed), 1, 0
    out = []
    for _ in range(layers):
        out.append("ABC"[at])
        sense = -sense if random.random() < share else sense
        at = (at + sense) % 3
    return "".join(out)


@answers("E10", "E14")
def _stacking_in_diffraction(_: Evidence) -> Answer:
    """Say from how many turned layers on the rings of the selenide show it, and whether they tell wz from fcc."""
    perfect, hexagonal = _stack("ABC" * 8), _stack("AB" * 12)
    seen = next((share for share in (0.02, 0.05, 0.1, 0.2, 0.3, 0.5) if _differs(perfect, share)), 1.0)
    apart = 100 * _distance(perfect, hexagonal)
    reason = (
        f"in ring patterns a disc of 24 Se layers shows stacking faults from {100 * seen:.0f} % of its layers on, "
        f"where they change the profile by over 5 %; hcp and fcc Se of the same spacing differ by {apart:.0f} %"
    )
    return Answer((Result("faults_seen_share", seen, "", "thermochemistry", method=reason),), reason=reason)


@cache
def _stack(sequence: str) -> RingProfile:
    return powder(mount([close_packed(sequence)], "stack"), 0.6, 400, PAIRS)


def _distance(one: RingProfile, other: RingProfile) -> float:
    beyond = one.q > 0.22
    first, second = one.intensity[beyond], other.intensity[beyond]
    return float(np.linalg.norm(first - second) / np.linalg.norm(first))


def _differs(perfect: RingProfile, share: float) -> bool:
    return float(np.mean([_distance(perfect, _stack(faulted(24, share, seed))) for seed in range(3)])) > 0.05


ANSWERERS = (
    _rings_of_the_product,
    _shrinking_lattice,
    _rings_move_out,
    _donors_on_images,
    _limits_of_maps,
    _edges_on_a_line_scan,
    _maps_at_the_start,
    _stacking_in_diffraction,
)
