"""The microscope's modes: each looks at a specimen, writes PNG and EMD files, and says in words what it measured."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from nanokiln.analysis.microscope.atoms_seen import field_on, spheres_of
from nanokiln.analysis.microscope.calibrated_image import CalibratedImage, Raster, write_emd
from nanokiln.analysis.microscope.detection import detection_limit, dose_to_see
from nanokiln.analysis.microscope.element_map import element_maps, line_scan, review_colours, xray_counts
from nanokiln.analysis.microscope.extents import crossings_A, half_widths_nm, outlines
from nanokiln.analysis.microscope.fourier import power_spectrum
from nanokiln.analysis.microscope.instrument import Exposure, Instrument
from nanokiln.analysis.microscope.multislice import Optics, hrtem, multislice_haadf
from nanokiln.analysis.microscope.phase_match import candidates, match_spacings
from nanokiln.analysis.microscope.plate import save_image, save_maps, save_pattern, save_rings, save_scan, save_spheres
from nanokiln.analysis.microscope.rings import find_rings, index_rings, powder
from nanokiln.analysis.microscope.specimen import Specimen
from nanokiln.analysis.microscope.spots import diffraction, find_spots, index_spots
from nanokiln.analysis.microscope.z_contrast import haadf
from nanokiln.structures.output.ovito_spheres import draw_alike
from nanokiln.structures.output.spheres import BLACK
from nanokiln.structures.palette import COLOURS

SHARE = 0.05  # of an element, that maps are commonly taken to show
STILL_PIXELS = 1000  # along the longer edge of a picture of the atoms


@dataclass(frozen=True)
class View:
    """What is looked at and how: pixels and resolution in nm (None: what suits the mode), the candidates for
    spacings (empty: all crystals of the elements), the review's colours or those of every other picture."""

    specimen: Specimen
    instrument: Instrument
    exposure: Exposure
    pixel_nm: float | None = None
    resolution_nm: float | None = None
    phases: tuple[str, ...] = ()
    colours: str = "review"
    title: str = ""

    @property
    def candidates(self) -> tuple[str, ...]:
        """The crystals that spacings are set beside."""
        return self.phases or candidates(self.specimen.species)


def look(view: View, mode: str, stem: Path) -> list[str]:
    """Look in one of the `MODES`; write `stem`.png (of images .emd too) and return what was measured, a line each.

    ValueError for what cannot be shown, as X-ray counts without a dose.
    """
    return MODES[mode](view, stem)


def _maps(view: View) -> dict[str, CalibratedImage]:
    pixel, resolution = 10 * (view.pixel_nm or 0.2), 10 * (view.resolution_nm or 1.0)
    return element_maps(view.specimen, pixel, resolution)


def _map(view: View, stem: Path, counted: bool = False) -> list[str]:
    maps = _maps(view)
    if counted:
        maps = xray_counts(maps, view.instrument, view.exposure)
    colours = review_colours(view.specimen.species) if view.colours == "review" else COLOURS
    save_maps(maps, colours, view.title, stem.with_suffix(".png"))
    write_emd(list(maps.values()), stem.with_suffix(".emd"))
    told = [f"{name}: {one.data.sum():.6g} {one.unit}" for name, one in maps.items()]
    return told + (limits(view) if counted else [])


def limits(view: View) -> list[str]:
    """Return the detection limit of every element in this particle at the exposure's dose, and the dose that 5 % of it
    would take, a sentence each.

    An element could at most have the places of the most frequent one of its kind; the whole particle is summed.
    """
    there = {
        name: float(np.sum(view.specimen.elements == name)) / view.specimen.frames for name in view.specimen.species
    }
    told = []
    for name in there:
        limit = detection_limit(name, there, view.instrument, view.exposure)
        told.append(f"{limit.sentence}; {SHARE:.0%} from {dose_to_see(SHARE, name, there, view.instrument):.2g} on")
    return told


def _line(view: View, stem: Path) -> list[str]:
    maps = _maps(view)
    if view.exposure.dose_per_A2 is not None:
        maps = xray_counts(maps, view.instrument, view.exposure)
    scan = line_scan(maps).smoothed(10 * (view.resolution_nm or 1.0)) if view.exposure.dose_per_A2 else line_scan(maps)
    save_scan(scan, f"{view.title}, upwards", stem.with_suffix(".png"))
    write_emd(list(maps.values()), stem.with_suffix(".emd"))
    told = [f"{name} fills {width:.2f} nm of the line" for name, width in half_widths_nm(scan).items()]
    if {"Cd", "Cu"} <= set(scan.profiles) and len(edges := crossings_A(scan, "Cd", "Cu")):
        told.append(f"Cd and Cu cross at {', '.join(f'{x / 10:.2f}' for x in edges)} nm")
    return told


def _haadf(view: View, stem: Path) -> list[str]:
    image = haadf(view.specimen, view.instrument, view.exposure, 10 * (view.pixel_nm or 0.02))
    save_image(image, view.title, stem.with_suffix(".png"))
    write_emd([image], stem.with_suffix(".emd"))
    return [
        f"{one.length_nm:.2f} nm long, {one.width_nm:.2f} nm wide, pointing {one.angle_deg:.0f} deg from the right"
        for one in outlines(image)[:6]
    ]


def _pattern(view: View, stem: Path) -> list[str]:
    pattern = diffraction(view.specimen, view.instrument, view.exposure)
    spots = find_spots(pattern)
    explained = {phase: index_spots(spots, phase) for phase in view.candidates}
    best = max(explained, key=lambda phase: len(explained[phase]), default="")
    indexed = explained.get(best, ())
    save_pattern(pattern, spots, indexed, view.title, stem.with_suffix(".png"))
    write_emd([pattern], stem.with_suffix(".emd"))
    told = [f"{len(spots)} spots; explained by {_told(explained)}"]
    for one in indexed[:12]:
        h = " ".join(map(str, one.indices))
        told.append(
            f"{one.spot.spacing_A:.3f} A at {one.spot.angle_deg:.1f} deg: {best} ({h}), "
            f"off by {one.length_off_percent:+.2f} % and {one.angle_off_deg:+.2f} deg"
        )
    if spots:
        told.append(match_spacings([spot.spacing_A for spot in spots], view.candidates).sentence)
    return told


def _told(explained: Mapping[str, tuple[object, ...]]) -> str:
    ordered = sorted(explained.items(), key=lambda pair: -len(pair[1]))
    return ", ".join(f"{phase} {len(found)}" for phase, found in ordered[:4])


def _rings(view: View, stem: Path) -> list[str]:
    profile = powder(view.specimen)
    rings = find_rings(profile)
    if not rings:
        return ["no ring stands out: the particle is too small or has no lattice"]
    table = match_spacings([ring.spacing_A for ring in rings], view.candidates, powder=True)
    indexed = index_rings(rings, table.matches[0].phase)
    save_rings(profile, indexed, f"{view.title}, {profile.about}: {table.matches[0].phase}", stem.with_suffix(".png"))
    row = CalibratedImage(
        "rings", profile.intensity[None], float(profile.q[1] - profile.q[0]), (float(profile.q[0]), 0.0), "A2", "1/A"
    )
    write_emd([row], stem.with_suffix(".emd"))
    told = [f"{ring.spacing_A:.3f} A: {_reflections(ring.indices)}" for ring in indexed]
    for one in table.matches[:5]:
        missing = f", {len(one.missing)} strong rings missing" if one.missing else ""
        told.append(
            f"{one.phase}: {one.explained} of {one.spacings} spacings, off by {one.residual_percent:.2f} %{missing}"
        )
    return [*told, table.sentence]


def _reflections(indices: tuple[tuple[int, int, int], ...]) -> str:
    return ", ".join(f"({' '.join(map(str, hkl))})" for hkl in indices) or "no reflection"


def _hrtem(view: View, stem: Path) -> list[str]:
    image = hrtem(view.specimen, view.instrument, view.exposure, Optics())
    spectrum = power_spectrum(image)
    spots = find_spots(spectrum, 0.02)
    explained = {phase: index_spots(spots, phase) for phase in view.candidates}
    best = max(explained, key=lambda phase: len(explained[phase]), default="")
    save_image(image, view.title, stem.with_suffix(".png"))
    save_pattern(spectrum, spots, explained.get(best, ()), f"FFT, {best}", stem.with_name(f"{stem.name}-fft.png"))
    write_emd([image, spectrum], stem.with_suffix(".emd"))
    return [f"{len(spots)} spots in the FFT; explained by {_told(explained)}"]


def _multislice(view: View, stem: Path) -> list[str]:
    image = multislice_haadf(view.specimen, view.instrument, view.exposure, Optics(), 10 * (view.pixel_nm or 0.04))
    save_image(image, view.title, stem.with_suffix(".png"))
    write_emd([image], stem.with_suffix(".emd"))
    return [f"brightest {image.data.max():.4g} {image.unit}"]


def _atoms(view: View, stem: Path) -> list[str]:
    points = view.specimen.points_A
    pixel = 10 * (view.pixel_nm or 0.1 * float((points.max(axis=0) - points.min(axis=0))[:2].max() + 6) / STILL_PIXELS)
    raster = Raster.around(view.specimen, pixel, 3.0)
    field = CalibratedImage("atoms", np.zeros(raster.shape), pixel, raster.corner, "")
    pictures, by = draw_alike([spheres_of(view.specimen)], field_on(field, max(raster.shape)), BLACK)
    save_spheres(field, pictures[0], view.specimen.species, view.title, stem.with_suffix(".png"))
    return [f"{view.specimen.atoms:.0f} atoms, drawn by {by}"]


MODES: Mapping[str, Callable[[View, Path], list[str]]] = {
    "map": _map,
    "eds": partial(_map, counted=True),
    "line": _line,
    "haadf": _haadf,
    "diffraction": _pattern,
    "rings": _rings,
    "hrtem": _hrtem,
    "haadf-multislice": _multislice,
    "atoms": _atoms,
}
