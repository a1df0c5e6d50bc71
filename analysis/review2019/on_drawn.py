"""Rows measured on images of particles drawn at what the clock or a run says of them (C3, C9, E2, E10).

A few compositions are drawn, imaged and measured; between them every sample of the clock is read off. The image adds
what an instrument adds: blur, counts, and a limit below which nothing is seen.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from nanokiln.analysis.clock.outcome import product_share
from nanokiln.analysis.experiment.evidence import Evidence, answers
from nanokiln.analysis.experiment.runs import phrase
from nanokiln.analysis.experiment.verdict import Answer
from nanokiln.analysis.forecast.reconstruction import Contents, Drawing
from nanokiln.analysis.measured import Measured, Result
from nanokiln.analysis.microscope.calibrated_image import CalibratedImage
from nanokiln.analysis.microscope.detection import ONE_SIDED
from nanokiln.analysis.microscope.element_map import LineScan, element_maps, expected_counts, xray_counts
from nanokiln.analysis.microscope.extents import crossings_A
from nanokiln.analysis.microscope.instrument import Exposure, load_instrument
from nanokiln.analysis.microscope.rings import RingProfile, powder
from nanokiln.analysis.microscope.specimen import mount
from nanokiln.analysis.review2019.starting_state import built
from nanokiln.analysis.review2019.stored_runs import HOTTEST_SEEN_K, SANDWICH, lost, runs_of
from nanokiln.structures.catalogue import build
from nanokiln.structures.crystals.phases import load_phase
from nanokiln.structures.model import Model

Array = NDArray[np.float64]
SHARES = (0.0, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 0.9, 0.95, 1.0)
SEEDS = 10
RESOLUTION_A = 10.0
MAPS = 40
PLATE, SCENE = "cdse-cu3p-cdse-10nm", "cu2se-cdse-rod"
PRISM = {"kind": "prism", "across_nm": 4.0, "height_nm": 12.0}
ROD = {"kind": "particle", "name": "rod", "parts": [{"name": "rod", "phase": "CdSe-wz", "shape": PRISM}]}
PAIRS = 1e7


@answers("C3", of_run=True)
def _edges_on_a_line_scan(evidence: Evidence) -> Answer | None:
    """Scan the first and the last frame of a run as the review did, with the counts of a plate of 10 nm."""
    runs = [run for run in runs_of(evidence, *SANDWICH) if run.select_curves(quantity="profile", species="Cd")]
    cool = [run for run in runs if run.origin.hottest_K <= HOTTEST_SEEN_K and lost(run) is None]
    if not cool or (model := built(PLATE)) is None:
        return None
    run, cell_A = cool[0], float(np.linalg.norm(load_phase("CdSe-wz").lattice_A[2]))
    offsets = np.array([_offset_A(run, len(model.atoms), seed) for seed in range(2 * SEEDS)]) / cell_A
    offsets = offsets[np.isfinite(offsets)]
    if len(offsets) < SEEDS:
        return Answer(reason="line scans of the run do not show two edges at the dose of a map")
    value, spread = float(np.mean(offsets)), float(np.std(offsets, ddof=1))
    dose = load_instrument().map_dose_per_A2
    reason = (
        f"on X-ray line scans (1 nm, {dose:.0e} electrons per A2, a plate of 10 nm with the profile of the run) the "
        f"edges are told to {spread:.2f} cells, so that a shift below {2 * spread:.1g} cells would not be seen"
    )
    method = f"edges where the Cu and Cd lines cross, last frame against first; {phrase(run)}"
    shown = Result("worst_edge_offset_cells", abs(value), "cells", "measured", spread, method=method)
    return Answer((shown,), reason=reason)


def _offset_A(run: Measured, atoms: int, seed: int) -> float:
    """Return by how much each edge moved, on scans with noise; NaN where there are no two edges."""
    widths = []
    for index, frame in enumerate(("first", "last")):
        known = {one.species: one for one in run.select_curves(quantity="profile", stage=frame, domain="", region="")}
        x = known["Cd"].x
        there = {name: np.nan_to_num(curve.y) * atoms / len(x) for name, curve in known.items()}
        random = np.random.default_rng(2 * seed + index)
        instrument = load_instrument()
        expected = expected_counts(there, instrument, Exposure(instrument.map_dose_per_A2))
        counts = {name: random.poisson(signal + ground) - ground for name, (signal, ground) in expected.items()}
        edges = crossings_A(LineScan(x, counts, "counts").smoothed(RESOLUTION_A), "Cd", "Cu")
        widths.append(float(edges[-1] - edges[0]) if len(edges) > 1 else np.nan)
    return (widths[1] - widths[0]) / 2


def _contents(share: float) -> Contents:
    """Half-way contents of a sandwich or rod whose phosphide gives the copper and keeps its phosphorus."""
    return Contents(0.0, share, 1.0, max(1 - 0.8 * share, 0.0), 1.0, 1.0)


@cache
def outer_shares(mixed: bool) -> tuple[tuple[float, float, float, float], ...]:
    """Return (Cd per Se, its spread, Cu per two Se, its spread) of the outer domains on maps, at every one of `SHARES`.

    The centre is where the P line is above half; a resolution beyond its edges is left out. The exchange is `mixed` or
    goes from the centre outwards by a front.
    """
    model = built(PLATE)
    if model is None:
        return ()
    drawing = Drawing(model, mixed)
    out = []
    for share in SHARES:
        maps = element_maps(mount([drawing.of(_contents(share))], PLATE, "x", model.stacking_axis), 2.0, RESOLUTION_A)
        profile = maps["P"].data.sum(axis=1)
        centre = maps["P"].rows[profile > 0.5 * profile.max()]
        outside = (maps["P"].rows > centre.max() + RESOLUTION_A) | (maps["P"].rows < centre.min() - RESOLUTION_A)
        found = [_ratios(maps, outside, seed) for seed in range(SEEDS)]
        mean, spread = np.mean(found, axis=0), np.std(found, axis=0, ddof=1)
        out.append((float(mean[0]), float(spread[0]), float(mean[1]), float(spread[1])))
    return tuple(out)


def _ratios(maps: dict[str, CalibratedImage], rows: NDArray[np.bool_], seed: int) -> tuple[float, float]:
    """Return Cd per Se and Cu per two Se in some rows of X-ray maps, background taken off, by known sensitivities."""
    instrument = load_instrument()
    exposure = Exposure(instrument.map_dose_per_A2, seed=seed)
    counts = {name: float(one.data[rows].sum()) for name, one in xray_counts(maps, instrument, exposure).items()}
    # The background under a line is a share of all lines; every line holds one of its own.
    ground = instrument.eds_background * sum(counts.values()) / (1 + len(counts) * instrument.eds_background)
    atoms = {name: max(number - ground, 0.0) / instrument.xray_A2(name) for name, number in counts.items()}
    selenium = max(atoms["Se"], 1e-9)
    return atoms.get("Cd", 0.0) / selenium, atoms.get("Cu", 0.0) / (2 * selenium)


@answers("C9")
def _outer_domains_on_maps(evidence: Evidence) -> Answer | None:
    """Read Cd and Cu of the outer domains off X-ray maps, at the composition of every sample of the clock."""
    history = evidence.histories.get("sandwich")
    if history is None or not outer_shares(mixed=False):
        return None
    at = history.at_plateau_end(350.0)
    share = product_share(history)[at]
    noise = np.random.default_rng(9).normal(size=(2, 2, len(share)))
    grids = np.array([outer_shares(mixed) for mixed in (False, True)])
    cadmium, copper = (
        np.array(
            [
                np.interp(share, SHARES, grid[:, i]) + one * np.interp(share, SHARES, grid[:, i + 1])
                for grid, one in zip(grids, noise[i // 2], strict=True)
            ]
        )
        for i in (0, 2)
    )
    told = [f"{100 * float(grids[:, :, i].max()):.0f}" for i in (1, 3)]
    method = (
        f"X-ray maps of {load_instrument().map_dose_per_A2:.0e} electrons per A2 of 10 nm plates drawn at what the "
        f"clock leaves after 350 C, by a front from the centre or evenly, as likely as each other; 1 nm beyond the P "
        f"centre, against Se, to {told[0]} and {told[1]} %"
    )
    shown = (
        evidence.result("Cd_left_350C", cadmium * history.anion_left[at], method=method),
        evidence.result("Cu_site_share_350C", copper, method=method),
    )
    none = 100 * float(grids[0, 0, 2])
    return Answer(shown, reason=f"a sandwich without any exchange shows {none:.1f} % of Cu there, by blur alone")


@answers("E2")
def _maps_at_the_start(_: Evidence) -> Answer | None:
    """Look for copper in the rod on X-ray maps of the scene as built, and where 2 % of its Cd was replaced."""
    model = built(SCENE)
    if model is None:
        return None
    seen = {share: _copper_seen(model, share) for share in (0.0, 0.02)}
    dose = load_instrument().map_dose_per_A2
    reason = (
        f"on X-ray maps of the scene ({dose:.0e} e/A2) Cu is found in the rod in {seen[0.0]} of {MAPS} maps, by chance "
        f"in {0.05 * MAPS:.0f}; with 2 % of its Cd replaced in {seen[0.02]} of {MAPS}"
    )
    shown = Result("maps_with_copper_in_the_rod", seen[0.0] / MAPS, "", "input", method=reason)
    return Answer((shown,), reason=reason)


def _copper_seen(model: Model, share: float) -> int:
    """Return in how many of the maps Cu in the rod stands out of the background, at 5 % false alarms, where a share of
    its Cd was replaced; looked at is the rod out of reach of the donors' blur."""
    built_maps = element_maps(mount([model.atoms], SCENE, "z"), 2.0, RESOLUTION_A)
    inside = built_maps["Cd"].data > 0.3 * built_maps["Cd"].data.max()
    inside &= built_maps["Cu"].data < 1e-6 * built_maps["Cu"].data.max()
    atoms = model.atoms.copy()
    symbols = np.array(atoms.get_chemical_symbols())
    cadmium = np.flatnonzero(symbols == "Cd")
    symbols[np.random.default_rng(0).choice(cadmium, round(share * len(cadmium)), replace=False)] = "Cu"
    atoms.set_chemical_symbols(list(symbols))
    maps = element_maps(mount([atoms], SCENE, "z"), 2.0, RESOLUTION_A)
    instrument = load_instrument()
    there = {name: np.asarray(one.data[inside].sum()) for name, one in maps.items()}
    expected = expected_counts(there, instrument, Exposure(instrument.map_dose_per_A2))
    signal, ground = (float(one) for one in expected["Cu"])
    counts = np.random.default_rng(1).poisson(signal + ground, MAPS)
    return int(np.sum(counts > ground + ONE_SIDED * np.sqrt(ground)))


@cache
def fcc_seen(mixed: bool) -> tuple[float, ...]:
    """Return the fcc share that the ring pattern of a rod tells, at every one of `SHARES` of its selenide exchanged.

    The pattern is taken for a sum of those of a rod of wurtzite and of one of the product, as microscopists do.
    """
    drawing = Drawing(build(ROD), mixed)
    patterns = [powder(mount([drawing.of(_contents(share))], "rod"), 0.7, 400, PAIRS) for share in SHARES]
    return tuple(_fitted(one, patterns[0], patterns[-1]) for one in patterns)


def _fitted(seen: RingProfile, wurtzite: RingProfile, product: RingProfile) -> float:
    beyond = seen.q > 0.22
    ends = np.stack([wurtzite.intensity[beyond], product.intensity[beyond]], axis=1)
    weights = np.linalg.lstsq(ends, seen.intensity[beyond], rcond=None)[0]
    return float(np.clip(weights[1] / weights.sum(), 0.0, 1.0))


@answers("E10")
def _stacking_of_rods(evidence: Evidence) -> Answer | None:
    """Read the fcc share off ring patterns of rods drawn at what the clock leaves after 400 C."""
    history = evidence.histories.get("rod")
    if history is None:
        return None
    share = product_share(history)[history.at_plateau_end(400.0)]
    grids = [fcc_seen(mixed) for mixed in (False, True)]
    seen = np.array([np.interp(share, SHARES, grid) for grid in grids])
    off = float(np.max(abs(np.array(grids[0]) - np.array(SHARES))))
    method = (
        "rings of rods drawn at what the clock leaves after 400 C, by a front from the ends or evenly, as likely as "
        f"each other, as a sum of wurtzite's and the product's; they tell the share behind a front to {100 * off:.0f} %"
    )
    return Answer((evidence.result("fcc_end", seen, method=method),))


ANSWERERS = (_edges_on_a_line_scan, _outer_domains_on_maps, _maps_at_the_start, _stacking_of_rods)
