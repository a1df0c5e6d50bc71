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
from nanokiln.analysis.microscope.extents import outlines
from nanokiln.analysis.microscope.instrument import Exposure, load_instrument
from nanokiln.analysis.microscope.phase_match import match_spacings
from nanokiln.analysis.microscope.rings import RingProfile, find_rings, powder
from nanokiln.analysis.microscope.specimen import mount
from nanokiln.analysis.microscope.spots import diffraction, find_spots
from nanokiln.analysis.microscope.z_contrast import haadf
from nanokiln.analysis.review2019.relaxed import record, told
from nanokiln.analysis.review2019.starting_state import CANDIDATES, built
from nanokiln.structures.crystals.phases import load_phase
from nanokiln.structures.model import Model

Array = NDArray[np.float64]
PAIRS = 2e7  # of the stacks, whose patterns are compared as they are
EVERY_PAIR = 1e9
STRONG = 0.08  # of the strongest ring: weaker ones lie on the flanks of others and are not told apart
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
    return _spacings(powder(mount([selenide_ball(a_A, x)], "ball"), most_pairs=EVERY_PAIR))


def _spacings(profile: RingProfile) -> tuple[float, ...]:
    return tuple(ring.spacing_A for ring in find_rings(profile, STRONG))


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


def _relaxed(evidence: Evidence) -> tuple[float, float, float, str] | str | None:
    """Return a of Cu2Se (A), its slope with x and that one's error of relaxed cells, and which record; None without
    a record, or why its numbers are no lattice to look at."""
    run = record(evidence, "selenide-cells")
    cell = None if run is None else run.one(quantity="a of Cu(2-x)Se 0")
    slope = None if run is None else run.one(quantity="da_dx_A")
    if run is None or cell is None or slope is None or cell.value is None or slope.value is None:
        return None
    if not 4.0 < cell.value < 8.0 or abs(slope.value) > 1.0:
        return f"a lattice constant of {cell.value:.3g} A and a slope of {slope.value:.3g} A are no selenide's"
    return cell.value, slope.value, slope.error or 0.0, f"cells of {told(run)}"


@answers("D2")
def _shrinking_lattice(evidence: Evidence) -> Answer:
    """Read the lattice constant off the spots of single spheres, with and without a tenth of their copper."""
    cells = _relaxed(evidence)
    if isinstance(cells, str):
        return Answer(reason=cells)
    if cells is not None:
        a, slope, error, source = cells
        seen = [spot_lattice_A(a + slope * x, x) for x in (0.0, 0.2)]
        off = max(abs(one / true - 1) for one, true in zip(seen, (a, a + 0.2 * slope), strict=True))
        method = f"(220) spots of single 7 nm spheres along [001], {source}; spots tell a to {100 * off:.2f} %"
        error = float(np.hypot(error, off * a / 0.2))
        return Answer((Result("da_dx_A", (seen[1] - seen[0]) / 0.2, "A", "measured", error, method=method),))
    rich, poor = ([spot_lattice_A(a, x) for a in cells] for cells, x in ((RICH_A, 0.0), (POOR_A, 0.2)))
    slopes = sorted(((poor[0] - rich[1]) / 0.2, (poor[1] - rich[0]) / 0.2))
    off = max(abs(seen / a - 1) for seen, a in zip((*rich, *poor), (*RICH_A, *POOR_A), strict=True))
    method = f"(220) spots of single 7 nm spheres along [001], {BUILT_AT}; spots tell a to {100 * off:.2f} %"
    value, interval = float(np.mean(slopes)), (slopes[0], slopes[1])
    return Answer((Result("da_dx_A", value, "A", "thermochemistry", interval=interval, method=method),))


@answers("D3")
def _rings_move_out(evidence: Evidence) -> Answer:
    """Compare every ring of an ensemble of spheres that lost 5 % of their copper with those that did not."""
    name = "smallest_peak_shift_percent"
    cells = _relaxed(evidence)
    if isinstance(cells, str):
        return Answer(reason=cells)
    if cells is not None:
        a, slope, error, source = cells
        moved = _shifts_percent(a, a + 0.1 * slope)
        blur = float(np.std(moved, ddof=1))  # every ring of a cubic crystal moves alike
        method = (
            f"the ring that moves least of {len(moved)} strong ones, of 7 nm spheres in every orientation, x = 0 "
            f"against 0.1, {source}; rings tell a shift to {blur:.2f} %"
        )
        spread = float(np.hypot(10 * error / a, blur))
        return Answer((Result(name, float(moved.min()), "%", "measured", spread, method=method),))
    middle = [(rich + poor) / 2 for rich, poor in ((RICH_A[1], POOR_A[0]), (RICH_A[0], POOR_A[1]))]
    shifts = [
        float(_shifts_percent(rich, poor).min()) for rich, poor in zip((RICH_A[1], RICH_A[0]), middle, strict=True)
    ]
    method = f"the ring that moves least, of 7 nm spheres in every orientation, x = 0 against 0.1, {BUILT_AT}"
    interval = (min(shifts), max(shifts))
    return Answer((Result(name, float(np.mean(shifts)), "%", "thermochemistry", interval=interval, method=method),))


def _shifts_percent(rich_A: float, poor_A: float) -> Array:
    """Return by how much every strong ring moves outwards between spheres with all and with 95 % of their copper."""
    before, after = np.array(ring_spacings_A(rich_A, 0.0)), np.array(ring_spacings_A(poor_A, 0.1))
    return np.array([100 * (d / after[np.argmin(abs(after / d - 1))] - 1) for d in before])


@answers("E4")
def _donors_on_images(evidence: Evidence) -> Answer:
    """Measure the outline of a donor on HAADF images before and after it gave 5 to 10 % of its copper."""
    name, outline = "donor_volume_change_percent", "outlines of 7 nm spheres on HAADF images, pixel 0.02 nm"
    cells = _relaxed(evidence)
    if isinstance(cells, str):
        return Answer(reason=cells)
    if cells is not None:
        a, slope, error, source = cells
        before, after = _diameter_nm(a, 0.0), _diameter_nm(a + 0.2 * slope, 0.2)
        pixel = 300 * 0.02 / before / 12**0.5
        spread = float(np.hypot(300 * 0.2 * error / a, pixel))
        method = f"{outline}, x = 0 against 0.2, {source}"
        return Answer((Result(name, 300 * (after / before - 1), "%", "measured", spread, method=method),))
    before = _diameter_nm(RICH_A[0], 0.0)
    poor = ((RICH_A[0] + POOR_A[1]) / 2, 0.1), (POOR_A[0], 0.2)
    changes = sorted(300 * (_diameter_nm(a, x) / before - 1) for a, x in poor)
    method = f"{outline} ({3 * 2 / before:.1f} % of the volume), {BUILT_AT}"
    interval = (changes[0], changes[1])
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
    return _said_of_limits()


@cache
def _said_of_limits() -> Answer | None:
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
    listed = ", ".join(f"{name} above {100 * one.share:.2g} %" for name, one in limits.items())
    dose = next(iter(limits.values())).dose_per_A2
    found = tuple(
        Result(f"detection_limit_{name}", one.share, "", "thermochemistry", method=one.sentence)
        for name, one in limits.items()
    )
    reason = (
        f"the review assumed that 5 % can be seen; X-ray maps of {dose:.0e} electrons per A2 show {listed}, "
        "to the factor of 1.5 that ionisation is known to"
    )
    return Answer(found, reason=reason)


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


FAULTS = (0.0, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5)  # shares of the layers that turn the sense of the stack
SEEN = 0.05  # a change of the profile below this would be taken for none


@cache
def fault_signal() -> tuple[float, ...]:
    """Return by how much `FAULTS` change the ring pattern of a disc of 24 Se layers, as a share of it."""
    perfect = _stack("ABC" * 8)
    stacks = [[_stack(faulted(24, share, seed)) for seed in range(3)] for share in FAULTS]
    return tuple(float(np.mean([_distance(perfect, one) for one in row])) for row in stacks)


def seen_faults(share: Array) -> Array:
    """Return what a ring pattern shows of so many faults per layer: nothing where it changes too little to be seen."""
    signal = np.interp(share, FAULTS, fault_signal())
    return np.where(signal > SEEN, signal, 0.0)


@answers("E14")
def _faults_in_rings(_: Evidence) -> Answer:
    """Say from how many turned layers on the rings of the selenide show it, and how different hcp Se would be."""
    first = next((share for share, signal in zip(FAULTS, fault_signal(), strict=True) if signal > SEEN), 1.0)
    apart = 100 * _distance(_stack("ABC" * 8), _stack("AB" * 12))
    reason = (
        f"in ring patterns a disc of 24 Se layers shows stacking faults from {100 * first:.0f} % of its layers on, "
        f"where they change the profile by over 5 %; hcp and fcc Se of the same spacing differ by {apart:.0f} %"
    )
    return Answer((Result("faults_seen_share", first, "", "thermochemistry", method=reason),), reason=reason)


@cache
def _stack(sequence: str) -> RingProfile:
    return powder(mount([close_packed(sequence)], "stack"), 0.6, 400, PAIRS)


def _distance(one: RingProfile, other: RingProfile) -> float:
    beyond = one.q > 0.22
    first, second = one.intensity[beyond], other.intensity[beyond]
    return float(np.linalg.norm(first - second) / np.linalg.norm(first))


ANSWERERS = (
    _rings_of_the_product,
    _shrinking_lattice,
    _rings_move_out,
    _donors_on_images,
    _limits_of_maps,
    _faults_in_rings,
)
